//! Networks that were exported for one size of batch.
//!
//! PyTorch's exporter, asked for nothing else, writes the size of the sample batch into the inputs and
//! into the shapes that values are reshaped to. Such a network still runs on batches of other sizes
//! where those shapes are all that names the size: in memory it is replaced, the file stays as it is.

use std::collections::HashMap;

use burn::backend::TensorMetadata;

use crate::error::{Error, Result};
use crate::facts::Role;
use crate::graph::{Graph, Input, Output, ValueId};
use crate::value::Value;

/// The batch that a network was exported for.
pub(super) struct FixedBatch {
    size: usize,
    /// The nodes that make a shape which begins with this size, by their places among the nodes: the
    /// input that says it, and what it says.
    targets: HashMap<usize, (usize, Vec<i64>)>,
}

impl FixedBatch {
    /// The size of batch that all inputs name, if there is one. `ints` gives the integers that stand
    /// in the file.
    pub(super) fn of(
        inputs: &[Input],
        graph: &Graph,
        ints: impl Fn(ValueId) -> Option<Vec<i64>>,
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
                && let Some(input) = node.role.sizes()
                && let Some(target) = node.input(input).and_then(&ints)
                && target.len() > 1
                && target[0] == size as i64
            {
                targets.insert(index, (input, target));
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
        let Some((input, target)) = self.fixed.targets.get(&node) else {
            return;
        };
        let grown = |value: &Value| value.shape().first() == Some(&self.size);
        if inputs.first().and_then(Option::as_ref).is_some_and(grown)
            && let Some(Some(shape)) = inputs.get_mut(*input)
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
    use crate::testing::{Graph, node, with_ints};

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
    fn an_output_that_is_not_one_for_each_sample_is_that_of_each_in_turn() {
        let network = Graph::new()
            .input("x", &[Some(1), Some(2), Some(4)])
            .ints("target", &[4, -1])
            .node("Reshape", &["x", "target"], "y")
            .output("y")
            .network();
        let whole = network.run(vec![numbers(3)]).expect("three samples");
        assert_eq!(whole[0].shape().to_vec(), [12, 2]);
        let numbers: Vec<f32> = whole[0].iter().collect();
        let expected: Vec<f32> = (0..24).map(|number| number as f32).collect();
        assert_eq!(numbers, expected);
        assert!(network.runs_in_parts().is_some());
    }

    /// Images that the file resizes to sizes that begin with its batch, 1.
    fn resized(last: &str) -> Network {
        Graph::new()
            .input("x", &[Some(1), Some(1), Some(2), Some(2)])
            .ints("sizes", &[1, 1, 4, 4])
            .node("Resize", &["x", "", "", "sizes"], "large")
            .node(last, &["large"], "y")
            .output("y")
            .network()
    }

    #[test]
    fn sizes_that_images_are_resized_to_follow_the_batch() {
        let network = resized("Relu");
        let image = |start: f32| (0..4).map(move |number| start - number as f32);
        let both: Vec<f32> = image(2.0).chain(image(7.0)).collect();
        let both = TensorData::new(both, [2, 1, 2, 2]);
        let together = network.run(vec![both]).expect("two samples").remove(0);
        assert_eq!(together.shape().to_vec(), [2, 1, 4, 4]);
        let alone = TensorData::new(image(7.0).collect::<Vec<f32>>(), [1, 1, 2, 2]);
        let alone = network.run(vec![alone]).expect("one sample").remove(0);
        let second: Vec<f32> = together.iter().skip(16).collect();
        assert_eq!(second, alone.iter().collect::<Vec<f32>>());
        assert_eq!(network.runs_in_parts(), None);
    }

    #[test]
    fn samples_that_change_each_other_are_run_one_by_one() {
        // A softmax over the samples' axis.
        let softmax = with_ints(node("Softmax", &["x"], "y"), "axis", &[0]);
        let mut softmax = softmax;
        let attribute = &mut softmax.attribute[0];
        attribute.set_type(crate::proto::attribute_proto::AttributeType::INT);
        attribute.set_i(0);
        let network = Graph::new()
            .input("x", &[None, Some(2)])
            .proto(softmax)
            .output("y")
            .network();
        let x = TensorData::from([[1.0_f32, 2.0], [3.0, 5.0]]);
        let y = network.run(vec![x]).expect("two samples").remove(0);
        assert_eq!(y.iter::<f32>().collect::<Vec<f32>>(), [1.0; 4]);
        let why = network.runs_in_parts().expect("one by one");
        assert!(why.contains("change each other"), "{why}");
    }
}
