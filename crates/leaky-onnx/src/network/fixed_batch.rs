//! Networks that were exported for one size of batch.
//!
//! PyTorch's exporter, asked for nothing else, writes the size of the sample batch into the inputs and
//! into the shapes that values are reshaped to. Such a network still runs on batches of other sizes
//! where those shapes are all that names the size: in memory it is replaced, the file stays as it is.

use std::collections::HashMap;

use burn::backend::TensorMetadata;

use crate::error::{Error, Result};
use crate::facts::Role;
use crate::graph::{Graph, Input, Node, Output};
use crate::value::Value;

/// The batch that a network was exported for.
pub(super) struct FixedBatch {
    size: usize,
    /// The reshapes to a shape that begins with this size, by their places among the nodes.
    targets: HashMap<usize, Vec<i64>>,
}

impl FixedBatch {
    /// The size of batch that all inputs name, if there is one. `ints` gives the integers that stand
    /// in the file.
    pub(super) fn of(
        inputs: &[Input],
        graph: &Graph,
        ints: impl Fn(&Node) -> Option<Vec<i64>>,
    ) -> Option<Self> {
        let size = inputs.first()?.shape.first().copied().flatten()?;
        let same = |input: &Input| input.shape.first() == Some(&Some(size));
        if size == 0 || !inputs.iter().all(same) {
            return None;
        }
        // For each value, whether it is computed from the samples; shapes are not.
        let mut sampled = vec![false; graph.values()];
        for input in inputs {
            sampled[input.value.0] = true;
        }
        let mut targets = HashMap::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            let from_samples = node.inputs.iter().flatten().any(|id| sampled[id.0])
                && node.role != Role::AsksForShape;
            for output in &node.outputs {
                sampled[output.0] = from_samples;
            }
            if from_samples
                && node.role == (Role::Reshaped { to_input: true })
                && let Some(target) = ints(node)
                && target.len() > 1
                && target[0] == size as i64
            {
                targets.insert(index, target);
            }
        }
        Some(Self { size, targets })
    }

    /// Whether `inputs` hold a batch of another size than the network was exported for.
    pub(super) fn differs(&self, inputs: &[Value]) -> Option<OtherBatch<'_>> {
        let size = inputs.first()?.shape().first().copied()?;
        (size != self.size).then_some(OtherBatch { fixed: self, size })
    }
}

/// A batch of another size than the network was exported for.
#[derive(Clone, Copy)]
pub(super) struct OtherBatch<'a> {
    fixed: &'a FixedBatch,
    size: usize,
}

impl OtherBatch<'_> {
    /// Puts this batch's size in place of the fixed one where a reshape of samples names it.
    pub(super) fn adapt(self, node: usize, inputs: &mut [Option<Value>]) {
        let Some(target) = self.fixed.targets.get(&node) else {
            return;
        };
        if let [Some(value), Some(shape), ..] = inputs
            && value.shape().first() == Some(&self.size)
        {
            let mut target = target.clone();
            target[0] = self.size as i64;
            *shape = Value::from_ints(target, &shape.tensor().device());
        }
    }

    /// Adds to an error what most likely causes it.
    pub(super) fn explain(self, reason: &str) -> String {
        format!(
            "{reason}; the network was exported for a batch of {}, this one holds {}: export it with a \
             dynamic batch axis",
            self.fixed.size, self.size
        )
    }

    /// Refuses an output that does not hold one entry for each sample.
    pub(super) fn check_output(self, output: &Output, value: &Value) -> Result<()> {
        let shape = value.shape();
        if shape.first() == Some(&self.size) {
            return Ok(());
        }
        let reason = format!("output '{}' has shape {shape:?}", output.name);
        Err(Error::Invalid(self.explain(&reason)))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use crate::Network;
    use crate::testing::Graph;

    /// Eight numbers a sample, reshaped by a shape of the file before the weights see them.
    fn exported(batch: i64, target: &[i64]) -> Network {
        Graph::new()
            .input("x", &[Some(batch), Some(2), Some(4)])
            .ints("target", target)
            .floats("w", &[8, 3])
            .node("Reshape", &["x", "target"], "flat")
            .node("MatMul", &["flat", "w"], "y")
            .output("y")
            .network()
    }

    fn numbers(samples: usize) -> TensorData {
        let numbers: Vec<f32> = (0..samples * 8).map(|number| number as f32).collect();
        TensorData::new(numbers, [samples, 2, 4])
    }

    #[test]
    fn a_network_exported_for_one_batch_runs_on_another() {
        for target in [[1, 8], [1, -1]] {
            let network = exported(1, &target);
            let together = network.run(vec![numbers(3)]).expect("a batch of three");
            assert_eq!(together[0].shape().to_vec(), [3, 3]);
            let first = network.run(vec![numbers(1)]).expect("a batch of one");
            let rows: Vec<f32> = together[0].iter().collect();
            assert_eq!(rows[..3], first[0].iter().collect::<Vec<f32>>());
        }
        let smaller = exported(4, &[4, 8]).run(vec![numbers(2)]);
        assert_eq!(smaller.expect("a batch of two")[0].shape().to_vec(), [2, 3]);
    }

    #[test]
    fn a_fixed_batch_that_cannot_be_replaced_is_named_in_the_error() {
        let error = exported(2, &[-1, 16]).run(vec![numbers(3)]);
        let error = error.expect_err("24 numbers in rows of 16").to_string();
        assert!(
            error.contains("exported for a batch of 2, this one holds 3"),
            "{error}"
        );
    }

    #[test]
    fn an_output_that_does_not_grow_with_the_batch_is_refused() {
        let network = Graph::new()
            .input("x", &[Some(1), Some(2), Some(4)])
            .ints("target", &[4, -1])
            .node("Reshape", &["x", "target"], "y")
            .output("y")
            .network();
        let error = network.run(vec![numbers(3)]).expect_err("four rows");
        assert!(
            error.to_string().contains("output 'y' has shape [4, 6]"),
            "{error}"
        );
        assert!(network.run(vec![numbers(1)]).is_ok());
    }
}
