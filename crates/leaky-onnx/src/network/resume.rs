//! A network run on from values that were computed before, where only some of its parameters change
//! between the runs.

use super::Network;
use super::execution::Start;
use super::watched::Watched;
use crate::batching::Batches;
use crate::error::{Error, Result};
use crate::graph::ValueId;
use crate::value::Value;

impl Network {
    /// The values from which the `wanted` ones follow again when these parameters, given by their places,
    /// have changed: what the nodes that feel the change take from nodes that do not. `None` where the
    /// samples must go in at the beginning each time, because the network takes them in parts.
    pub fn boundary(&self, changed: &[usize], wanted: &[ValueId]) -> Option<Vec<ValueId>> {
        let apart = matches!(self.batching.known(), Some(Batches::Apart(_)));
        if apart || self.fixed_batch.is_some() {
            return None;
        }
        let (needed, _) = self.plan(wanted);
        let mut feels = vec![false; self.values()];
        for &index in changed {
            feels[self.parameters[index].value.0] = true;
        }
        let mut given = vec![false; self.values()];
        for (value, _) in &self.constants {
            given[value.0] = true;
        }
        for parameter in &self.parameters {
            given[parameter.value.0] = true;
        }
        let mut boundary: Vec<ValueId> = Vec::new();
        let needed = self.nodes().iter().zip(needed);
        for (node, _) in needed.filter(|(_, needed)| *needed) {
            let guards = node.guards.iter().map(|(id, _)| *id);
            let taken: Vec<ValueId> = node
                .inputs
                .iter()
                .flatten()
                .copied()
                .chain(guards)
                .collect();
            if taken.iter().any(|id| feels[id.0]) {
                node.outputs.iter().for_each(|id| feels[id.0] = true);
                boundary.extend(taken.iter().filter(|id| !feels[id.0] && !given[id.0]));
            }
        }
        boundary.extend(wanted.iter().filter(|id| !feels[id.0] && !given[id.0]));
        boundary.sort_unstable();
        boundary.dedup();
        Some(boundary)
    }

    /// Returns the `wanted` values as they follow from `known` ones: those of a
    /// [`boundary`](Self::boundary), computed on the samples that are meant.
    ///
    /// # Errors
    ///
    /// If a wanted value does not follow from these, or a node cannot compute with what reaches it.
    pub fn resume(&self, known: &[(ValueId, Value)], wanted: &[ValueId]) -> Result<Vec<Value>> {
        let is_known = |id: ValueId| known.iter().any(|(known, _)| *known == id);
        let (needed, uses) = self.graph.plan_from(wanted, is_known);
        let given =
            |id: ValueId| is_known(id) || self.is_constant(id) || self.producer(id).is_some();
        let mut missing = self.inputs.iter().map(|input| input.value);
        if let Some(input) = missing.find(|&id| uses[id.0] > 0 && !given(id)) {
            return Err(Error::Invalid(format!(
                "the input '{}' is needed, and not among the values that are known",
                self.value_name(input)
            )));
        }
        let start = Start {
            parameters: &self.tensors(),
            known: known.to_vec(),
            other_batch: None,
        };
        let watching = (Watched::Some(&[]), |_: ValueId, _: &Value| {});
        self.execute_from(start, (wanted, (needed, uses)), None, watching)
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::DispatchDevice;
    use burn::tensor::TensorData;

    use crate::Value;
    use crate::testing::Graph;

    fn data<const D: usize>(numbers: &[f32], shape: [usize; D]) -> TensorData {
        TensorData::new(numbers.to_vec(), shape)
    }

    #[test]
    fn what_follows_from_a_boundary_is_what_a_whole_run_gives() {
        let mut network = Graph::new()
            .input("x", &[None, Some(2)])
            .floats("first", &[2, 2])
            .floats("second", &[2, 2])
            .node("MatMul", &["x", "first"], "a")
            .node("Relu", &["a"], "b")
            .node("MatMul", &["b", "second"], "c")
            .node("Add", &["c", "a"], "y")
            .output("y")
            .network();
        let value = |name: &str| network.graph.find(name).unwrap();
        let [x, a, b, y] = ["x", "a", "b", "y"].map(value);
        let place = |name: &str| network.parameters().iter().position(|p| p.name == name);
        let [first, second] = ["first", "second"].map(|name| place(name).unwrap());
        assert_eq!(network.boundary(&[second], &[y]), Some(vec![a, b]));
        assert_eq!(network.boundary(&[second], &[b]), Some(vec![b]));
        assert_eq!(network.boundary(&[first, second], &[y]), Some(vec![x]));

        let input = || {
            let samples = data(&[1.0, 2.0, -3.0, 0.5, 4.0, -1.0], [3, 2]);
            vec![Value::from_data(samples, &DispatchDevice::default())]
        };
        let known = network.compute(input(), &[a, b]).unwrap();
        let known: Vec<_> = [a, b].into_iter().zip(known).collect();
        network.set_parameter(second, data(&[0.1, 0.2, 0.3, 0.4], [2, 2]));
        let numbers = |mut values: Vec<Value>| values.remove(0).into_data().unwrap();
        let whole = numbers(network.compute(input(), &[y]).unwrap());
        assert_eq!(numbers(network.resume(&known, &[y]).unwrap()), whole);
        // Twice: what is known stays as it was.
        assert_eq!(numbers(network.resume(&known, &[y]).unwrap()), whole);
        let error = network.resume(&known[..1], &[y]).unwrap_err();
        assert!(error.to_string().contains("'x' is needed"), "{error}");
    }

    #[test]
    fn a_convolution_before_the_boundary_is_not_run_again_with_what_it_would_be_fused_with() {
        let mut network = Graph::new()
            .input("x", &[None, Some(1), Some(3), Some(3)])
            .floats("w", &[2, 1, 2, 2])
            .floats("scale", &[2])
            .floats("shift", &[2])
            .floats("mean", &[2])
            .floats("variance", &[2])
            .node("Conv", &["x", "w"], "a")
            .node(
                "BatchNormalization",
                &["a", "scale", "shift", "mean", "variance"],
                "b",
            )
            .node("Relu", &["b"], "y")
            .output("y")
            .network();
        let [a, y] = ["a", "y"].map(|name| network.graph.find(name).unwrap());
        let shift = network
            .parameters()
            .iter()
            .position(|p| p.name == "shift")
            .unwrap();
        assert_eq!(network.boundary(&[shift], &[y]), Some(vec![a]));
        let x = data(
            &[0.5, 1.0, -1.0, 2.0, 0.0, 3.0, -2.0, 1.5, 0.25],
            [1, 1, 3, 3],
        );
        let input = || vec![Value::from_data(x.clone(), &DispatchDevice::default())];
        let known = vec![(a, network.compute(input(), &[a]).unwrap().remove(0))];
        network.set_parameter(shift, data(&[1.0, -2.0], [2]));
        let [whole, resumed] = [
            network.compute(input(), &[y]).unwrap(),
            network.resume(&known, &[y]).unwrap(),
        ]
        .map(|values| values[0].clone().into_data().unwrap());
        // Fused, the statistics fold into the weights, and rounding differs.
        for (one, other) in whole.iter::<f32>().zip(resumed.iter::<f32>()) {
            assert!((one - other).abs() < 1e-5, "{one} {other}");
        }
    }
}
