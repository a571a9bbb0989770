//! `leaky diagnose --at-init`: how likely a network is dead before training starts.

use leaky_cure::diagnose::{BornDead, BornDeadOptions, Chances, born_dead};
use leaky_cure::task::Task;

use super::bars::Bars;
use super::figures::Figures;
use crate::error::{Error, Outcome};
use crate::signals::Signals;
use crate::terminal::{Screen, born_dead_table, probability};

pub(super) fn run(
    task: &Task,
    options: &BornDeadOptions,
    figures: &Figures,
    screen: &Screen,
) -> Result<Outcome, Error> {
    let signals = Signals::heard();
    let mut bars = Bars::new(screen.bars());
    let found = born_dead(task, options, &signals.stop, &mut bars)?;
    drop(bars);
    screen.tell(&born_dead_table(&found, screen.look()));
    screen.tell(&verdict(&found));
    figures.write_json(&found, screen)?;
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
