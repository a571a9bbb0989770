//! `leaky diagnose`: which units are dead.

use super::open;
use super::output::{Json, print};
use crate::arguments::Diagnose;
use crate::data::Arrays;
use crate::diagnose::diagnose;
use crate::diagnosis::Diagnosis;
use crate::error::{Error, Outcome};
use crate::session::{dataset, use_threads};
use crate::terminal::{Progress, colour, diagnosis_table, percent};

pub(super) fn run(arguments: &Diagnose) -> Result<Outcome, Error> {
    use_threads(arguments.threads)?;
    let inputs = [arguments.network.as_path(), &arguments.data.data]
        .into_iter()
        .chain(arguments.data.labels.as_deref());
    let json = Json::new(arguments.json.as_deref(), inputs)?;
    let (model, network) = open(&arguments.network)?;
    let arrays = Arrays::open(&arguments.data.data, arguments.data.labels.as_deref())?;
    let data = dataset(&network, &arrays)?;
    if arguments.at_init {
        return super::born_dead::run(arguments, &model, &data, &json);
    }
    let samples: Vec<usize> = (0..data.samples()).collect();
    let progress = Progress::new(
        samples.len().div_ceil(arguments.batch_size) as u64,
        "Diagnosing",
    );
    let name = arguments.network.display().to_string();
    let diagnosis = diagnose(
        &network,
        &name,
        &data,
        &samples,
        arguments.batch_size,
        || {
            progress.step();
            Ok(())
        },
    )?;
    drop(progress);
    print(&json, &diagnosis_table(&diagnosis, colour()));
    print(&json, &verdict(&diagnosis));
    json.write(&diagnosis)?;
    let crossed = arguments
        .fail_above
        .is_some_and(|limit| diagnosis.dead_fraction() > limit);
    Ok(if crossed {
        Outcome::ThresholdCrossed
    } else {
        Outcome::Done
    })
}

/// The verdict in a sentence.
pub(crate) fn verdict(diagnosis: &Diagnosis) -> String {
    let Diagnosis {
        units,
        dead,
        samples,
        ..
    } = diagnosis;
    format!(
        "{dead} of {units} units ({}) are dead on {samples} samples.",
        percent(*dead, *units)
    )
}
