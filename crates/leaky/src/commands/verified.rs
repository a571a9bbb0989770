//! Networks written only where the file gives what the network in memory gives.

use std::io::Write;

use leaky_onnx::{Model, Network};

use crate::cure::Written;
use crate::data::Dataset;
use crate::error::Error;
use crate::files::Destination;
use crate::revive::spread;
use crate::session::{Difference, device};

/// How many samples at most the network to be written is compared on. They test the file, not the
/// network: a wrong number in it shows on any of them.
const VERIFIED_ON: usize = 1024;

/// Reads the network from the bytes of its file, compares, and writes the file if all is well.
pub(super) fn write(
    (model, network): (&Model, &Network),
    destination: &Destination,
    data: &Dataset,
    batch_size: usize,
) -> Result<Written, Error> {
    let bytes = model.to_bytes()?;
    let read = Network::new(&Model::from_bytes(&bytes)?, &device())?;
    let all: Vec<usize> = (0..data.samples()).collect();
    let samples = spread(&all, VERIFIED_ON);
    let verified = Difference::between([network, &read], data, &samples, batch_size, || Ok(()))?;
    if !verified.is_rounding() {
        return Err(Error::NotVerified {
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
