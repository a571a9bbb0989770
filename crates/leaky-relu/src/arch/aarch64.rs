//! NEON, which every 64-bit Arm processor for applications has: 4 lanes of `f32`, 2 of `f64`. It has no streaming
//! stores of single vectors, and its processors detect streams of writes themselves.

use core::arch::aarch64::*;

use crate::arch::simd::{Arithmetic, BLOCK, Memory, Vector, arithmetic, memory};

/// The token.
#[derive(Clone, Copy, Debug)]
pub struct Neon(());

impl Neon {
    /// The token: this module is compiled only where the program may use the instructions
    /// everywhere.
    #[inline]
    pub(crate) fn baseline() -> Self {
        Neon(())
    }
}

arithmetic! {
    Neon, f32, float32x4_t, uint32x4_t, 4;
    splat(value) = vdupq_n_f32(value);
    add(a, b) = vaddq_f32(a, b);
    sub(a, b) = vsubq_f32(a, b);
    mul(a, b) = vmulq_f32(a, b);
    div(a, b) = vdivq_f32(a, b);
    greater(a, b) = vcgtq_f32(a, b);
    not_at_most(a, b) = vmvnq_u32(vcleq_f32(a, b));
    select(mask, then, otherwise) = vbslq_f32(mask, then, otherwise);
    bits(mask) = vaddvq_u32(vandq_u32(mask, vld1q_u32([1, 2, 4, 8].as_ptr()))).into();
    mask(bits) = vtstq_u32(vdupq_n_u32(bits as u32), vld1q_u32([1, 2, 4, 8].as_ptr()));
    power_of_two(rounded) = vreinterpretq_f32_u32(vaddq_u32(
        vshlq_n_u32::<23>(vreinterpretq_u32_f32(rounded)),
        vdupq_n_u32(127 << 23),
    ));
    read(from) = vld1q_f32(from);
    write(to, value) = vst1q_f32(to, value);
}

arithmetic! {
    Neon, f64, float64x2_t, uint64x2_t, 2;
    splat(value) = vdupq_n_f64(value);
    add(a, b) = vaddq_f64(a, b);
    sub(a, b) = vsubq_f64(a, b);
    mul(a, b) = vmulq_f64(a, b);
    div(a, b) = vdivq_f64(a, b);
    greater(a, b) = vcgtq_f64(a, b);
    not_at_most(a, b) = veorq_u64(vcleq_f64(a, b), vdupq_n_u64(u64::MAX));
    select(mask, then, otherwise) = vbslq_f64(mask, then, otherwise);
    bits(mask) = vaddvq_u64(vandq_u64(mask, vld1q_u64([1, 2].as_ptr())));
    mask(bits) = vtstq_u64(vdupq_n_u64(bits), vld1q_u64([1, 2].as_ptr()));
    power_of_two(rounded) = vreinterpretq_f64_u64(vaddq_u64(
        vshlq_n_u64::<52>(vreinterpretq_u64_f64(rounded)),
        vdupq_n_u64(1023 << 52),
    ));
    read(from) = vld1q_f64(from);
    write(to, value) = vst1q_f64(to, value);
}

memory! {
    Neon, f32;
    load(from) = vld1q_f32(from);
    store(to, value) = vst1q_f32(to, value);
}

memory! {
    Neon, f64;
    load(from) = vld1q_f64(from);
    store(to, value) = vst1q_f64(to, value);
}

#[cfg(feature = "half")]
memory! {
    Neon, half::f16;
    load(from) = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from.cast())));
    store(to, value) = vst1_u16(to.cast(), vreinterpret_u16_f16(vcvt_f16_f32(value)));
}

#[cfg(feature = "half")]
memory! {
    Neon, half::bf16;
    load(from) = vreinterpretq_f32_u32(vshlq_n_u32::<16>(vmovl_u16(vld1_u16(
        from.cast(),
    ))));
    store(to, value) = vst1_u16(to.cast(), to_bf16(value));
}

/// Rounds to the nearest, ties to even, by carrying into the upper half. A NaN here comes from
/// a widened `bf16` or is the processor's own; its lower half is zero and carries nothing.
#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "neon")]
fn to_bf16(value: float32x4_t) -> uint16x4_t {
    let bits = vreinterpretq_u32_f32(value);
    let odd = vandq_u32(vshrq_n_u32::<16>(bits), vdupq_n_u32(1));
    vshrn_n_u32::<16>(vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff))))
}
