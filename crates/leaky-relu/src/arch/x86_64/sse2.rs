//! SSE2, which every x86-64 processor has: 4 lanes of `f32`, 2 of `f64`.

use core::arch::x86_64::*;

use crate::arch::simd::{Arithmetic, BLOCK, Memory, Vector, arithmetic, memory};

/// The token.
#[derive(Clone, Copy, Debug)]
pub struct Sse2(());

impl Sse2 {
    /// The token: this module is compiled only where the program may use the instructions
    /// everywhere.
    #[inline]
    pub(crate) fn baseline() -> Self {
        Sse2(())
    }
}

arithmetic! {
    Sse2, f32, __m128, __m128, 4;
    splat(value) = _mm_set1_ps(value);
    add(a, b) = _mm_add_ps(a, b);
    sub(a, b) = _mm_sub_ps(a, b);
    mul(a, b) = _mm_mul_ps(a, b);
    div(a, b) = _mm_div_ps(a, b);
    greater(a, b) = _mm_cmpgt_ps(a, b);
    not_at_most(a, b) = _mm_cmpnle_ps(a, b);
    select(mask, then, otherwise) =
        _mm_or_ps(_mm_and_ps(mask, then), _mm_andnot_ps(mask, otherwise));
    bits(mask) = _mm_movemask_ps(mask) as u64;
    mask(bits) = {
        let lanes = _mm_setr_epi32(1, 2, 4, 8);
        let bits = _mm_and_si128(_mm_set1_epi32(bits as i32), lanes);
        _mm_castsi128_ps(_mm_cmpeq_epi32(bits, lanes))
    };
    bits_of_four(masks) = {
        let [a, b, c, d] = masks;
        let low = _mm_packs_epi32(_mm_castps_si128(a), _mm_castps_si128(b));
        let high = _mm_packs_epi32(_mm_castps_si128(c), _mm_castps_si128(d));
        u64::from(_mm_movemask_epi8(_mm_packs_epi16(low, high)) as u32)
    };
    power_of_two(rounded) = _mm_castsi128_ps(_mm_add_epi32(
        _mm_slli_epi32::<23>(_mm_castps_si128(rounded)),
        _mm_set1_epi32(127 << 23),
    ));
    read(from) = _mm_loadu_ps(from);
    write(to, value) = _mm_storeu_ps(to, value);
}

arithmetic! {
    Sse2, f64, __m128d, __m128d, 2;
    splat(value) = _mm_set1_pd(value);
    add(a, b) = _mm_add_pd(a, b);
    sub(a, b) = _mm_sub_pd(a, b);
    mul(a, b) = _mm_mul_pd(a, b);
    div(a, b) = _mm_div_pd(a, b);
    greater(a, b) = _mm_cmpgt_pd(a, b);
    not_at_most(a, b) = _mm_cmpnle_pd(a, b);
    select(mask, then, otherwise) =
        _mm_or_pd(_mm_and_pd(mask, then), _mm_andnot_pd(mask, otherwise));
    bits(mask) = _mm_movemask_pd(mask) as u64;
    mask(bits) = {
        // Both halves of a lane test the same bit: there is no comparison of 64 bits.
        let lanes = _mm_setr_epi32(1, 1, 2, 2);
        let bits = _mm_and_si128(_mm_set1_epi32(bits as i32), lanes);
        _mm_castsi128_pd(_mm_cmpeq_epi32(bits, lanes))
    };
    power_of_two(rounded) = _mm_castsi128_pd(_mm_add_epi64(
        _mm_slli_epi64::<52>(_mm_castpd_si128(rounded)),
        _mm_set1_epi64x(1023 << 52),
    ));
    read(from) = _mm_loadu_pd(from);
    write(to, value) = _mm_storeu_pd(to, value);
}

memory! {
    Sse2, f32;
    load(from) = _mm_loadu_ps(from);
    store(to, value) = _mm_storeu_ps(to, value);
    stream(to, value) = _mm_stream_ps(to, value);
    fence() = _mm_sfence();
}

