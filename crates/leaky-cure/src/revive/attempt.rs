//! Units revived under a check: those that change the outputs by more than they may are left.

use burn::tensor::TensorData;
use leaky_onnx::Network;

use super::request::Request;
use super::revival::Outcome;
use super::work::Work;
use crate::difference::Difference;
use crate::run::RunError;
use crate::stop::Stop;
use crate::text::score;

/// What a revival is checked against.
pub(super) struct Check<'a> {
    /// The network as it was before any unit was revived.
    pub(super) given: &'a Network,
    /// The samples on which the outputs are compared.
    pub(super) samples: &'a [usize],
    pub(super) stop: &'a Stop,
}

impl Check<'_> {
    /// How far the outputs of a network lie from those of the network as it was.
    pub(super) fn difference(
        &self,
        network: &Network,
        request: &Request,
    ) -> Result<Difference, RunError> {
        let networks = [self.given, network];
        Difference::between(
            networks,
            request.data,
            self.samples,
            request.batch_size,
            self.stop,
        )
    }
}

/// Revives units at some layers. With a check, units that fail it together are tried by halves, and the
/// one that fails it alone is left as it was.
///
/// # Errors
///
/// If the network cannot run on the data, or the work is asked to stop.
pub(super) fn attempt(
    work: &mut Work,
    check: Option<&Check>,
    (layers, units): (&[usize], &[usize]),
    outcome: &mut Outcome,
    revive: impl Fn(&mut Work, &[usize], &mut Outcome) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let Some(check) = check else {
        return revive(work, units, outcome);
    };
    let mut open = vec![units.to_vec()];
    while let Some(units) = open.pop() {
        let before = parameters(work.network)?;
        let mut tried = Outcome::default();
        revive(work, &units, &mut tried)?;
        let bound = match outcome.bounded.len() + tried.bounded.len() {
            0 => 0.0,
            _ => work.request.bound,
        };
        let found = check.difference(work.network, work.request)?;
        if found.is_within(bound) {
            outcome.extend(tried);
            continue;
        }
        for (index, numbers) in before.into_iter().enumerate() {
            work.network.set_parameter(index, numbers);
        }
        if let [unit] = units[..] {
            let reason = format!(
                "reviving it changed the outputs by up to {} (of up to {}), more than it may",
                score(found.maximum),
                score(found.magnitude)
            );
            let left = layers.iter().map(|&layer| (layer, unit, reason.clone()));
            outcome.left.extend(left);
        } else {
            let (one, other) = units.split_at(units.len() / 2);
            open.extend([other.to_vec(), one.to_vec()]);
        }
    }
    Ok(())
}

/// All numbers of a network.
pub(super) fn parameters(network: &Network) -> Result<Vec<TensorData>, RunError> {
    let numbers = (0..network.parameters().len()).map(|index| network.parameter_data(index));
    Ok(numbers.collect::<Result<_, _>>()?)
}
