//! Whether a difference is more than noise.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The arithmetic mean; NaN of nothing.
pub fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// The sample standard deviation, with one degree of freedom taken by the mean; none for fewer than
/// two numbers.
pub fn standard_deviation(numbers: &[f64]) -> Option<f64> {
    let degrees = numbers.len().checked_sub(1).filter(|&n| n > 0)?;
    let mean = mean(numbers);
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    Some((squares / degrees as f64).sqrt())
}

/// The paired t-test, two-sided: the probability of differences with a mean as far from zero as
/// theirs, or farther, if they came from a normal distribution around zero. None for fewer than two,
/// and where one is not a finite number; 1 where none differs; 0 where all differ by the same.
pub fn paired_t_test(differences: &[f64]) -> Option<f64> {
    if !differences.iter().all(|difference| difference.is_finite()) {
        return None;
    }
    let deviation = standard_deviation(differences)?;
    let mean = mean(differences);
    if mean == 0.0 {
        return Some(1.0);
    }
    // Differences that are equal but for rounding.
    if deviation <= mean.abs() * 1e-12 {
        return Some(0.0);
    }
    let count = differences.len() as f64;
    let t = mean / (deviation / count.sqrt());
    let distribution = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
    Some((2.0 * distribution.sf(t.abs())).min(1.0))
}

/// Corrects p-values for being several: the step-down method of Holm (1979), "A Simple Sequentially
/// Rejective Multiple Test Procedure". Each is multiplied by how many are not smaller, and none gets
/// below one that was smaller.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        largest = largest.max((p_values[index] * factor).min(1.0));
        corrected[index] = largest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// What SciPy and statsmodels make of the same numbers: `tools/make_statistics_fixtures.py`.
    #[derive(Deserialize)]
    struct Fixtures {
        paired: Vec<Paired>,
        holm: Vec<Corrected>,
    }

    #[derive(Deserialize)]
    struct Paired {
        one: Vec<f64>,
        other: Vec<f64>,
        mean: f64,
        std: f64,
        p_value: f64,
    }

    #[derive(Deserialize)]
    struct Corrected {
        p_values: Vec<f64>,
        corrected: Vec<f64>,
    }

    fn fixtures() -> Fixtures {
        let text = include_str!("../../../../fixtures/statistics.json");
        serde_json::from_str(text).unwrap()
    }

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-9 * expected.abs().max(1e-6)
    }

    #[test]
    fn the_paired_t_test_gives_what_scipy_gives() {
        for case in fixtures().paired {
            let differences: Vec<f64> = case
                .one
                .iter()
                .zip(&case.other)
                .map(|(one, other)| one - other)
                .collect();
            let found = paired_t_test(&differences).unwrap();
            assert!(
                close(found, case.p_value),
                "{found} is not {}",
                case.p_value
            );
            assert!(close(mean(&case.one), case.mean));
            assert!(close(standard_deviation(&case.one).unwrap(), case.std));
        }
    }

    #[test]
    fn holms_correction_gives_what_statsmodels_gives() {
        for case in fixtures().holm {
            for (found, expected) in holm(&case.p_values).into_iter().zip(case.corrected) {
                assert!(close(found, expected), "{found} is not {expected}");
            }
        }
    }

    #[test]
    fn one_pair_says_nothing_of_noise() {
        assert_eq!(paired_t_test(&[0.3]), None);
        assert_eq!(paired_t_test(&[]), None);
        assert_eq!(standard_deviation(&[0.3]), None);
    }

    #[test]
    fn differences_without_noise_are_certain() {
        assert_eq!(paired_t_test(&[0.0, 0.0, 0.0]), Some(1.0));
        assert_eq!(paired_t_test(&[0.1, 0.1, 0.1]), Some(0.0));
    }
}