memory! {
    Sse2, f64;
    load(from) = _mm_loadu_pd(from);
    store(to, value) = _mm_storeu_pd(to, value);
    stream(to, value) = _mm_stream_pd(to, value);
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
memory! {
    Sse2, half::f16;
    load(from) = from_f16(_mm_unpacklo_epi16(_mm_loadl_epi64(from.cast()), _mm_setzero_si128()));
    store(to, value) = _mm_storel_epi64(to.cast(), to_f16(value));
    stream(to, value) = _mm_stream_si64(to.cast(), _mm_cvtsi128_si64(to_f16(value)));
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
memory! {
    Sse2, half::bf16;
    load(from) = _mm_castsi128_ps(_mm_unpacklo_epi16(
        _mm_setzero_si128(),
        _mm_loadl_epi64(from.cast()),
    ));
    store(to, value) = _mm_storel_epi64(to.cast(), to_bf16(value));
    stream(to, value) = _mm_stream_si64(to.cast(), _mm_cvtsi128_si64(to_bf16(value)));
    fence() = _mm_sfence();
}

/// Rounds to the nearest, ties to even, by carrying into the upper half. A NaN here comes from
/// a widened `bf16` or is the processor's own; its lower half is zero and carries nothing.
#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "sse2")]
fn to_bf16(value: __m128) -> __m128i {
    let bits = _mm_castps_si128(value);
    let odd = _mm_and_si128(_mm_srli_epi32::<16>(bits), _mm_set1_epi32(1));
    let half = _mm_add_epi32(odd, _mm_set1_epi32(0x7fff));
    // With the sign carried down, packing with saturation changes nothing.
    let upper = _mm_srai_epi32::<16>(_mm_add_epi32(bits, half));
    _mm_packs_epi32(upper, upper)
}

// SSE2 has no conversion from or to `f16`. The two that follow are made of operations on integers and
// of one on numbers each. Source: Giesen (2012), "Half to float done quic" and "Float->half variants".

/// Widens the lower halves of the lanes, whose upper halves are zero.
#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "sse2")]
fn from_f16(halves: __m128i) -> __m128 {
    let magnitude = _mm_and_si128(halves, _mm_set1_epi32(0x7fff));
    let sign = _mm_slli_epi32::<16>(_mm_xor_si128(halves, magnitude));
    // Read as `f32`, exponent and significand stand for the number times 2^-112. The product is exact,
    // also where both are subnormal.
    let scaled = _mm_castsi128_ps(_mm_slli_epi32::<13>(magnitude));
    let number = _mm_mul_ps(scaled, _mm_castsi128_ps(_mm_set1_epi32((127 + 112) << 23)));
    // Infinity and NaN keep their significand and get the exponent of all ones.
    let infinite = _mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x7bff));
    let exponent = _mm_and_si128(infinite, _mm_set1_epi32(0xff << 23));
    _mm_or_ps(number, _mm_castsi128_ps(_mm_or_si128(sign, exponent)))
}

/// Rounds to the nearest, ties to even; the results stand in the lower half of the register.
#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "sse2")]
fn to_f16(value: __m128) -> __m128i {
    let bits = _mm_castps_si128(value);
    let sign = _mm_and_si128(bits, _mm_set1_epi32(i32::MIN));
    let magnitude = _mm_xor_si128(bits, sign);
    // A normal result: the exponent moves from one bias to the other, and rounding carries into what is
    // kept.
    let odd = _mm_and_si128(_mm_srli_epi32::<13>(magnitude), _mm_set1_epi32(1));
    let rebiased = _mm_sub_epi32(magnitude, _mm_set1_epi32((127 - 15) << 23));
    let carried = _mm_add_epi32(_mm_add_epi32(rebiased, _mm_set1_epi32(0xfff)), odd);
    let normal = _mm_srli_epi32::<13>(carried);
    // A subnormal result: the sum with a number whose last bit weighs as much as the last bit of the
    // result is rounded by the addition.
    let magic = _mm_set1_epi32((127 - 14 + 23 - 10) << 23);
    let sum = _mm_add_ps(_mm_castsi128_ps(magnitude), _mm_castsi128_ps(magic));
    let subnormal = _mm_sub_epi32(_mm_castps_si128(sum), magic);
    // From 2^16 on infinity; NaN stays NaN.
    let nan = _mm_castps_si128(_mm_cmpunord_ps(value, value));
    let nan = _mm_and_si128(nan, _mm_set1_epi32(0x200));
    let infinite = _mm_or_si128(nan, _mm_set1_epi32(0x7c00));

    let select = |mask, then, otherwise| {
        _mm_or_si128(_mm_and_si128(mask, then), _mm_andnot_si128(mask, otherwise))
    };
    let small = _mm_cmpgt_epi32(_mm_set1_epi32((127 - 14) << 23), magnitude);
    let finite = _mm_cmpgt_epi32(_mm_set1_epi32((127 + 16) << 23), magnitude);
    let result = select(finite, select(small, subnormal, normal), infinite);
    // With the sign carried down, packing with saturation changes nothing.
    let signed = _mm_or_si128(result, _mm_srai_epi32::<16>(sign));
    _mm_packs_epi32(signed, signed)
}
