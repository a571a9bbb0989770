//! What a person can do about an error: which option of the tool helps. The engine knows of none.

use std::borrow::Cow;

use leaky_cure::compare::{CompareError, ResumeError, Term};
use leaky_cure::cure::CureError;
use leaky_cure::data::DataError;
use leaky_cure::diagnose::BornDeadError;
use leaky_cure::objective::ObjectiveError;
use leaky_cure::run::RunError;
use leaky_cure::train::InitializeError;

use crate::error::Error;

/// What a person can do about an error, where an option of the tool helps or nothing was lost.
pub fn advice(error: &Error) -> Option<Cow<'static, str>> {
    let fixed: &'static str = match error {
        error if error.is_interruption() => "nothing was written",
        Error::ComparisonInterrupted { path, .. } => {
            return Some(
                format!("the same command goes on from there with --resume {path}").into(),
            );
        }
        Error::Diverged { .. } => "try a smaller --lr",
        Error::Objective(error)
        | Error::Cure(CureError::Objective(error))
        | Error::Compare(CompareError::Objective(error)) => objective(error)?,
        Error::Compare(CompareError::Initialize(InitializeError::Unclear { .. })) => {
            "--from-weights trains on from the weights in the file"
        }
        Error::BornDead(BornDeadError::Initialize(InitializeError::Unclear { .. })) => {
            "without --at-init the network is diagnosed with the weights in the file"
        }
        Error::Resume(ResumeError::OtherComparison { differs, .. })
        | Error::Compare(CompareError::Resume(ResumeError::OtherComparison { differs, .. })) => {
            let options: Vec<&str> = differs.iter().filter_map(|term| option(*term)).collect();
            let look = format!("look at {}", options.join(", "));
            return (!options.is_empty()).then(|| look.into());
        }
        Error::Compare(CompareError::Threads(_)) => "try a smaller --jobs",
        Error::Threads(_) | Error::BornDead(BornDeadError::Threads(_)) => "try smaller --threads",
        _ => match error.run_error()? {
            RunError::Data(error) => data(error)?,
            _ => return None,
        },
    };
    Some(fixed.into())
}

/// The option that says it.
fn option(term: Term) -> Option<&'static str> {
    match term {
        Term::Version | Term::Network => None,
        Term::Data => Some("--data, --val"),
        Term::Weights => Some("--from-weights"),
        Term::Loss => Some("--loss"),
        Term::Optimizer => Some("--optimizer"),
        Term::Epochs => Some("--epochs"),
        Term::BatchSize => Some("--batch-size"),
        Term::Training => Some(
            "--schedule, --warm-up, --momentum, --weight-decay, --clip-norm, --patience, \
             --train-statistics, --pull, --recycle",
        ),
    }
}

fn objective(error: &ObjectiveError) -> Option<&'static str> {
    match error {
        ObjectiveError::LossNeedsValues => Some("give --loss cross-entropy, or leave --loss out"),
        ObjectiveError::LossNeedsLabels => Some("--loss mean-squared-error fits values"),
        ObjectiveError::Run(RunError::Data(error)) => data(error),
        _ => None,
    }
}

fn data(error: &DataError) -> Option<&'static str> {
    match error {
        DataError::MissingTarget { .. } => {
            Some("labels in a .npy file of their own are given with --labels or --val-labels")
        }
        DataError::NotProbability { .. } => Some("--loss mean-squared-error fits other values"),
        DataError::TooFewSamples { .. } => Some("samples to validate with are given with --val"),
        _ => None,
    }
}
