//! `exp` and `exp - 1` at and below zero, in plain arithmetic: `core` has neither, and plain
//! arithmetic gives the same bits whatever the width of the vectors.

use crate::arch::Arithmetic;
use crate::number::Alpha;

/// `exp(x)` for `x` at or below zero, and at NaN.
#[inline(always)]
pub(crate) fn exp<A: Alpha, S: Arithmetic<A>>(s: S, x: S::Vector) -> S::Vector {
    let (p, rounded) = reduce(s, at_least(s, x, A::EXP_IS_ZERO));
    // Two factors, so that a result below the normal numbers is rounded once.
    let rounder = s.splat(A::ROUNDER);
    let k = s.sub(rounded, rounder);
    let half_rounded = s.add(s.mul(k, s.splat(A::HALF)), rounder);
    let rest_rounded = s.add(s.sub(k, s.sub(half_rounded, rounder)), rounder);
    s.mul(
        s.mul(s.add(p, s.splat(A::ONE)), s.power_of_two(half_rounded)),
        s.power_of_two(rest_rounded),
    )
}

/// `exp(x) - 1` for `x` below zero, and at NaN.
#[inline(always)]
pub(crate) fn exp_m1<A: Alpha, S: Arithmetic<A>>(s: S, x: S::Vector) -> S::Vector {
    let (p, rounded) = reduce(s, at_least(s, x, A::EXP_M1_IS_MINUS_ONE));
    let scale = s.power_of_two(rounded);
    s.add(s.mul(p, scale), s.sub(scale, s.splat(A::ONE)))
}

/// `x`, but no less than `lowest`. NaN stays NaN.
#[inline(always)]
fn at_least<A: Alpha, S: Arithmetic<A>>(s: S, x: S::Vector, lowest: A) -> S::Vector {
    let lowest = s.splat(lowest);
    s.select(s.greater(lowest, x), lowest, x)
}

/// `exp(r) - 1` and `k` plus the rounder, where `x = k ln 2 + r` and `r` is at most half of `ln 2`
/// in size.
#[inline(always)]
fn reduce<A: Alpha, S: Arithmetic<A>>(s: S, x: S::Vector) -> (S::Vector, S::Vector) {
    let rounder = s.splat(A::ROUNDER);
    let rounded = s.add(s.mul(x, s.splat(A::LOG2_E)), rounder);
    let k = s.sub(rounded, rounder);
    let r = s.sub(
        s.sub(x, s.mul(k, s.splat(A::LN_2_HIGH))),
        s.mul(k, s.splat(A::LN_2_LOW)),
    );
    // The Taylor series: the first term left out is far below the last digit of the sum.
    let mut tail = s.splat(A::ZERO);
    for coefficient in A::TAYLOR {
        tail = s.add(s.mul(tail, r), s.splat(*coefficient));
    }
    (s.add(r, s.mul(s.mul(r, r), tail)), rounded)
}
