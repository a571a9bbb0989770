//! Ctrl-C: asked for once, the work ends at the next good moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;

/// Whether the user has asked to stop. Clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// From now on Ctrl-C sets the flag and no longer ends the process; a second one ends it at
    /// once, with exit code 130.
    ///
    /// # Errors
    ///
    /// Where the operating system does not let the process handle the signal, or it is handled
    /// already.
    pub fn on_ctrl_c() -> Result<Self, ctrlc::Error> {
        let interrupt = Self::default();
        let handler = interrupt.clone();
        ctrlc::set_handler(move || {
            if handler.asked.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        })?;
        Ok(interrupt)
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Goes on, or ends work that leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`] once the user has asked to stop.
    pub fn check(&self) -> Result<(), Error> {
        if self.asked() {
            return Err(Error::Interrupted);
        }
        Ok(())
    }

    /// Whether to stop.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
