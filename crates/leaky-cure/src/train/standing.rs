//! Where training stands between two epochs.

use leaky_onnx::Network;

use super::epoch::Epoch;
use super::options::TrainOptions;
use super::snapshot::Snapshot;
use super::step::Steps;
use super::validate::Validation;

/// Where training stands between two epochs; the parameters are in the network.
pub(crate) struct Standing {
    /// The epochs that are done.
    pub(super) epochs: Vec<Epoch>,
    /// The parameters that validated best.
    pub(super) best: Best,
    /// The optimiser, as the last step left it.
    pub(super) steps: Steps,
}

/// The parameters that validated best, those before training among them.
pub struct Best {
    /// The epoch at whose end they stood, counted from 1; 0 for those before training.
    pub epoch: usize,
    /// How they validated.
    pub validation: Validation,
    pub(super) parameters: Snapshot,
}

impl Standing {
    /// Before the first of so many steps, with how the network validates as it is.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn new(
        network: &Network,
        before: Validation,
        options: &TrainOptions,
        steps: usize,
    ) -> leaky_onnx::Result<Self> {
        Ok(Self {
            epochs: Vec::new(),
            best: Best {
                epoch: 0,
                validation: before,
                parameters: Snapshot::of(network)?,
            },
            steps: Steps::new(options, network, steps)?,
        })
    }
}

impl Best {
    /// Puts them into the network that was trained.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub fn restore(self, network: &mut Network) -> leaky_onnx::Result<()> {
        self.parameters.restore(network)
    }
}
