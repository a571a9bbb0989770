//! What a kernel needs of a vector, whatever its width.

use crate::number::Number;
use crate::split::Split;

/// The elements in a block: as many as a word of sign bits holds.
pub(crate) const BLOCK: usize = u64::BITS as usize;

/// A vector of the type in which elements of `T` are computed.
pub(crate) type Vector<S, T> = <S as Arithmetic<<T as Number>::Alpha>>::Vector;

/// One truth value for each element of a [`Vector`].
pub(crate) type Mask<S, T> = <S as Arithmetic<<T as Number>::Alpha>>::Mask;

/// Arithmetic on vectors of `A`, with the same bits as arithmetic on one `A`: no fused operations,
/// no approximations.
pub trait Arithmetic<A: Copy>: Copy {
    /// Some elements.
    type Vector: Copy;
    /// One truth value for each of them.
    type Mask: Copy;
    /// How many elements: a divisor of [`BLOCK`].
    const LANES: usize;

    /// `value` in every lane.
    fn splat(self, value: A) -> Self::Vector;
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a > b`: false at NaN.
    fn greater(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// `!(a <= b)`: true at NaN.
    fn not_at_most(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// `then` where the mask is true, `otherwise` elsewhere.
    fn select(self, mask: Self::Mask, then: Self::Vector, otherwise: Self::Vector) -> Self::Vector;
    /// The mask as bits, the first lane in the lowest; the bits above the last lane are zero.
    fn bits(self, mask: Self::Mask) -> u64;
    /// The mask of the lowest bits; the bits above the last lane are ignored.
    fn mask(self, bits: u64) -> Self::Mask;
    /// The [`bits`](Self::bits) of four vectors that follow one another, the first in the lowest.
    #[inline(always)]
    fn bits_of_four(self, masks: [Self::Mask; 4]) -> u64 {
        let [a, b, c, d] = masks;
        let low = self.bits(a) | self.bits(b) << Self::LANES;
        let high = self.bits(c) | self.bits(d) << Self::LANES;
        low | high << (2 * Self::LANES)
    }
    /// The masks of four vectors that follow one another, the first from the lowest bits; the bits above
    /// the last lane are ignored.
    #[inline(always)]
    fn four_masks(self, bits: u64) -> [Self::Mask; 4] {
        [
            self.mask(bits),
            self.mask(bits >> Self::LANES),
            self.mask(bits >> (2 * Self::LANES)),
            self.mask(bits >> (3 * Self::LANES)),
        ]
    }
    /// `2^k`, given `k` plus [`Alpha::ROUNDER`](crate::number::Alpha::ROUNDER): shifts the lowest bits of
    /// the significand into the exponent. `2^k` must be a normal number.
    fn power_of_two(self, rounded: Self::Vector) -> Self::Vector;
    /// The elements from `lane` on.
    fn read(self, from: &[A; BLOCK], lane: usize) -> Self::Vector;
    /// Replaces the elements from `lane` on.
    fn write(self, to: &mut [A; BLOCK], lane: usize, value: Self::Vector);
}

/// Elements of `T` between memory and vectors of the type that they are computed in.
pub trait Memory<T: Number>: Arithmetic<T::Alpha> {
    /// Reads and widens.
    ///
    /// # Safety
    /// `LANES` elements from `from` on must be readable, and `from` aligned for a `T`, as elements of a
    /// slice are. The alignment of a vector is not needed.
    unsafe fn load(self, from: *const T) -> Self::Vector;

    /// Rounds and writes.
    ///
    /// # Safety
    /// `LANES` elements from `to` on must be writable, and `to` aligned for a `T`, as elements of a
    /// slice are. The alignment of a vector is not needed.
    unsafe fn store(self, to: *mut T, value: Self::Vector);

    /// Rounds and writes past the caches, where there is an instruction for it.
    ///
    /// # Safety
    /// `LANES` elements from `to` on must be writable, and `to` aligned to the size of a vector of
    /// elements. [`fence`](Memory::fence) must follow before another thread reads them.
    unsafe fn stream(self, to: *mut T, value: Self::Vector) {
        // SAFETY: the caller promises more than `store` needs.
        unsafe { self.store(to, value) }
    }

    /// Orders the streamed writes before every later write.
    fn fence(self) {}
}

/// A pass over elements, which can be cut in two and made with any instructions.
pub trait Pass<T: Number>: Split + Send {
    /// The number of elements.
    fn len(&self) -> usize;

    /// Where the pass may be cut: after any multiple of this, itself a multiple of [`BLOCK`].
    fn grain(&self) -> usize {
        BLOCK
    }

    /// Makes the pass.
    fn run<S: Memory<T>>(self, s: S);
}

/// Implements [`Arithmetic`] on a token with one expression of intrinsics for each operation.
#[allow(
    unused_macros,
    reason = "some processors have no vectors of their own here"
)]
macro_rules! arithmetic {
    (
        $token:ty, $float:ty, $vector:ty, $mask:ty, $lanes:literal;
        splat($splat:ident) = $splat_with:expr;
        add($add_a:ident, $add_b:ident) = $add_with:expr;
        sub($sub_a:ident, $sub_b:ident) = $sub_with:expr;
        mul($mul_a:ident, $mul_b:ident) = $mul_with:expr;
        div($div_a:ident, $div_b:ident) = $div_with:expr;
        greater($gt_a:ident, $gt_b:ident) = $gt_with:expr;
        not_at_most($nle_a:ident, $nle_b:ident) = $nle_with:expr;
        select($select:ident, $then:ident, $otherwise:ident) = $select_with:expr;
        bits($bits:ident) = $bits_with:expr;
        mask($mask_of:ident) = $mask_with:expr;
        $(bits_of_four($four:ident) = $four_with:expr;)?
        $(four_masks($bits_of:ident) = $masks_with:expr;)?
        power_of_two($rounded:ident) = $power_with:expr;
        read($read:ident) = $read_with:expr;
        write($to:ident, $value:ident) = $write_with:expr;
    ) => {
        #[allow(
            unused_unsafe,
            reason = "some instructions are in every processor's set"
        )]
        impl Arithmetic<$float> for $token {
            type Vector = $vector;
            type Mask = $mask;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn splat(self, $splat: $float) -> $vector {
                // SAFETY: the token exists only where the processor has the instructions.
                unsafe { $splat_with }
            }
            #[inline(always)]
            fn add(self, $add_a: $vector, $add_b: $vector) -> $vector {
                // SAFETY: as in `splat`.
                unsafe { $add_with }
            }
            #[inline(always)]
            fn sub(self, $sub_a: $vector, $sub_b: $vector) -> $vector {
                // SAFETY: as in `splat`.
                unsafe { $sub_with }
            }
            #[inline(always)]
            fn mul(self, $mul_a: $vector, $mul_b: $vector) -> $vector {
                // SAFETY: as in `splat`.
                unsafe { $mul_with }
            }
            #[inline(always)]
            fn div(self, $div_a: $vector, $div_b: $vector) -> $vector {
                // SAFETY: as in `splat`.
                unsafe { $div_with }
            }
            #[inline(always)]
            fn greater(self, $gt_a: $vector, $gt_b: $vector) -> $mask {
                // SAFETY: as in `splat`.
                unsafe { $gt_with }
            }
            #[inline(always)]
            fn not_at_most(self, $nle_a: $vector, $nle_b: $vector) -> $mask {
                // SAFETY: as in `splat`.
                unsafe { $nle_with }
            }
            #[inline(always)]
            fn select(self, $select: $mask, $then: $vector, $otherwise: $vector) -> $vector {
                // SAFETY: as in `splat`.
                unsafe { $select_with }
            }
            #[inline(always)]
            fn bits(self, $bits: $mask) -> u64 {
                // SAFETY: as in `splat`.
                unsafe { $bits_with }
            }
            #[inline(always)]
            fn mask(self, $mask_of: u64) -> $mask {
                // SAFETY: as in `splat`.
                unsafe { $mask_with }
            }
            $(
                #[inline(always)]
                fn bits_of_four(self, $four: [$mask; 4]) -> u64 {
                    // SAFETY: as in `splat`.
                    unsafe { $four_with }
                }
            )?
            $(
                #[inline(always)]
                fn four_masks(self, $bits_of: u64) -> [$mask; 4] {
                    // SAFETY: as in `splat`.
                    unsafe { $masks_with }
                }
            )?
            #[inline(always)]
            fn power_of_two(self, $rounded: $vector) -> $vector {
                // SAFETY: as in `splat`.
                unsafe { $power_with }
            }
            #[inline(always)]
            fn read(self, from: &[$float; BLOCK], lane: usize) -> $vector {
                let $read = from[lane..][..$lanes].as_ptr();
                // SAFETY: as in `splat`; the slice has a vector's elements.
                unsafe { $read_with }
            }
            #[inline(always)]
            fn write(self, to: &mut [$float; BLOCK], lane: usize, $value: $vector) {
                let $to = to[lane..][..$lanes].as_mut_ptr();
                // SAFETY: as in `splat`; the slice has a vector's elements.
                unsafe { $write_with }
            }
        }
    };
}

/// Implements [`Memory`] on a token with one expression of intrinsics for each operation.
#[allow(
    unused_macros,
    reason = "some processors have no vectors of their own here"
)]
macro_rules! memory {
    (
        $token:ty, $float:ty;
        load($from:ident) = $load_with:expr;
        store($to:ident, $value:ident) = $store_with:expr;
        $(stream($stream_to:ident, $stream_value:ident) = $stream_with:expr;)?
        $(fence() = $fence_with:expr;)?
    ) => {
        impl Memory<$float> for $token {
            #[inline(always)]
            unsafe fn load(self, $from: *const $float) -> Vector<Self, $float> {
                // SAFETY: the token exists only where the processor has the instructions; the
                // caller promises readable elements, aligned for their type.
                unsafe { $load_with }
            }
            #[inline(always)]
            unsafe fn store(self, $to: *mut $float, $value: Vector<Self, $float>) {
                // SAFETY: as in `load`; the caller promises writable elements, aligned for
                // their type.
                unsafe { $store_with }
            }
            $(
                #[inline(always)]
                unsafe fn stream(
                    self,
                    $stream_to: *mut $float,
                    $stream_value: Vector<Self, $float>,
                ) {
                    // SAFETY: as in `store`; the caller promises the alignment of a vector.
                    unsafe { $stream_with }
                }
            )?
            $(
                #[inline(always)]
                fn fence(self) {
                    // SAFETY: as in `load`.
                    unsafe { $fence_with }
                }
            )?
        }
    };
}

#[allow(
    unused_imports,
    reason = "some processors have no vectors of their own here"
)]
pub(super) use {arithmetic, memory};
