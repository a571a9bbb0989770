//! SSE2, which every x86-64 processor has: 4 lanes of `f32`, 2 of `f64`.

use core::arch::x86_64::*;

use super::simd::{arithmetic, memory};
use super::{Arithmetic, BLOCK, Memory, Vector};

/// The token.
#[derive(Clone, Copy, Debug)]
pub struct Sse2(());

impl Sse2 {
    /// The token: this module is compiled for x86-64 only.
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
mod half_types {
    use super::*;

    // SSE2 has no conversion from or to `f16`: the lanes are converted one by one.
    memory! {
        Sse2, half::f16;
        load(from) = {
            let lanes: [half::f16; 4] = from.cast::<[half::f16; 4]>().read();
            let wide = lanes.map(half::f16::to_f32);
            _mm_loadu_ps(wide.as_ptr())
        };
        store(to, value) = {
            let mut wide = [0.0; 4];
            _mm_storeu_ps(wide.as_mut_ptr(), value);
            to.cast::<[half::f16; 4]>().write(wide.map(half::f16::from_f32));
        };
    }

    memory! {
        Sse2, half::bf16;
        load(from) = _mm_castsi128_ps(_mm_unpacklo_epi16(
            _mm_setzero_si128(),
            _mm_loadl_epi64(from.cast()),
        ));
        store(to, value) = _mm_storel_epi64(to.cast(), bf16(value));
        stream(to, value) = _mm_stream_si64(to.cast(), _mm_cvtsi128_si64(bf16(value)));
        fence() = _mm_sfence();
    }

    /// Rounds to the nearest, ties to even, by carrying into the upper half. A NaN here comes from
    /// a widened `bf16` or is the processor's own; its lower half is zero and carries nothing.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn bf16(value: __m128) -> __m128i {
        let bits = _mm_castps_si128(value);
        let odd = _mm_and_si128(_mm_srli_epi32::<16>(bits), _mm_set1_epi32(1));
        let half = _mm_add_epi32(odd, _mm_set1_epi32(0x7fff));
        // With the sign carried down, packing with saturation changes nothing.
        let upper = _mm_srai_epi32::<16>(_mm_add_epi32(bits, half));
        _mm_packs_epi32(upper, upper)
    }
}
