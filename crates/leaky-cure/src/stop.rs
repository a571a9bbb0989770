//! Asking work to end at its next good moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether work is to end. Clones share the answer, so that one may be kept where the wish comes
/// from: the handler of a signal, a button, another thread.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
}

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// The flag itself, for those who set one: the handler of a signal.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }

    /// Goes on, or ends work that leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`Stopped`] once somebody has asked to stop.
    pub fn check(&self) -> Result<(), Stopped> {
        match self.asked() {
            true => Err(Stopped),
            false => Ok(()),
        }
    }
}

/// Work ended before it had a result, because it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped before there was a result")]
pub struct Stopped;
