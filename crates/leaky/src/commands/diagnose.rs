//! `leaky diagnose`: which units are dead.

use leaky_onnx::Network;

use super::open;
use super::output::{Json, Page, print};
use crate::arguments::Diagnose;
use crate::data::{Arrays, Dataset};
use crate::diagnose::diagnose;
use crate::error::{Error, Outcome};
use crate::gradient_norm::{GradientNorm, gradient_norms};
use crate::objective::Objective;
use crate::report::{self, Provenance};
use crate::session::{dataset, use_threads};
use crate::terminal::{Progress, colour, diagnosis_table};
use crate::train::Samples;

pub(super) fn run(arguments: &Diagnose) -> Result<Outcome, Error> {
    use_threads(arguments.threads)?;
    let inputs = || {
        [arguments.network.as_path(), &arguments.data.data]
            .into_iter()
            .chain(arguments.data.labels.as_deref())
    };
    let json = Json::new(arguments.json.as_deref(), inputs())?;
    let page = Page::new(arguments.report.as_deref(), inputs().chain(json.file()))?;
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
    print(&json, &diagnosis.verdict());
    json.write(&diagnosis)?;
    let drawn = page.if_wanted(|| {
        let gradients = gradients(&network, &data, &samples, arguments.batch_size)?;
        let file = arguments.data.data.display().to_string();
        let provenance =
            Provenance::new(std::env::args_os())
                .network(&name)
                .data("Data", &file, data.samples());
        report::diagnosis(&diagnosis, &gradients, &provenance)
    })?;
    page.write(drawn.as_deref())?;
    let crossed = arguments
        .fail_above
        .is_some_and(|limit| diagnosis.dead_fraction() > limit);
    Ok(if crossed {
        Outcome::ThresholdCrossed
    } else {
        Outcome::Done
    })
}

/// The gradient norms of the layers, or in words why the data do not give them.
fn gradients(
    network: &Network,
    data: &Dataset,
    samples: &[usize],
    batch_size: usize,
) -> Result<Result<Vec<GradientNorm>, String>, Error> {
    if !data.has_target() {
        return Ok(Err("the data hold no `y` to compute a loss with".into()));
    }
    let (objective, target) = match Objective::new(network, data, None) {
        Ok(found) => found,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let samples = Samples {
        data,
        target: &target,
        chosen: samples,
    };
    gradient_norms(network, &objective, samples, batch_size).map(Ok)
}
