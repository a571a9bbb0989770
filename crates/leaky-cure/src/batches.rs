//! Samples run through a network in batches, as many at the same time as threads and memory allow.

use leaky_onnx::Network;

use crate::data::dataset::Dataset;
use crate::run::{RunError, batch};
use crate::threads::Crews;

/// The samples that run together hold at most about so many numbers at a time, 32 MiB of them in single
/// precision.
const NUMBERS: usize = 1 << 23;

/// So many numbers are held at a time by all that run side by side.
const ALL_NUMBERS: usize = 1 << 25;

/// Samples in the batches in which they are run.
pub(crate) struct Batches<'a> {
    parts: Vec<&'a [usize]>,
    crews: Crews,
}

impl<'a> Batches<'a> {
    /// So many samples together at most, and fewer where a sample `held` so many numbers that they would
    /// take much memory. The batches are the same for any number of threads, and so is what is summed
    /// up over them.
    ///
    /// # Errors
    ///
    /// If the operating system does not grant the threads.
    pub(crate) fn new(
        samples: &'a [usize],
        batch_size: usize,
        held: usize,
    ) -> Result<Self, RunError> {
        let held = held.max(1);
        let together = (NUMBERS / held).clamp(1, batch_size);
        let batches = samples.chunks(batch_size);
        let parts: Vec<&[usize]> = batches.flat_map(|batch| batch.chunks(together)).collect();
        let side_by_side = (ALL_NUMBERS / (together * held)).min(parts.len());
        let crews = Crews::new(side_by_side);
        let crews = crews.map_err(|error| RunError::Device(error.to_string()))?;
        Ok(Self { parts, crews })
    }

    /// The same, as the network asks for it.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); or if the network cannot run on the samples.
    pub(crate) fn through(
        network: &Network,
        (data, samples): (&Dataset, &'a [usize]),
        batch_size: usize,
    ) -> Result<Self, RunError> {
        let few = &samples[..samples.len().min(2)];
        if few.is_empty() {
            return Self::new(samples, batch_size, 1);
        }
        let shapes = network.shapes(batch(network, data, few)?)?;
        let held = network.most_numbers(&shapes).div_ceil(few.len());
        Self::new(samples, batch_size, held)
    }

    /// Does `work` for each batch, some at the same time, and hands the results to `done` in order. What
    /// was gathered so far is there for both.
    ///
    /// # Errors
    ///
    /// The first of `work` or `done`.
    pub(crate) fn run<S: Sync, T: Send, E: Send>(
        &self,
        gathered: &mut S,
        work: impl Fn(&S, &[usize]) -> Result<T, E> + Sync,
        mut done: impl FnMut(&mut S, &[usize], T) -> Result<(), E>,
    ) -> Result<(), E> {
        for parts in self.parts.chunks(self.crews.len()) {
            let so_far = &*gathered;
            let results = self.crews.each(parts, |samples| work(so_far, samples));
            for (samples, result) in parts.iter().zip(results) {
                done(gathered, samples, result?)?;
            }
        }
        Ok(())
    }
}
