//! Networks written only where the file gives what the network in memory gives.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

use leaky_onnx::{Model, Network};

use crate::data::dataset::Dataset;
use crate::data::split::spread;
use crate::difference::Difference;
use crate::files::{Destination, FileError};
use crate::run::{RunError, device, runs_networks};
use crate::stop::Stop;

/// How many samples at most the network to be written is compared on. They test the file, not the
/// network: a wrong number in it shows on any of them.
pub const VERIFIED_ON: usize = 128;

/// Why a network could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file gives other outputs than the network in memory.
    #[error(
        "the network read back from its file differs from the one in memory by up to {maximum} (of up to {magnitude}), which is more than rounding: it was not put in its place"
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

/// Writes a network's file, reads it again, and puts it in its place if it gives what the network in
/// memory gives.
///
/// # Errors
///
/// If the two networks give other outputs, one of them cannot be run, or the file not be written or
/// read again.
pub fn write(
    model: &Model,
    network: &Network,
    destination: &Destination,
    data: &Dataset,
    batch_size: usize,
) -> Result<Written, WriteError> {
    let bytes = model.to_bytes()?;
    let samples = (data, batch_size);
    write_through(|file| file.write_all(&bytes), network, destination, samples)
}

/// Writes through `put` a file that is to give what the network gives.
fn write_through(
    put: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
    network: &Network,
    destination: &Destination,
    (data, batch_size): (&Dataset, usize),
) -> Result<Written, WriteError> {
    let mut verified = Difference::default();
    destination.write_checked(put, |file| {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|source| destination.cannot_read(source))?;
        verified = verify(&bytes, network, (data, batch_size))?;
        Ok::<_, WriteError>(())
    })?;
    Ok(Written {
        output: destination.path().display().to_string(),
        verified,
    })
}

/// How far the outputs of the network in a file's bytes lie from those of the one in memory, on at
/// most [`VERIFIED_ON`] of the samples, `batch_size` at a time.
///
/// # Errors
///
/// If that is more than rounding, or one of the two cannot be run.
pub fn verify(
    bytes: &[u8],
    network: &Network,
    (data, batch_size): (&Dataset, usize),
) -> Result<Difference, WriteError> {
    let read = Network::new(&Model::from_bytes(bytes)?, &device())?;
    let all: Vec<usize> = (0..data.samples()).collect();
    let samples = spread(&all, VERIFIED_ON);
    let networks = [network, &read];
    let verified = Difference::between(networks, data, &samples, batch_size, &Stop::new())?;
    match verified.is_rounding() {
        true => Ok(verified),
        false => Err(WriteError::NotVerified {
            maximum: verified.maximum,
            magnitude: verified.magnitude,
        }),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::data::Arrays;
    use crate::task::Task;
    use crate::testing::{EXAMPLE, EXAMPLE_DATA};

    #[test]
    fn a_file_that_holds_another_network_than_was_to_be_written_is_not_put_in_place() {
        let arrays = Arrays::from_bytes("digits-train.npz", EXAMPLE_DATA).unwrap();
        let model = Model::from_bytes(EXAMPLE).unwrap();
        let task = Task::new("digits.onnx", model, &arrays).unwrap();
        let network = task.network().unwrap();
        // The same network with all parameters halved, as a device that fails silently might leave it.
        let mut halved = task.network().unwrap();
        for index in 0..halved.parameters().len() {
            let data = halved.parameter_data(index).unwrap();
            let numbers: Vec<f32> = data.iter::<f32>().map(|number| number / 2.0).collect();
            halved.set_parameter(index, TensorData::new(numbers, data.shape().to_vec()));
        }
        let mut other = task.model.clone();
        halved.store(&mut other).unwrap();
        let other = other.to_bytes().unwrap();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cured.onnx");
        std::fs::write(&path, "what stood there").unwrap();
        let destination = Destination::new(&path, []).unwrap();
        let samples = (&task.data, 64);
        let put = |file: &mut BufWriter<&mut File>| file.write_all(&other);
        let refused = write_through(put, &network, &destination, samples).unwrap_err();
        assert!(
            matches!(refused, WriteError::NotVerified { .. }),
            "{refused}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"what stood there");

        let cut = |file: &mut BufWriter<&mut File>| file.write_all(&EXAMPLE[..1000]);
        let refused = write_through(cut, &network, &destination, samples).unwrap_err();
        assert!(matches!(refused, WriteError::Run(_)), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), b"what stood there");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);

        let written = write(&task.model, &network, &destination, &task.data, 64).unwrap();
        assert_eq!(written.verified.maximum, 0.0);
        Model::read(&path).unwrap();
    }
}
