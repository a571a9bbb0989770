//! AVX2: 8 lanes of `f32`, 4 of `f64`; masks are vectors of which the sign of each lane is read.

use core::arch::x86_64::*;

use crate::arch::simd::{Arithmetic, BLOCK, Memory, Vector, arithmetic, memory};

/// The token: it exists only where the processor has AVX2 and F16C.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The token, where the processor has the instructions.
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        #[cfg(feature = "std")]
        let has = std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("f16c");
        #[cfg(not(feature = "std"))]
        let has = cfg!(all(target_feature = "avx2", target_feature = "f16c"));
        has.then_some(Avx2(()))
    }
}

arithmetic! {
    Avx2, f32, __m256, __m256, 8;
    splat(value) = _mm256_set1_ps(value);
    add(a, b) = _mm256_add_ps(a, b);
    sub(a, b) = _mm256_sub_ps(a, b);
    mul(a, b) = _mm256_mul_ps(a, b);
    div(a, b) = _mm256_div_ps(a, b);
    greater(a, b) = _mm256_cmp_ps::<_CMP_GT_OQ>(a, b);
    not_at_most(a, b) = _mm256_cmp_ps::<_CMP_NLE_UQ>(a, b);
    select(mask, then, otherwise) = _mm256_blendv_ps(otherwise, then, mask);
    bits(mask) = _mm256_movemask_ps(mask) as u64;
    mask(bits) = {
        let lanes = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        let bits = _mm256_and_si256(_mm256_set1_epi32(bits as i32), lanes);
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(bits, lanes))
    };
    bits_of_four(masks) = {
        let [a, b, c, d] = masks;
        let (a, b) = (_mm256_castps_si256(a), _mm256_castps_si256(b));
        let (c, d) = (_mm256_castps_si256(c), _mm256_castps_si256(d));
        // Packs within each 128-bit half, to one byte a lane; the quarters then come in order.
        let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
        let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        u64::from(_mm256_movemask_epi8(_mm256_permutevar8x32_epi32(packed, order)) as u32)
    };
    four_masks(bits) = {
        // The bit of each lane goes to the sign, which is all that a selection reads.
        let bits = _mm256_set1_epi32(bits as i32);
        let a = _mm256_sllv_epi32(bits, _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24));
        let b = _mm256_sllv_epi32(bits, _mm256_setr_epi32(23, 22, 21, 20, 19, 18, 17, 16));
        let c = _mm256_sllv_epi32(bits, _mm256_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8));
        let d = _mm256_sllv_epi32(bits, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0));
        [
            _mm256_castsi256_ps(a),
            _mm256_castsi256_ps(b),
            _mm256_castsi256_ps(c),
            _mm256_castsi256_ps(d),
        ]
    };
    power_of_two(rounded) = _mm256_castsi256_ps(_mm256_add_epi32(
        _mm256_slli_epi32::<23>(_mm256_castps_si256(rounded)),
        _mm256_set1_epi32(127 << 23),
    ));
    read(from) = _mm256_loadu_ps(from);
    write(to, value) = _mm256_storeu_ps(to, value);
}

arithmetic! {
    Avx2, f64, __m256d, __m256d, 4;
    splat(value) = _mm256_set1_pd(value);
    add(a, b) = _mm256_add_pd(a, b);
    sub(a, b) = _mm256_sub_pd(a, b);
    mul(a, b) = _mm256_mul_pd(a, b);
    div(a, b) = _mm256_div_pd(a, b);
    greater(a, b) = _mm256_cmp_pd::<_CMP_GT_OQ>(a, b);
    not_at_most(a, b) = _mm256_cmp_pd::<_CMP_NLE_UQ>(a, b);
    select(mask, then, otherwise) = _mm256_blendv_pd(otherwise, then, mask);
    bits(mask) = _mm256_movemask_pd(mask) as u64;
    mask(bits) = {
        let lanes = _mm256_setr_epi64x(1, 2, 4, 8);
        let bits = _mm256_and_si256(_mm256_set1_epi64x(bits as i64), lanes);
        _mm256_castsi256_pd(_mm256_cmpeq_epi64(bits, lanes))
    };
    four_masks(bits) = {
        // As in `f32`.
        let bits = _mm256_set1_epi64x(bits as i64);
        let a = _mm256_sllv_epi64(bits, _mm256_setr_epi64x(63, 62, 61, 60));
        let b = _mm256_sllv_epi64(bits, _mm256_setr_epi64x(59, 58, 57, 56));
        let c = _mm256_sllv_epi64(bits, _mm256_setr_epi64x(55, 54, 53, 52));
        let d = _mm256_sllv_epi64(bits, _mm256_setr_epi64x(51, 50, 49, 48));
        [
            _mm256_castsi256_pd(a),
            _mm256_castsi256_pd(b),
            _mm256_castsi256_pd(c),
            _mm256_castsi256_pd(d),
        ]
    };
    power_of_two(rounded) = _mm256_castsi256_pd(_mm256_add_epi64(
        _mm256_slli_epi64::<52>(_mm256_castpd_si256(rounded)),
        _mm256_set1_epi64x(1023 << 52),
    ));
    read(from) = _mm256_loadu_pd(from);
    write(to, value) = _mm256_storeu_pd(to, value);
}

memory! {
    Avx2, f32;
    load(from) = _mm256_loadu_ps(from);
    store(to, value) = _mm256_storeu_ps(to, value);
    stream(to, value) = _mm256_stream_ps(to, value);
    fence() = _mm_sfence();
}

memory! {
    Avx2, f64;
    load(from) = _mm256_loadu_pd(from);
    store(to, value) = _mm256_storeu_pd(to, value);
    stream(to, value) = _mm256_stream_pd(to, value);
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
memory! {
    Avx2, half::f16;
    load(from) = _mm256_cvtph_ps(_mm_loadu_si128(from.cast()));
    store(to, value) = _mm_storeu_si128(to.cast(), to_f16(value));
    stream(to, value) = _mm_stream_si128(to.cast(), to_f16(value));
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
memory! {
    Avx2, half::bf16;
    load(from) = _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(
        _mm_loadu_si128(from.cast()),
    )));
    store(to, value) = _mm_storeu_si128(to.cast(), to_bf16(value));
    stream(to, value) = _mm_stream_si128(to.cast(), to_bf16(value));
    fence() = _mm_sfence();
}

#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "f16c")]
fn to_f16(value: __m256) -> __m128i {
    _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(value)
}

/// Rounds to the nearest, ties to even, by carrying into the upper half. A NaN here comes from
/// a widened `bf16` or is the processor's own; its lower half is zero and carries nothing.
#[cfg(feature = "half")]
#[inline]
#[target_feature(enable = "avx2")]
fn to_bf16(value: __m256) -> __m128i {
    let bits = _mm256_castps_si256(value);
    let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
    let half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
    let upper = _mm256_srli_epi32::<16>(_mm256_add_epi32(bits, half));
    // Packs within each 128-bit half; the two lower quarters then come together.
    let packed = _mm256_packus_epi32(upper, upper);
    _mm256_castsi256_si128(_mm256_permute4x64_epi64::<0b1000>(packed))
}
