//! What a forward pass does otherwise while it trains.

use std::cell::{Cell, RefCell};

use burn::backend::DispatchDevice;
use burn::tensor::TensorData;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::error::Result;
use crate::facts::{Normalization, Role};
use crate::graph::Node;
use crate::network::Network;
use crate::operators::{self, BatchMoments, Inputs};
use crate::random_slopes::RandomSlopes;
use crate::value::Value;

/// One forward pass of training: what is drawn at random in it, and what batch normalisations find in
/// its batch.
#[derive(Debug)]
pub struct TrainingPass<'a> {
    /// Which pass it is, as the caller counts: each draws its own numbers.
    number: u64,
    /// The part of the batch, where a network takes it in parts.
    part: Cell<u64>,
    slopes: Option<&'a RandomSlopes>,
    /// Where the random numbers of dropout start; nothing is dropped without.
    dropout: Option<u64>,
    batch_statistics: bool,
    found: RefCell<Vec<(usize, BatchMoments)>>,
}

impl<'a> TrainingPass<'a> {
    /// A pass that does nothing otherwise.
    pub fn new(number: u64) -> Self {
        Self {
            number,
            part: Cell::new(0),
            slopes: None,
            dropout: None,
            batch_statistics: false,
            found: RefCell::default(),
        }
    }

    /// The same with these slopes.
    #[must_use]
    pub fn with_slopes(self, slopes: Option<&'a RandomSlopes>) -> Self {
        Self { slopes, ..self }
    }

    /// The same in which `Dropout` nodes drop: each element is zero with the node's probability
    /// `ratio`, and what is left is divided by `1 - ratio` (Srivastava et al. 2014, "Dropout"). The
    /// same seed and number of the pass drop the same elements.
    #[must_use]
    pub fn with_dropout(self, seed: u64) -> Self {
        Self {
            dropout: Some(seed),
            ..self
        }
    }

    /// The same in which batch normalisations take the mean and the variance of the batch, through which
    /// gradients flow, in place of those that are stored; a channel with a single number, which has no
    /// variance, keeps these.
    #[must_use]
    pub fn with_batch_statistics(self) -> Self {
        Self {
            batch_statistics: true,
            ..self
        }
    }

    /// Whether a node does something otherwise.
    pub(crate) fn replaces(&self, index: usize, node: &Node) -> bool {
        match node.role {
            Role::Dropped => self.dropout.is_some(),
            Role::Normalization(Normalization::Batch) => self.batch_statistics,
            _ => self.slopes.is_some_and(|slopes| slopes.replace(index)),
        }
    }

    /// Whether samples that run apart would give something else.
    pub(crate) fn needs_whole_batches(&self, nodes: &[Node]) -> bool {
        let is_batch = |node: &Node| node.role == Role::Normalization(Normalization::Batch);
        self.batch_statistics && nodes.iter().any(is_batch)
    }

    /// Goes on to the next part of the batch.
    pub(crate) fn next_part(&self) {
        self.part.set(self.part.get() + 1);
    }

    /// What a node that does something otherwise gives.
    pub(crate) fn run(
        &self,
        device: &DispatchDevice,
        index: usize,
        node: &Node,
        inputs: Inputs,
    ) -> std::result::Result<Vec<Value>, String> {
        // A stream of its own for each node of each pass.
        let stream = (self.number << 32) ^ (self.part.get() << 20) ^ index as u64;
        match (node.role, self.dropout, self.slopes) {
            (Role::Dropped, Some(seed), _) => {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                random.set_stream(stream);
                let node = (&node.attributes(), node.outputs.len());
                operators::dropped(device, node, inputs, &mut random)
            }
            (Role::Normalization(Normalization::Batch), _, _) => {
                let (y, found) = operators::normalized_by_batch(&node.attributes(), inputs)?;
                self.found
                    .borrow_mut()
                    .extend(found.map(|found| (index, found)));
                Ok(vec![y])
            }
            (_, _, Some(slopes)) => slopes.run(device, stream, inputs),
            _ => Err("nothing is done otherwise here".into()),
        }
    }
}

impl Network {
    /// Moves the stored statistics of batch normalisations towards what they found in the batches of a
    /// pass: `momentum` of what is stored stays, as the node says, and the variance is that of a sample,
    /// `n / (n - 1)` times the batch's own, as PyTorch has it.
    ///
    /// # Errors
    ///
    /// If the device fails, or a node's momentum cannot be read.
    pub fn follow_statistics(&mut self, pass: TrainingPass) -> Result<()> {
        for (index, found) in pass.found.into_inner() {
            let node = &self.nodes()[index];
            let momentum = node.attributes().float("momentum", 0.9);
            let momentum = momentum.map_err(|reason| node.wrong(reason))?;
            let places = [3, 4].map(|input| self.parameter_behind(node.input(input)?));
            for (place, found) in places.into_iter().zip([found.mean, found.variance]) {
                let Some(place) = place else { continue };
                let stored = self.parameter_data(place)?;
                let moved = stored.iter::<f64>().zip(found);
                let moved = moved.map(|(old, new)| momentum * old + (1.0 - momentum) * new);
                let moved = TensorData::new(moved.collect::<Vec<f64>>(), stored.shape().to_vec());
                self.set_parameter(place, moved.convert_dtype(stored.dtype()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Graph;

    fn dropout(pass: &TrainingPass) -> Vec<f64> {
        let network = Graph::new()
            .input("x", &[None, Some(500)])
            .node("Dropout", &["x"], "y")
            .output("y")
            .network();
        let x = TensorData::full([8, 500], 3.0_f32);
        let found = network.forward_tracked_in_training(
            &network.tracked(),
            vec![Value::from_data(x, network.device())],
            &[network.outputs()[0].value],
            pass,
        );
        let y = found.expect("it runs").remove(0).into_data();
        y.expect("numbers").iter::<f64>().collect()
    }

    #[test]
    fn dropout_drops_half_of_the_elements_and_doubles_the_others() {
        let y = dropout(&TrainingPass::new(0).with_dropout(0));
        assert!(y.iter().all(|&y| y == 0.0 || y == 6.0));
        let kept = y.iter().filter(|&&y| y > 0.0).count();
        // The deviation of 4000 throws of a coin is 32: five of these.
        assert!(kept.abs_diff(2000) < 160, "{kept}");
    }

    #[test]
    fn each_pass_and_each_seed_drop_other_elements_and_the_same_the_same() {
        let pass = |number, seed| dropout(&TrainingPass::new(number).with_dropout(seed));
        assert_eq!(pass(1, 2), pass(1, 2));
        assert_ne!(pass(1, 2), pass(2, 2));
        assert_ne!(pass(1, 2), pass(1, 3));
    }

    #[test]
    fn nothing_is_dropped_where_nobody_asks_for_it() {
        assert_eq!(dropout(&TrainingPass::new(0)), [3.0; 4000]);
    }
}
