//! The samples of a revival on their way through the network, again and again, while some of its
//! parameters change.

use leaky_onnx::{Network, Shapes, Value, ValueId};

use super::request::Request;
use crate::data::dataset::Dataset;
use crate::run::{RunError, batch};

/// So many numbers are kept at most, 128 MiB of them in single precision.
const KEPT: usize = 1 << 25;

/// Where the samples stand when they reach what changes: from there on they are run.
#[derive(Default)]
pub(super) struct Passage {
    wanted: Vec<ValueId>,
    /// For each batch the values at the boundary.
    batches: Vec<Vec<(ValueId, Value)>>,
}

impl Passage {
    /// To some values, while no parameters but these change. Where much would have to be kept, nothing
    /// is, and the samples are run from the beginning each time.
    ///
    /// # Errors
    ///
    /// If the network cannot run on the data.
    pub(super) fn new(
        network: &Network,
        shapes: &Shapes,
        request: &Request,
        (changed, wanted): (&[usize], Vec<ValueId>),
    ) -> Result<Self, RunError> {
        let Some(boundary) = network.boundary(changed, &wanted) else {
            return Ok(Self::default());
        };
        let sizes = boundary.iter().map(|&id| shapes.get(id));
        // The shapes are those of two samples, or of one where there are no more.
        let few = request.samples.len().clamp(1, 2);
        let numbers = |shape: &[usize]| shape.iter().product::<usize>().div_ceil(few);
        let held: Option<usize> = sizes.map(|shape| shape.map(numbers)).sum();
        if held.is_none_or(|held| held.saturating_mul(request.samples.len()) > KEPT) {
            return Ok(Self::default());
        }
        let batches = request.samples.chunks(request.batch_size).map(|samples| {
            let inputs = batch(network, request.data, samples)?;
            let values = network.compute(inputs, &boundary)?;
            Ok(boundary.iter().copied().zip(values).collect())
        });
        Ok(Self {
            wanted,
            batches: batches.collect::<Result<_, RunError>>()?,
        })
    }

    /// What a batch of the samples makes of some values now.
    ///
    /// # Errors
    ///
    /// If the network cannot run on the data.
    pub(super) fn run(
        &self,
        network: &Network,
        data: &Dataset,
        (index, samples): (usize, &[usize]),
        wanted: &[ValueId],
    ) -> Result<Vec<Value>, RunError> {
        match self.batches.get(index) {
            Some(known) if wanted.iter().all(|id| self.wanted.contains(id)) => {
                Ok(network.resume(known, wanted)?)
            }
            _ => Ok(network.compute(batch(network, data, samples)?, wanted)?),
        }
    }
}
