//! What the engine does, told to the page; and whether the page wants it to go on.

use std::cell::RefCell;
use std::time::Duration;

use js_sys::Function;
use leaky_cure::diagnose::Diagnosis;
use leaky_cure::objective::Metric;
use leaky_cure::train::Epoch;
use leaky_cure::{Phase, Progress, Stop};
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_time::Instant;

/// How long the page hears nothing, at least, while nothing but steps is done.
const PAUSE: Duration = Duration::from_millis(60);

thread_local! {
    /// The page's listener while the engine works. It stands here and not in [`Told`] because a
    /// watcher may be handed to other threads, and a function of the page may not.
    static LISTENER: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Does `work`, and tells `listener` of it: a function that takes a JSON text and answers whether to
/// go on.
pub(crate) fn watched<T>(
    listener: &Function,
    work: impl FnOnce(&Stop, &mut dyn Progress) -> T,
) -> T {
    LISTENER.set(Some(listener.clone()));
    let stop = Stop::new();
    let mut told = Told::new(stop.clone());
    let done = work(&stop, &mut told);
    LISTENER.set(None);
    done
}

/// What the page hears.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    /// So many of the steps of a part of the work are done.
    Step {
        doing: &'static str,
        done: usize,
        steps: usize,
    },
    Epoch {
        number: usize,
        #[serde(flatten)]
        epoch: &'a Epoch,
        metric: &'static str,
    },
    Diagnosed {
        before: &'a Diagnosis,
        score: f64,
        metric: &'static str,
    },
}

struct Told {
    stop: Stop,
    doing: &'static str,
    done: usize,
    steps: usize,
    last: Instant,
}

impl Told {
    fn new(stop: Stop) -> Self {
        Self {
            stop,
            doing: "",
            done: 0,
            steps: 0,
            last: Instant::now(),
        }
    }

    fn tell(&mut self, event: &Event) {
        self.last = Instant::now();
        let text = serde_json::to_string(event).unwrap_or_default();
        let goes_on = LISTENER.with_borrow(|listener| {
            listener.as_ref().is_none_or(|listener| {
                listener
                    .call1(&JsValue::NULL, &JsValue::from_str(&text))
                    .is_ok_and(|answer| answer.is_truthy())
            })
        });
        if !goes_on {
            self.stop.ask();
        }
    }

    fn tell_step(&mut self) {
        self.tell(&Event::Step {
            doing: self.doing,
            done: self.done,
            steps: self.steps,
        });
    }
}

impl Progress for Told {
    fn phase(&mut self, phase: Phase, steps: usize) {
        self.doing = match phase {
            Phase::Diagnose => "Diagnosing",
            Phase::ChooseAlpha => "Choosing alpha",
            Phase::Train { .. } => "Training",
            Phase::Compare => "Comparing",
            Phase::DrawWeights => "Drawing weights",
        };
        (self.done, self.steps) = (0, steps);
        self.tell_step();
    }

    fn step(&mut self) {
        self.done += 1;
        if self.last.elapsed() >= PAUSE {
            self.tell_step();
        }
    }

    fn epoch(&mut self, number: usize, epoch: &Epoch, metric: Metric) {
        let metric = metric.name();
        self.tell(&Event::Epoch {
            number,
            epoch,
            metric,
        });
    }

    fn diagnosed(&mut self, before: &Diagnosis, metric: Metric, score: f64) {
        let metric = metric.name();
        self.tell(&Event::Diagnosed {
            before,
            score,
            metric,
        });
    }
}
