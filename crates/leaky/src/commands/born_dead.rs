//! `leaky diagnose --at-init`: how likely a network is dead before training starts.

use leaky_onnx::Model;

use super::output::{Json, print};
use crate::Interrupt;
use crate::arguments::Diagnose;
use crate::born_dead::{BornDead, Chances, Request, born_dead};
use crate::data::Dataset;
use crate::error::{Error, Outcome};
use crate::session::cores;
use crate::terminal::{Progress, born_dead_table, probability};

pub(super) fn run(
    arguments: &Diagnose,
    model: &Model,
    data: &Dataset,
    json: &Json,
) -> Result<Outcome, Error> {
    let name = arguments.network.display().to_string();
    let request = Request {
        model,
        name: &name,
        data,
        batch_size: arguments.batch_size,
        alpha: arguments.alpha,
        draws: arguments.draws,
        jobs: arguments.threads.unwrap_or_else(cores),
    };
    let interrupt = Interrupt::on_ctrl_c().unwrap_or_default();
    let progress = Progress::new(2 * request.draws as u64, "Drawing weights");
    let found = born_dead(&request, &interrupt, &|| progress.step())?;
    drop(progress);
    print(json, &born_dead_table(&found));
    print(json, &verdict(&found));
    json.write(&found)?;
    Ok(Outcome::Done)
}

/// The answer in words.
fn verdict(found: &BornDead) -> String {
    let network = |chances: &Chances| {
        let (from, to) = chances.network.interval;
        format!(
            "{} (95 % interval {} to {})",
            probability(chances.network.probability),
            probability(from),
            probability(to)
        )
    };
    let own = format!(
        "Drawn {} times, the network is dead before training starts with probability {}.",
        found.draws,
        network(&found.own)
    );
    match &found.leaky_relu {
        None => own,
        Some(leaky) => format!(
            "{own} With Leaky ReLU {}: {}; units that are never above zero still learn.",
            found.alpha,
            network(leaky)
        ),
    }
}
