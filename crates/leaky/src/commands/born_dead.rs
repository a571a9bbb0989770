//! `leaky diagnose --at-init`: how likely a network is dead before training starts.

use leaky_cure::diagnose::{BornDead, BornDeadOptions, Chances, born_dead};
use leaky_cure::task::Task;
use leaky_cure::threads::cores;

use super::bars::Bars;
use super::output::{Json, print};
use crate::arguments::Diagnose;
use crate::error::{Error, Outcome};
use crate::stop_on_ctrl_c;
use crate::terminal::{born_dead_table, probability};

pub(super) fn run(arguments: &Diagnose, task: &Task, json: &Json) -> Result<Outcome, Error> {
    let options = BornDeadOptions {
        batch_size: arguments.batch_size,
        alpha: arguments.alpha,
        draws: arguments.draws,
        jobs: arguments.threads.unwrap_or_else(cores),
    };
    let stop = stop_on_ctrl_c().unwrap_or_default();
    let found = born_dead(task, &options, &stop, &mut Bars::default())?;
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
