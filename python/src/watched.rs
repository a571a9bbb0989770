//! Long work of the engine, watched from Python: progress is told, and Ctrl-C is heard.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use leaky_cure::objective::Metric;
use leaky_cure::train::Epoch;
use leaky_cure::{Phase, Progress, Stop};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::threads::pool;

/// How often Python looks whether a signal has come.
const LOOK: Duration = Duration::from_millis(50);

enum Event {
    Phase(&'static str, usize),
    Step,
    Epoch(usize, f64),
}

/// Tells Python's thread what happens on the engine's.
struct Told(Sender<Event>);

impl Told {
    // Nobody listens any more only when the work is given up.
    fn tell(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

impl Progress for Told {
    fn phase(&mut self, phase: Phase, steps: usize) {
        let name = match phase {
            Phase::Diagnose => "diagnose",
            Phase::ChooseAlpha => "choose alpha",
            Phase::Train { .. } => "train",
            Phase::Compare => "compare",
            Phase::DrawWeights => "draw weights",
        };
        self.tell(Event::Phase(name, steps));
    }

    fn step(&mut self) {
        self.tell(Event::Step);
    }

    fn epoch(&mut self, number: usize, epoch: &Epoch, _: Metric) {
        self.tell(Event::Epoch(number, epoch.score));
    }
}

/// Does `work` on threads of the engine's own while this one, Python's, calls `progress` and listens for
/// signals. A signal asks the work to stop, and is raised when it has.
pub(crate) fn watched<R: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Stop, &mut dyn Progress) -> R + Send,
) -> PyResult<R> {
    let pool = pool(0)?;
    let stop = Stop::new();
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        let asked = stop.clone();
        let working = scope.spawn(move || pool.install(|| work(&asked, &mut Told(sender))));
        let heard = listen(py, receiver, progress, &stop);
        let done = py.detach(|| working.join());
        heard?;
        done.map_err(|_| PyRuntimeError::new_err("the engine failed; please report this"))
    })
}

/// Passes on what happens until the work is done. The first exception asks the work to stop.
fn listen(
    py: Python<'_>,
    mut events: Receiver<Event>,
    progress: Option<&Bound<'_, PyAny>>,
    stop: &Stop,
) -> PyResult<()> {
    let mut heard = Ok(());
    loop {
        let (first, receiver) = py.detach(|| (events.recv_timeout(LOOK), events));
        events = receiver;
        let passed_on = match first {
            Ok(event) => progress.map_or(Ok(()), |progress| tell(event, &events, progress)),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => return heard,
        };
        if let Err(error) = passed_on.and_then(|()| py.check_signals()) {
            stop.ask();
            heard = heard.and(Err(error));
        }
    }
}

/// Calls Python with an event and those that wait behind it; steps are added up.
fn tell(first: Event, events: &Receiver<Event>, progress: &Bound<'_, PyAny>) -> PyResult<()> {
    let mut steps = 0;
    for event in std::iter::once(first).chain(events.try_iter()) {
        let (name, number, score) = match event {
            Event::Step => {
                steps += 1;
                continue;
            }
            Event::Phase(name, steps) => (name, steps, None),
            Event::Epoch(number, score) => ("epoch", number, Some(score)),
        };
        if steps > 0 {
            progress.call1(("step", std::mem::take(&mut steps), None::<f64>))?;
        }
        progress.call1((name, number, score))?;
    }
    if steps > 0 {
        progress.call1(("step", steps, None::<f64>))?;
    }
    Ok(())
}
