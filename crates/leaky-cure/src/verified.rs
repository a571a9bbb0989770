//! Networks written only where the file gives what the network in memory gives.

use std::io::Write;

use leaky_onnx::{Model, Network};

use crate::data::dataset::Dataset;
use crate::data::split::spread;
use crate::difference::Difference;
use crate::files::{Destination, FileError};
use crate::run::{RunError, device, runs_networks};
use crate::stop::Stop;

/// How many samples at most the network to be written is compared on. They test the file, not the
/// network: a wrong number in it shows on any of them.
const VERIFIED_ON: usize = 1024;

/// Why a network could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The network as it would be written gives other outputs than the network in memory.
    #[error(
        "the network to be written differs from the one in memory by up to {maximum} (of up to {magnitude}), which is more than rounding: nothing was written"
    )]
    NotVerified {
        /// The largest difference.
        maximum: f64,
        /// The largest magnitude of an output.
        magnitude: f64,
    },
    /// The operating system refuses.
    #[error(transparent)]
    File(#[from] FileError),
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(WriteError);

/// What became of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Its name.
    pub output: String,
    /// How far the outputs of the network read from it lie from those of the one in memory.
    pub verified: Difference,
}

/// Reads the network from the bytes of its file, compares, and writes the file if all is well.
///
/// # Errors
///
/// If the two networks give other outputs, one of them cannot be run, or the file not be written.
pub fn write(
    model: &Model,
    network: &Network,
    destination: &Destination,
    data: &Dataset,
    batch_size: usize,
) -> Result<Written, WriteError> {
    let bytes = model.to_bytes()?;
    let read = Network::new(&Model::from_bytes(&bytes)?, &device())?;
    let all: Vec<usize> = (0..data.samples()).collect();
    let samples = spread(&all, VERIFIED_ON);
    let networks = [network, &read];
    let verified = Difference::between(networks, data, &samples, batch_size, &Stop::new())?;
    if !verified.is_rounding() {
        return Err(WriteError::NotVerified {
            maximum: verified.maximum,
            magnitude: verified.magnitude,
        });
    }
    destination.write(|file| file.write_all(&bytes))?;
    Ok(Written {
        output: destination.path().display().to_string(),
        verified,
    })
}
