//! WebAssembly's fixed-width vectors: 4 lanes of `f32`, 2 of `f64`. There are no stores past the caches.

use core::arch::wasm32::*;

use crate::arch::simd::{Arithmetic, BLOCK, Memory, Vector, arithmetic, memory};

/// The token.
#[derive(Clone, Copy, Debug)]
pub struct Simd128(());

impl Simd128 {
    /// The token: this module is compiled only where the program may use the instructions
    /// everywhere.
    #[inline]
    pub(crate) fn baseline() -> Self {
        Simd128(())
    }
}

arithmetic! {
    Simd128, f32, v128, v128, 4;
    splat(value) = f32x4_splat(value);
    add(a, b) = f32x4_add(a, b);
    sub(a, b) = f32x4_sub(a, b);
    mul(a, b) = f32x4_mul(a, b);
    div(a, b) = f32x4_div(a, b);
    greater(a, b) = f32x4_gt(a, b);
    not_at_most(a, b) = v128_not(f32x4_le(a, b));
    select(mask, then, otherwise) = v128_bitselect(then, otherwise, mask);
    bits(mask) = i32x4_bitmask(mask).into();
    mask(bits) = {
        let lanes = i32x4(1, 2, 4, 8);
        i32x4_eq(v128_and(i32x4_splat(bits as i32), lanes), lanes)
    };
    bits_of_four(masks) = {
        let [a, b, c, d] = masks;
        let (low, high) = (i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
        i8x16_bitmask(i8x16_narrow_i16x8(low, high)).into()
    };
    power_of_two(rounded) = i32x4_add(i32x4_shl(rounded, 23), i32x4_splat(127 << 23));
    read(from) = v128_load(from.cast());
    write(to, value) = v128_store(to.cast(), value);
}

arithmetic! {
    Simd128, f64, v128, v128, 2;
    splat(value) = f64x2_splat(value);
    add(a, b) = f64x2_add(a, b);
    sub(a, b) = f64x2_sub(a, b);
    mul(a, b) = f64x2_mul(a, b);
    div(a, b) = f64x2_div(a, b);
    greater(a, b) = f64x2_gt(a, b);
    not_at_most(a, b) = v128_not(f64x2_le(a, b));
    select(mask, then, otherwise) = v128_bitselect(then, otherwise, mask);
    bits(mask) = i64x2_bitmask(mask).into();
    mask(bits) = {
        let lanes = i64x2(1, 2);
        i64x2_eq(v128_and(i64x2_splat(bits as i64), lanes), lanes)
    };
    power_of_two(rounded) = i64x2_add(i64x2_shl(rounded, 52), i64x2_splat(1023 << 52));
    read(from) = v128_load(from.cast());
    write(to, value) = v128_store(to.cast(), value);
}

memory! {
    Simd128, f32;
    load(from) = v128_load(from.cast());
    store(to, value) = v128_store(to.cast(), value);
}

memory! {
    Simd128, f64;
    load(from) = v128_load(from.cast());
    store(to, value) = v128_store(to.cast(), value);
}

#[cfg(feature = "half")]
memory! {
    Simd128, half::f16;
    load(from) = from_f16(u32x4_extend_low_u16x8(v128_load64_zero(from.cast())));
    store(to, value) = v128_store64_lane::<0>(to_f16(value), to.cast());
}

#[cfg(feature = "half")]
memory! {
    Simd128, half::bf16;
    load(from) = i32x4_shl(u32x4_extend_low_u16x8(v128_load64_zero(from.cast())), 16);
    store(to, value) = v128_store64_lane::<0>(to_bf16(value), to.cast());
}

/// Rounds to the nearest, ties to even, by carrying into the upper half. A NaN here comes from
/// a widened `bf16` or is the processor's own; its lower half is zero and carries nothing.
#[cfg(feature = "half")]
#[inline(always)]
fn to_bf16(value: v128) -> v128 {
    let odd = v128_and(u32x4_shr(value, 16), i32x4_splat(1));
    let half = i32x4_add(odd, i32x4_splat(0x7fff));
    // With the sign carried down, packing with saturation changes nothing.
    let upper = i32x4_shr(i32x4_add(value, half), 16);
    i16x8_narrow_i32x4(upper, upper)
}

// The conversions of `f16` are those of the module for SSE2, which says how they work.

/// Widens the lower halves of the lanes, whose upper halves are zero.
#[cfg(feature = "half")]
#[inline(always)]
fn from_f16(halves: v128) -> v128 {
    let magnitude = v128_and(halves, i32x4_splat(0x7fff));
    let sign = i32x4_shl(v128_xor(halves, magnitude), 16);
    let number = f32x4_mul(i32x4_shl(magnitude, 13), i32x4_splat((127 + 112) << 23));
    let infinite = i32x4_gt(magnitude, i32x4_splat(0x7bff));
    let exponent = v128_and(infinite, i32x4_splat(0xff << 23));
    v128_or(number, v128_or(sign, exponent))
}

/// Rounds to the nearest, ties to even; the results stand in the lower half of the vector.
#[cfg(feature = "half")]
#[inline(always)]
fn to_f16(value: v128) -> v128 {
    let sign = v128_and(value, i32x4_splat(i32::MIN));
    let magnitude = v128_xor(value, sign);
    let odd = v128_and(u32x4_shr(magnitude, 13), i32x4_splat(1));
    let rebiased = i32x4_sub(magnitude, i32x4_splat((127 - 15) << 23));
    let normal = u32x4_shr(i32x4_add(i32x4_add(rebiased, i32x4_splat(0xfff)), odd), 13);
    let magic = i32x4_splat((127 - 14 + 23 - 10) << 23);
    let subnormal = i32x4_sub(f32x4_add(magnitude, magic), magic);
    let nan = v128_and(f32x4_ne(value, value), i32x4_splat(0x200));
    let infinite = v128_or(nan, i32x4_splat(0x7c00));

    let small = i32x4_gt(i32x4_splat((127 - 14) << 23), magnitude);
    let finite = i32x4_gt(i32x4_splat((127 + 16) << 23), magnitude);
    let number = v128_bitselect(subnormal, normal, small);
    let result = v128_bitselect(number, infinite, finite);
    let signed = v128_or(result, i32x4_shr(sign, 16));
    i16x8_narrow_i32x4(signed, signed)
}
