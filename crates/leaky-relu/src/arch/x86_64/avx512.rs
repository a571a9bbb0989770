//! AVX-512: 16 lanes of `f32`, 8 of `f64`, masks in registers of their own.

use core::arch::x86_64::*;

use crate::arch::simd::{Arithmetic, BLOCK, Memory, Vector, arithmetic, memory};

/// The token: it exists only where the processor has the F, BW, DQ and VL parts.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx512 {
    /// The token, where the processor has the instructions.
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        #[cfg(feature = "std")]
        let has = std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
            && std::arch::is_x86_feature_detected!("avx512vl");
        #[cfg(not(feature = "std"))]
        let has = cfg!(all(
            target_feature = "avx512f",
            target_feature = "avx512bw",
            target_feature = "avx512dq",
            target_feature = "avx512vl"
        ));
        has.then_some(Avx512(()))
    }
}

arithmetic! {
    Avx512, f32, __m512, __mmask16, 16;
    splat(value) = _mm512_set1_ps(value);
    add(a, b) = _mm512_add_ps(a, b);
    sub(a, b) = _mm512_sub_ps(a, b);
    mul(a, b) = _mm512_mul_ps(a, b);
    div(a, b) = _mm512_div_ps(a, b);
    greater(a, b) = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b);
    not_at_most(a, b) = _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(a, b);
    select(mask, then, otherwise) = _mm512_mask_blend_ps(mask, otherwise, then);
    bits(mask) = mask.into();
    mask(bits) = bits as u16;
    power_of_two(rounded) = _mm512_castsi512_ps(_mm512_add_epi32(
        _mm512_slli_epi32::<23>(_mm512_castps_si512(rounded)),
        _mm512_set1_epi32(127 << 23),
    ));
    read(from) = _mm512_loadu_ps(from);
    write(to, value) = _mm512_storeu_ps(to, value);
}

arithmetic! {
    Avx512, f64, __m512d, __mmask8, 8;
    splat(value) = _mm512_set1_pd(value);
    add(a, b) = _mm512_add_pd(a, b);
    sub(a, b) = _mm512_sub_pd(a, b);
    mul(a, b) = _mm512_mul_pd(a, b);
    div(a, b) = _mm512_div_pd(a, b);
    greater(a, b) = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(a, b);
    not_at_most(a, b) = _mm512_cmp_pd_mask::<_CMP_NLE_UQ>(a, b);
    select(mask, then, otherwise) = _mm512_mask_blend_pd(mask, otherwise, then);
    bits(mask) = mask.into();
    mask(bits) = bits as u8;
    power_of_two(rounded) = _mm512_castsi512_pd(_mm512_add_epi64(
        _mm512_slli_epi64::<52>(_mm512_castpd_si512(rounded)),
        _mm512_set1_epi64(1023 << 52),
    ));
    read(from) = _mm512_loadu_pd(from);
    write(to, value) = _mm512_storeu_pd(to, value);
}

memory! {
    Avx512, f32;
    load(from) = _mm512_loadu_ps(from);
    store(to, value) = _mm512_storeu_ps(to, value);
    stream(to, value) = _mm512_stream_ps(to, value);
    fence() = _mm_sfence();
}

memory! {
    Avx512, f64;
    load(from) = _mm512_loadu_pd(from);
    store(to, value) = _mm512_storeu_pd(to, value);
    stream(to, value) = _mm512_stream_pd(to, value);
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
memory! {
    Avx512, half::f16;
    load(from) = _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()));
    store(to, value) = _mm256_storeu_si256(to.cast(), to_f16(value));
    stream(to, value) = _mm256_stream_si256(to.cast(), to_f16(value));
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
memory! {
    Avx512, half::bf16;
    load(from) = _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(
        _mm256_loadu_si256(from.cast()),
    )));
    store(to, value) = _mm256_storeu_si256(to.cast(), to_bf16(value));
    stream(to, value) = _mm256_stream_si256(to.cast(), to_bf16(value));
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "avx512f")]
fn to_f16(value: __m512) -> __m256i {
    _mm512_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(value)
}

/// Rounds to the nearest, ties to even, by carrying into the upper half. A NaN here comes from
/// a widened `bf16` or is the processor's own; its lower half is zero and carries nothing. (The
/// instruction for this, of AVX512_BF16, takes subnormal numbers for zero.)
#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "avx512f")]
fn to_bf16(value: __m512) -> __m256i {
    let bits = _mm512_castps_si512(value);
    let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
    let half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
    _mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(_mm512_add_epi32(bits, half)))
}
