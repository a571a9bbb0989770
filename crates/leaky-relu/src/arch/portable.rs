//! One element at a time, in plain Rust: the definition that every other token equals, and what
//! processors without a module of their own run, as their compiler vectorises it.

use super::simd::{Arithmetic, BLOCK, Memory};
use crate::number::{Alpha, Number};

/// The token of plain arithmetic.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl<A: Alpha> Arithmetic<A> for Portable {
    type Vector = A;
    type Mask = bool;
    const LANES: usize = 1;

    #[inline(always)]
    fn splat(self, value: A) -> A {
        value
    }
    #[inline(always)]
    fn add(self, a: A, b: A) -> A {
        a + b
    }
    #[inline(always)]
    fn sub(self, a: A, b: A) -> A {
        a - b
    }
    #[inline(always)]
    fn mul(self, a: A, b: A) -> A {
        a * b
    }
    #[inline(always)]
    fn div(self, a: A, b: A) -> A {
        a / b
    }
    #[inline(always)]
    fn greater(self, a: A, b: A) -> bool {
        a > b
    }
    #[inline(always)]
    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "true at NaN")]
    fn not_at_most(self, a: A, b: A) -> bool {
        !(a <= b)
    }
    #[inline(always)]
    fn select(self, mask: bool, then: A, otherwise: A) -> A {
        if mask { then } else { otherwise }
    }
    #[inline(always)]
    fn bits(self, mask: bool) -> u64 {
        mask.into()
    }
    #[inline(always)]
    fn mask(self, bits: u64) -> bool {
        bits & 1 == 1
    }
    #[inline(always)]
    fn power_of_two(self, rounded: A) -> A {
        A::power_of_two(rounded)
    }
    #[inline(always)]
    fn read(self, from: &[A; BLOCK], lane: usize) -> A {
        from[lane]
    }
    #[inline(always)]
    fn write(self, to: &mut [A; BLOCK], lane: usize, value: A) {
        to[lane] = value;
    }
}

impl<T: Number> Memory<T> for Portable {
    #[inline(always)]
    unsafe fn load(self, from: *const T) -> T::Alpha {
        // SAFETY: the caller promises one readable element, aligned for its type.
        unsafe { from.read() }.widen()
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut T, value: T::Alpha) {
        // SAFETY: the caller promises one writable element, aligned for its type.
        unsafe { to.write(T::narrow(value)) }
    }
}
