//! The rectifiers of a network, and the exchange of ReLU for Leaky ReLU in its file.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::network::{Network, Node, ValueId};
use crate::parameters::weight_inputs;
use crate::proto::AttributeProto;
use crate::proto::attribute_proto::AttributeType;

/// An activation that is linear above zero and bends at it.
#[derive(Debug, Clone)]
pub struct Rectifier {
    /// Its place among [`Network::nodes`].
    pub node: usize,
    /// The node's name in the file, or its output's name where it has none.
    pub name: String,
    /// The ONNX operator.
    pub operator: String,
    /// The slope below zero: 0 for `Relu`, the attribute of `LeakyRelu`, `None` for any other.
    pub alpha: Option<f64>,
    /// Where it bends: 0, except for `ThresholdedRelu`.
    pub threshold: f64,
    /// Its pre-activation.
    pub input: ValueId,
    /// Its activation.
    pub output: ValueId,
    /// Whether weights stand between it and every output of the network. The last rectifier of a
    /// network whose output is meant to be positive is not hidden.
    pub hidden: bool,
}

impl Network {
    /// The rectifiers, in execution order: `Relu`, `LeakyRelu`, `PRelu`, `Elu`, `Selu`, `Celu`,
    /// `ThresholdedRelu`, and `Clip` from zero (ReLU6).
    ///
    /// # Errors
    ///
    /// If an attribute of one of them cannot be read.
    pub fn rectifiers(&self) -> Result<Vec<Rectifier>> {
        let mut found = Vec::new();
        for (index, node) in self.nodes().iter().enumerate() {
            let float = |name, default| {
                node.attributes()
                    .float(name, default)
                    .map_err(|reason| node.wrong(reason))
            };
            let (alpha, threshold) = match node.operator.as_str() {
                "Relu" => (Some(0.0), 0.0),
                "LeakyRelu" => (Some(float("alpha", 0.01)?), 0.0),
                "PRelu" | "Elu" | "Selu" | "Celu" => (None, 0.0),
                "ThresholdedRelu" => (None, float("alpha", 1.0)?),
                "Clip" if self.clips_from_zero(node)? => (None, 0.0),
                _ => continue,
            };
            let (Some(&Some(input)), Some(&output)) = (node.inputs.first(), node.outputs.first())
            else {
                continue;
            };
            found.push(Rectifier {
                node: index,
                name: node.name.clone(),
                operator: node.operator.clone(),
                alpha,
                threshold,
                input,
                output,
                hidden: !self.reaches_output(output),
            });
        }
        Ok(found)
    }

    fn clips_from_zero(&self, node: &Node) -> Result<bool> {
        // Since operator set 11 the lower end is an input.
        if let Some(&Some(minimum)) = node.inputs.get(1) {
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

    /// Whether a value reaches an output of the network without passing through weights.
    fn reaches_output(&self, value: ValueId) -> bool {
        let mut open = vec![value];
        let mut seen = std::collections::HashSet::new();
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            if self.outputs().iter().any(|output| output.value == value) {
                return true;
            }
            for &(consumer, _) in self.consumers(value) {
                let node = &self.nodes()[consumer];
                let has_weights = weight_inputs(&node.operator).iter().any(|&index| {
                    node.inputs
                        .get(index)
                        .copied()
                        .flatten()
                        .is_some_and(|id| self.is_constant(id))
                });
                if !has_weights {
                    open.extend(&node.outputs);
                }
            }
        }
        false
    }

    /// Whether a value depends on no input of the network.
    pub fn is_constant(&self, value: ValueId) -> bool {
        match self.producer(value) {
            None => !self.inputs().iter().any(|input| input.value == value),
            Some(node) => self.nodes()[node]
                .inputs
                .iter()
                .flatten()
                .all(|&input| self.is_constant(input)),
        }
    }
}

impl Model {
    /// Turns ReLU nodes of the file into Leaky ReLU nodes with this `alpha`. All else stays.
    ///
    /// `network` is the one made from this model, `rectifiers` are those of its ReLUs to exchange.
    ///
    /// # Errors
    ///
    /// If one of them is not a `Relu`.
    pub fn leak(&mut self, network: &Network, rectifiers: &[&Rectifier], alpha: f32) -> Result<()> {
        for rectifier in rectifiers {
            let proto = self.node_mut(network.nodes()[rectifier.node].index);
            if proto.op_type() != "Relu" {
                return Err(Error::Invalid(format!(
                    "node '{}' is {}, not a ReLU that could leak",
                    rectifier.name,
                    proto.op_type()
                )));
            }
            proto.set_op_type("LeakyRelu".into());
            let mut attribute = AttributeProto::new();
            attribute.set_name("alpha".into());
            attribute.set_type(AttributeType::FLOAT);
            attribute.set_f(alpha);
            // Operator sets below 6 let an attribute name what may be overwritten; it goes with ReLU.
            proto.attribute = vec![attribute];
        }
        Ok(())
    }
}
