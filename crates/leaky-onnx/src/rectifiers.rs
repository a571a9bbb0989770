//! The rectifiers of a network.

use crate::error::Result;
use crate::facts::{RectifierKind, Role};
use crate::graph::{Node, ValueId};
use crate::network::Network;
use crate::rectifier::Rectifier;

impl Network {
    /// The rectifiers, in execution order: `Relu`, `LeakyRelu`, `PRelu`, `Elu`, `Selu`, `Celu`,
    /// `ThresholdedRelu`, and `Clip` from zero (ReLU6).
    ///
    /// One that no output of the network needs, or that bends constants only, is left out: data never
    /// reach it.
    ///
    /// # Errors
    ///
    /// If an attribute of one of them cannot be read.
    pub fn rectifiers(&self) -> Result<Vec<Rectifier>> {
        let mut found = Vec::new();
        let needed = self.needed();
        let reaches_output = self.reaches_output();
        for (index, node) in self.nodes().iter().enumerate() {
            let float = |name, default| {
                node.attributes()
                    .float(name, default)
                    .map_err(|reason| node.wrong(reason))
            };
            let Role::Rectifier(kind) = node.role else {
                continue;
            };
            let (alpha, threshold) = match kind {
                RectifierKind::Relu => (Some(0.0), 0.0),
                RectifierKind::LeakyRelu => (Some(float("alpha", 0.01)?), 0.0),
                RectifierKind::ThresholdedRelu => (None, float("alpha", 1.0)?),
                RectifierKind::Clip if !self.clips_from_zero(node)? || self.is_gate(node) => {
                    continue;
                }
                _ => (None, 0.0),
            };
            let (Some(input), Some(&output)) = (node.input(0), node.outputs.first()) else {
                continue;
            };
            if !needed[index] || self.is_constant(input) {
                continue;
            }
            found.push(Rectifier {
                node: index,
                name: node.name.clone(),
                operator: node.operator.clone(),
                kind,
                alpha,
                threshold,
                input,
                output,
                conditional: !node.guards.is_empty(),
                hidden: !reaches_output[output.0],
            });
        }
        Ok(found)
    }

    /// Whether a lone number is added before the ends: a hard sigmoid that is written out, whose zero
    /// is no zero of the pre-activation.
    fn is_gate(&self, node: &Node) -> bool {
        let producer = node.input(0).and_then(|value| self.producer(value));
        let Some(before) = producer.map(|index| &self.nodes()[index]) else {
            return false;
        };
        let lone = |value: &ValueId| {
            let parameter = self.parameter_of(*value);
            parameter.is_some_and(|parameter| {
                let parameter = &self.parameters()[parameter];
                !parameter.trainable && parameter.shape.iter().product::<usize>() == 1
            })
        };
        matches!(before.role, Role::Sum { .. }) && before.inputs.iter().flatten().any(lone)
    }

    fn clips_from_zero(&self, node: &Node) -> Result<bool> {
        // Since operator set 11 the lower end is an input.
        if let Some(minimum) = node.input(1) {
            let Some(parameter) = self.parameter_of(minimum) else {
                return Ok(false);
            };
            return Ok(self
                .parameter_data(parameter)?
                .iter::<f64>()
                .all(|value| value == 0.0));
        }
        let minimum = node
            .attributes()
            .optional_float("min")
            .map_err(|reason| node.wrong(reason))?;
        Ok(minimum == Some(0.0))
    }

    /// For each value, whether it reaches an output of the network without passing through weights.
    fn reaches_output(&self) -> Vec<bool> {
        let mut reaches = vec![false; self.values()];
        for output in self.outputs() {
            reaches[output.value.0] = true;
        }
        for node in self.nodes().iter().rev() {
            // A shape tells nothing of the elements.
            let stops = node.role == Role::AsksForShape
                || node.role.parameters().iter().any(|&(index, kind)| {
                    let weights = node.input(index);
                    kind.is_trained() && weights.is_some_and(|id| self.is_constant(id))
                });
            if !stops && node.outputs.iter().any(|id| reaches[id.0]) {
                for id in node.inputs.iter().flatten() {
                    reaches[id.0] = true;
                }
            }
        }
        reaches
    }
}

#[cfg(test)]
mod tests {
    use crate::Network;
    use crate::testing::{Graph, value};

    /// A layer of weights over `x`, to be followed by what a test looks at.
    fn layer() -> Graph {
        Graph::new()
            .input("x", &[None, Some(4)])
            .floats("w", &[4, 3])
            .node("MatMul", &["x", "w"], "hidden")
    }

    fn rectifiers(network: &Network) -> Vec<(String, bool)> {
        let found = network.rectifiers().expect("readable attributes");
        let pairs = found.into_iter().map(|found| (found.name, found.hidden));
        pairs.collect()
    }

    #[test]
    fn a_rectifier_that_no_output_needs_is_left_out() {
        let network = layer()
            .node("Relu", &["hidden"], "dangling")
            .node("Relu", &["hidden"], "y")
            .output("y")
            .network();
        assert_eq!(rectifiers(&network), [("y".to_owned(), false)]);
    }

    #[test]
    fn a_rectifier_of_constants_is_left_out() {
        let network = layer()
            .floats("fusion", &[3])
            .node("Relu", &["fusion"], "positive")
            .node("Mul", &["hidden", "positive"], "fused")
            .node("Relu", &["fused"], "y")
            .output("y")
            .network();
        assert_eq!(rectifiers(&network), [("y".to_owned(), false)]);
    }

    #[test]
    fn a_rectifier_whose_shape_alone_reaches_the_output_is_hidden() {
        let network = layer()
            .floats("v", &[3, 3])
            .node("Relu", &["hidden"], "feature")
            .node("MatMul", &["feature", "v"], "out")
            .node("Shape", &["feature"], "sizes")
            .node("Reshape", &["out", "sizes"], "y")
            .output("y")
            .network();
        assert_eq!(rectifiers(&network), [("feature".to_owned(), true)]);
    }

    #[test]
    fn a_hard_swish_that_is_written_out_is_no_rectifier_and_its_three_is_not_learned() {
        let network = layer()
            .floats("three", &[1])
            .floats("zero", &[])
            .node("Add", &["hidden", "three"], "moved")
            .node("Clip", &["moved", "zero"], "gate")
            .node("Mul", &["hidden", "gate"], "swish")
            .node("Clip", &["swish", "zero"], "y")
            .output("y")
            .network();
        assert_eq!(rectifiers(&network), [("y".to_owned(), false)]);
        let trained = network.parameters().iter().filter(|p| p.trainable);
        let names: Vec<&str> = trained.map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names, ["w"]);
    }

    #[test]
    fn constants_are_told_from_what_the_input_reaches() {
        let network = layer()
            .node("Relu", &["w"], "from_weights")
            .node("Add", &["hidden", "from_weights"], "y")
            .output("y")
            .network();
        let constant = |name| network.is_constant(value(&network, name));
        assert!(constant("w") && constant("from_weights"));
        assert!(!constant("x") && !constant("hidden") && !constant("y"));
    }
}
