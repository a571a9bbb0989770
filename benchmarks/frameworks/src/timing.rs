//! Contenders timed in turns, so that what disturbs the machine disturbs all of them.

use std::time::{Duration, Instant};

/// Each sample runs a contender for at least this long.
const SAMPLE: Duration = Duration::from_millis(4);

/// One way to do the work.
pub(crate) struct Contender<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Contender<'a> {
    /// A contender that does the work once when it is run.
    pub(crate) fn new(name: &'static str, run: impl FnMut() + 'a) -> Self {
        Contender {
            name,
            run: Box::new(run),
        }
    }
}

/// The time that a contender takes.
pub(crate) struct Timed {
    /// The contender's name.
    pub(crate) name: &'static str,
    /// The median of its rounds, in seconds.
    pub(crate) seconds: f64,
    /// The median over the rounds of its time relative to the first contender's in that round.
    pub(crate) relative: f64,
}

/// Runs every contender once a round, and gives the medians.
pub(crate) fn in_turns(rounds: usize, mut contenders: Vec<Contender<'_>>) -> Vec<Timed> {
    let repeats: Vec<u32> = contenders
        .iter_mut()
        .map(|contender| {
            (contender.run)();
            let once = seconds(1, &mut contender.run);
            (SAMPLE.as_secs_f64() / once).ceil().clamp(1.0, 1e4) as u32
        })
        .collect();
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..rounds {
        // Each round starts with another contender.
        for turn in 0..contenders.len() {
            let i = (round + turn) % contenders.len();
            times[i].push(seconds(repeats[i], &mut contenders[i].run));
        }
    }
    contenders
        .iter()
        .zip(&times)
        .map(|(contender, own)| Timed {
            name: contender.name,
            seconds: median(own.clone()),
            relative: median(
                own.iter()
                    .zip(&times[0])
                    .map(|(own, first)| own / first)
                    .collect(),
            ),
        })
        .collect()
}

fn seconds(repeats: u32, run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..repeats {
        run();
    }
    start.elapsed().as_secs_f64() / f64::from(repeats)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        (values[middle - 1] + values[middle]) / 2.0
    } else {
        values[middle]
    }
}
