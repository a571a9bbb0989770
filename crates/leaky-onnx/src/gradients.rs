//! Gradients of a network's trainable parameters, by Burn's automatic differentiation.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{AutodiffBackend, Dispatch, DispatchTensor};

use crate::error::Result;
use crate::graph::ValueId;
use crate::network::{Network, Watched};
use crate::training::TrainingPass;
use crate::value::{Value, is_tracked};

/// The parameters of a network as leaves of a graph of derivatives: what is computed from them
/// remembers how, until [`gradients`](Self::gradients) asks.
///
/// They are the numbers of the moment at which they were taken: after a change of the parameters,
/// take them anew.
pub struct Tracked(Vec<DispatchTensor>);

/// Training looks at no value on the way.
const UNSEEN: (Watched, fn(ValueId, &Value)) = (Watched::Some(&[]), |_, _| {});

impl Network {
    /// The parameters, those that are trainable with their gradients followed.
    pub fn tracked(&self) -> Tracked {
        let tensors = self.parameters().iter().map(|parameter| {
            let tensor = parameter.tensor.clone();
            if parameter.trainable {
                Dispatch::float_set_require_grad(Dispatch::from_inner(tensor), true)
            } else {
                tensor
            }
        });
        Tracked(tensors.collect())
    }

    /// [`forward`](Self::forward) with these parameters, so that a loss computed from the values has
    /// gradients.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit, or a node cannot compute with what reaches it.
    pub fn forward_tracked(
        &self,
        parameters: &Tracked,
        inputs: Vec<Value>,
        wanted: &[ValueId],
    ) -> Result<Vec<Value>> {
        self.execute(&parameters.0, inputs, wanted, None, UNSEEN)
    }

    /// [`forward_tracked`](Self::forward_tracked) as a pass of training.
    ///
    /// # Errors
    ///
    /// As `forward_tracked`; and if batch normalisations are to take the statistics of a batch that the
    /// network does not run at once.
    pub fn forward_tracked_in_training(
        &self,
        parameters: &Tracked,
        inputs: Vec<Value>,
        wanted: &[ValueId],
        pass: &TrainingPass,
    ) -> Result<Vec<Value>> {
        self.execute(&parameters.0, inputs, wanted, Some(pass), UNSEEN)
    }
}

impl Tracked {
    /// The gradients of a loss of one element, in the order of [`Network::parameters`]; `None` for a
    /// parameter that is not trainable or that the loss does not depend on.
    pub fn gradients(&self, loss: DispatchTensor) -> Vec<Option<DispatchTensor>> {
        if !is_tracked(&loss) {
            return vec![None; self.0.len()];
        }
        let gradients = Dispatch::backward(loss);
        self.0
            .iter()
            .map(|tensor| {
                is_tracked(tensor)
                    .then(|| Dispatch::grad(tensor, &gradients))
                    .flatten()
            })
            .collect()
    }
}
