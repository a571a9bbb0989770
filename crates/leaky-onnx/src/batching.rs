//! How a network takes batches: known once for a file, by all networks made of it.

use std::sync::{Arc, OnceLock};

/// What was found out about a network's batches, if anything was yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batching(Arc<OnceLock<Batches>>);

/// Whether samples can be run together.
#[derive(Debug, Clone)]
pub(crate) enum Batches {
    /// They do not change each other's results.
    Together,
    /// They do, or the file is written for batches of one size; why.
    Apart(String),
}

impl Batching {
    pub(crate) fn known(&self) -> Option<&Batches> {
        self.0.get()
    }

    pub(crate) fn note(&self, found: Batches) {
        // Of two that find out at the same time the first is heard; they find the same.
        let _ = self.0.set(found);
    }
}
