//! The innermost loops: a tile of sums held in registers while it runs along the depth.

use pulp::{Simd, WithSimd};

/// Vectors in a row of a tile.
pub(super) const VECTORS: usize = 2;

/// The size of a tile: rows, and columns in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileSize {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl TileSize {
    /// The size that fits the registers of this processor.
    pub(super) fn of_processor() -> Self {
        struct Probe;
        impl WithSimd for Probe {
            type Output = TileSize;

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> TileSize {
                TileSize {
                    rows: rows::<S>(),
                    columns: VECTORS * S::F32_LANES,
                }
            }
        }
        pulp::Arch::new().dispatch(Probe)
    }
}

/// How many rows of [`VECTORS`] vectors fit the registers, with room for the operands: AVX2 has 16
/// registers, the others that have vectors have 32.
pub(super) const fn rows<S: Simd>() -> usize {
    if S::F32_LANES == 8 { 6 } else { 8 }
}

/// Runs the body with `$rows` standing for the number of rows of a tile as a constant, and `$used`
/// for a constant that is at least the number of rows that are in use.
macro_rules! with_rows {
    ($simd:ident, $count:expr, |$rows:ident, $used:ident| $body:expr) => {{
        macro_rules! case {
            ($all:literal, $some:literal) => {{
                const $rows: usize = $all;
                const $used: usize = $some;
                $body
            }};
        }
        match ($crate::flex::convolution::tile::rows::<$simd>(), $count) {
            (6, 1) => case!(6, 1),
            (6, 2) => case!(6, 2),
            (6, 3 | 4) => case!(6, 4),
            (6, _) => case!(6, 6),
            (_, 1) => case!(8, 1),
            (_, 2) => case!(8, 2),
            (_, 3 | 4) => case!(8, 4),
            (_, _) => case!(8, 8),
        }
    }};
}
pub(super) use with_rows;

/// The sums of the products of a column of `a` and a row of `b`, over all of them: the first `USED`
/// rows of a tile.
#[inline(always)]
pub(super) fn multiply<'a, S: Simd, const ROWS: usize, const USED: usize, const WIDE: usize>(
    simd: S,
    mut sums: [[S::f32s; WIDE]; USED],
    a: &[[f32; ROWS]],
    b: impl Iterator<Item = &'a [S::f32s; WIDE]>,
) -> [[S::f32s; WIDE]; USED]
where
    S::f32s: 'a,
{
    for (a, b) in a.iter().zip(b) {
        for (sums, &a) in sums.iter_mut().zip(a) {
            let a = simd.splat_f32s(a);
            for (sum, &b) in sums.iter_mut().zip(b) {
                *sum = simd.mul_add_e_f32s(a, b, *sum);
            }
        }
    }
    sums
}

/// The first vectors of a slice that holds at least so many numbers.
#[inline(always)]
pub(super) fn vectors<S: Simd, const WIDE: usize>(numbers: &[f32]) -> &[S::f32s; WIDE] {
    let (vectors, _) = S::as_simd_f32s(&numbers[..WIDE * S::F32_LANES]);
    vectors
        .first_chunk()
        .expect("the slice was cut to this many vectors")
}

/// The same to write to.
#[inline(always)]
pub(super) fn vectors_mut<S: Simd, const WIDE: usize>(numbers: &mut [f32]) -> &mut [S::f32s; WIDE] {
    let (vectors, _) = S::as_mut_simd_f32s(&mut numbers[..WIDE * S::F32_LANES]);
    vectors
        .first_chunk_mut()
        .expect("the slice was cut to this many vectors")
}
