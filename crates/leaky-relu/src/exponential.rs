//! `exp` and `exp - 1` at and below zero, in plain arithmetic: `core` has neither, and plain
//! arithmetic gives the same bits on every processor.

/// Below this, `exp` is zero.
const LOWEST: f64 = -746.0;
/// Adding and subtracting this rounds to an integer.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// `exp(x)` for `x` at or below zero, or NaN.
pub(crate) fn exp(x: f64) -> f64 {
    let (p, k) = reduce(x);
    // Two factors, so that a result below the normal numbers is rounded once.
    let half = k / 2;
    (p + 1.0) * power_of_two(k - half) * power_of_two(half)
}

/// `exp(x) - 1` for `x` at or below zero, or NaN.
pub(crate) fn exp_m1(x: f64) -> f64 {
    if x < -40.0 {
        return -1.0;
    }
    let (p, k) = reduce(x);
    if k == 0 {
        return p;
    }
    let scale = power_of_two(k);
    p * scale + (scale - 1.0)
}

/// `exp(r) - 1` and `k`, where `x = k ln 2 + r` and `r` is at most half of `ln 2` in size.
fn reduce(x: f64) -> (f64, i64) {
    let x = if x < LOWEST { LOWEST } else { x };
    let k = (x * core::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    // The Taylor series: the first term left out is below 1e-17 of the sum.
    let mut tail = 0.0;
    let mut n = 14.0;
    while n > 2.5 {
        tail = (tail + 1.0) * r / n;
        n -= 1.0;
    }
    (r + r * (tail + 1.0) * (r * 0.5), k as i64)
}

fn power_of_two(k: i64) -> f64 {
    f64::from_bits(((k + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_std_within_two_units_in_the_last_place() {
        let mut x = -1e-320_f64;
        while x > -800.0 {
            for (ours, theirs) in [(exp(x), x.exp()), (exp_m1(x), x.exp_m1())] {
                let apart = ours.to_bits().abs_diff(theirs.to_bits());
                assert!(
                    apart <= 2,
                    "at {x}: {ours:e} and {theirs:e} are {apart} apart"
                );
            }
            x *= 1.0037;
            x -= 1e-320;
        }
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp_m1(f64::NEG_INFINITY), -1.0);
        assert!(exp(f64::NAN).is_nan() && exp_m1(f64::NAN).is_nan());
    }
}
