//! `leaky diagnose`: which units are dead.

use leaky_cure::data::{Arrays, Samples};
use leaky_cure::diagnose::{GradientNorm, diagnose, gradient_norms};
use leaky_cure::objective::{Objective, ObjectiveError};
use leaky_cure::stop::Stop;
use leaky_cure::task::Task;
use leaky_onnx::Model;
use leaky_report::{self as report, Provenance};

use super::bars::Bars;
use super::output::{Json, Page, print};
use super::threads::use_threads;
use crate::arguments::Diagnose;
use crate::error::{Error, Outcome};
use crate::terminal::{colour, diagnosis_table};

pub(super) fn run(arguments: &Diagnose) -> Result<Outcome, Error> {
    use_threads(arguments.threads)?;
    let inputs = || {
        [arguments.network.as_path(), &arguments.data.data]
            .into_iter()
            .chain(arguments.data.labels.as_deref())
    };
    let json = Json::new(arguments.json.as_deref(), inputs())?;
    let page = Page::new(arguments.report.as_deref(), inputs().chain(json.file()))?;
    let name = arguments.network.display().to_string();
    let model = Model::read(&arguments.network)?;
    let arrays = Arrays::open(&arguments.data.data, arguments.data.labels.as_deref())?;
    let task = Task::new(&name, model, &arrays)?;
    if arguments.at_init {
        return super::born_dead::run(arguments, &task, &json);
    }
    let mut bars = Bars::default();
    let diagnosis = diagnose(&task, arguments.batch_size, &Stop::new(), &mut bars)?;
    drop(bars);
    print(&json, &diagnosis_table(&diagnosis, colour()));
    print(&json, &diagnosis.verdict());
    json.write(&diagnosis)?;
    let drawn = page.if_wanted(|| {
        let gradients = gradients(&task, arguments.batch_size)?;
        let file = arguments.data.data.display().to_string();
        let provenance = Provenance::new(std::env::args_os()).network(&name).data(
            "Data",
            &file,
            task.data.samples(),
        );
        Ok(report::diagnosis(&diagnosis, &gradients, &provenance)?)
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
    task: &Task,
    batch_size: usize,
) -> Result<Result<Vec<GradientNorm>, String>, ObjectiveError> {
    let data = &task.data;
    if !data.has_target() {
        return Ok(Err("the data hold no `y` to compute a loss with".into()));
    }
    let network = task.network()?;
    let (objective, target) = match Objective::new(&network, data, None) {
        Ok(found) => found,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let everything: Vec<usize> = (0..data.samples()).collect();
    let samples = Samples {
        data,
        target: &target,
        chosen: &everything,
    };
    gradient_norms(&network, &objective, samples, batch_size).map(Ok)
}
