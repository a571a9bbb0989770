//! How to look.

/// How many samples run at a time where nothing else is said. Fewer do where these would take much memory.
pub const BATCH_SIZE: usize = 256;

/// How to look at the units of a network.
#[derive(Debug, Clone, Copy)]
pub struct DiagnoseOptions {
    /// How many samples to run at a time.
    pub batch_size: usize,
    /// Units of a silent rectifier whose mean activation is at most so many times their layer's mean are
    /// dormant: the score of ReDo (Sokar, Agarwal, Castro and Evci 2023, "The Dormant Neuron Phenomenon in
    /// Deep Reinforcement Learning"). Behind a slope below zero nothing is small for being negative: there
    /// signs count, as without it.
    pub tau: Option<f64>,
}

impl From<usize> for DiagnoseOptions {
    /// So many samples at a time, and dormant is what hardly ever fires.
    fn from(batch_size: usize) -> Self {
        Self {
            batch_size,
            tau: None,
        }
    }
}
