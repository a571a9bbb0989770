//! The signals that ask the process to end: the first asks the work to end at its next good moment.

use std::io;

use leaky_cure::stop::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::unregister;
use signal_hook::{SigId, flag};

use crate::error::Outcome;

/// As long as it lives, signals that ask the process to end ask the work to stop.
pub struct Signals {
    /// What the work looks at.
    pub stop: Stop,
    actions: Vec<SigId>,
}

impl Signals {
    /// From now on Ctrl-C, SIGTERM, and SIGHUP unless the process was started to outlive it, ask the
    /// work to stop, and no longer end the process. A second Ctrl-C ends it at once.
    pub fn heard() -> Self {
        let mut signals = Self {
            stop: Stop::new(),
            actions: Vec::new(),
        };
        // Where the system lets no signal be handled, they do what they did before.
        let _ = signals.hear();
        signals
    }

    fn hear(&mut self) -> io::Result<()> {
        let asked = self.stop.flag();
        // In this order: the first Ctrl-C finds that nobody has asked yet.
        let code = Outcome::Interrupted.code().into();
        let ended = flag::register_conditional_shutdown(SIGINT, code, asked.clone())?;
        self.actions.push(ended);
        for signal in [SIGINT, SIGTERM] {
            self.actions.push(flag::register(signal, asked.clone())?);
        }
        #[cfg(unix)]
        if !hangup_is_ignored() {
            let hangup = flag::register(signal_hook::consts::SIGHUP, asked)?;
            self.actions.push(hangup);
        }
        Ok(())
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for action in self.actions.drain(..) {
            unregister(action);
        }
    }
}

/// Whether the process was started to outlive its terminal, by `nohup` say. Only Linux tells.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let hangup = 1 << (signal_hook::consts::SIGHUP - 1);
    mask.is_some_and(|mask| mask & hangup != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signal_hook::low_level::raise;

    #[test]
    fn a_signal_asks_to_stop_and_the_work_goes_on() {
        let signals = Signals::heard();
        assert!(!signals.stop.asked());
        raise(SIGTERM).unwrap();
        assert!(signals.stop.asked());
        // Another stretch of work in the same process begins unasked.
        drop(signals);
        let signals = Signals::heard();
        assert!(!signals.stop.asked());
        raise(SIGINT).unwrap();
        assert!(signals.stop.asked());
    }
}
