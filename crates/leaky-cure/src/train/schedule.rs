//! The learning rate of each step, as a part of the one that was asked for.

use burn::lr_scheduler::LrSchedulerConfig;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::lr_scheduler::step::StepLrSchedulerConfig;
use serde::{Deserialize, Serialize};

/// How the learning rate goes on, from step to step, once it is warm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls along half a cosine, to zero behind the last step (Loshchilov and Hutter, 2017, "SGDR").
    Cosine,
    /// It falls in a straight line, to zero behind the last step.
    Linear,
    /// It is a tenth after a third of the steps, and a hundredth after two.
    Step,
}

/// The learning rates of a training, one after the other.
pub(super) struct Rates {
    highest: f64,
    factors: ModuleLrScheduler,
}

impl Rates {
    /// Those of `steps` steps. The first `warm_up` of these rise in a straight line, and the schedule has
    /// the others.
    pub(super) fn new(highest: f64, schedule: Schedule, warm_up: usize, steps: usize) -> Self {
        let warm = steps.saturating_sub(warm_up).max(1);
        let main: LrSchedulerConfig = match schedule {
            Schedule::Constant => LrSchedulerConfig::Constant(1.0),
            Schedule::Cosine => CosineAnnealingLrSchedulerConfig::new(1.0, warm).into(),
            Schedule::Linear => LinearLrSchedulerConfig::new(1.0, 0.0, warm).into(),
            Schedule::Step => StepLrSchedulerConfig::new(1.0, warm.div_ceil(3)).into(),
        };
        let (schedulers, milestones) = match warm_up {
            0 => (vec![main], vec![]),
            _ => {
                let first = 1.0 / (warm_up as f64 + 1.0);
                let rise = LinearLrSchedulerConfig::new(first, 1.0, warm_up);
                (vec![rise.into(), main], vec![warm_up])
            }
        };
        let factors = SequentialLrSchedulerConfig::new(schedulers, milestones).init();
        Self {
            highest,
            factors: factors.expect("factors from 0 to 1 over at least one step"),
        }
    }

    /// The learning rate of the next step.
    pub(super) fn next(&mut self) -> f64 {
        self.highest * self.factors.step().base()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, warm_up: usize, steps: usize) -> Vec<f64> {
        let mut rates = Rates::new(0.5, schedule, warm_up, steps);
        (0..steps).map(|_| rates.next()).collect()
    }

    fn are_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        let pairs = found.iter().zip(expected);
        assert!(
            pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12),
            "{found:?} is not {expected:?}"
        );
    }

    #[test]
    fn a_constant_rate_is_to_the_bit_what_was_asked_for() {
        let lr = 0.1 + 0.2;
        let mut rates = Rates::new(lr, Schedule::Constant, 0, 3);
        assert_eq!([(); 3].map(|()| rates.next()), [lr; 3]);
    }

    /// What PyTorch's `CosineAnnealingLR(optimizer, 4)` and `LinearLR(optimizer, 1, 0, 4)` give for a
    /// rate of 0.5.
    #[test]
    fn rates_fall_as_pytorch_has_them_fall() {
        let half = 0.5_f64.sqrt();
        are_close(
            &rates(Schedule::Cosine, 0, 4),
            &[0.5, 0.25 * (1.0 + half), 0.25, 0.25 * (1.0 - half)],
        );
        are_close(&rates(Schedule::Linear, 0, 4), &[0.5, 0.375, 0.25, 0.125]);
        are_close(
            &rates(Schedule::Step, 0, 6),
            &[0.5, 0.5, 0.05, 0.05, 0.005, 0.005],
        );
    }

    #[test]
    fn a_rate_that_warms_up_rises_to_the_highest_and_then_follows_its_schedule() {
        are_close(
            &rates(Schedule::Linear, 3, 5),
            &[0.125, 0.25, 0.375, 0.5, 0.25],
        );
        // A warm-up that is longer than the training never comes to its end.
        are_close(&rates(Schedule::Cosine, 9, 2), &[0.05, 0.1]);
    }
}
