//! A network that runs: the graph of a [`Model`] as executable steps.

mod assembly;
mod execution;
mod fixed_batch;

use std::path::Path;

use burn::backend::{DispatchDevice, DispatchTensor};
use burn::tensor::{DType, TensorData};

use self::fixed_batch::FixedBatch;
use crate::attributes::Attributes;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::operators::Run;
use crate::parameters::{Parameter, only_rearranges};
use crate::proto::NodeProto;
use crate::value::Value;

/// A value of the graph: an input, a constant, or what a node gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub(crate) usize);

/// An array that the network expects.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name in the file.
    pub name: String,
    /// Its sizes; `None` where the file leaves one open.
    pub shape: Vec<Option<usize>>,
    /// The type in which it is computed with.
    pub dtype: DType,
    /// Its place in the graph.
    pub value: ValueId,
}

/// A value that the network gives.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its name in the file.
    pub name: String,
    /// Its place in the graph.
    pub value: ValueId,
}

/// A step of the network.
pub struct Node {
    /// Its name in the file, or its first output's name where it has none.
    pub name: String,
    /// The ONNX operator.
    pub operator: String,
    /// What it takes; `None` where an optional input is left out.
    pub inputs: Vec<Option<ValueId>>,
    /// What it gives.
    pub outputs: Vec<ValueId>,
    /// Its place among the nodes of the model that run.
    pub(crate) index: usize,
    proto: NodeProto,
    run: Run,
}

impl Node {
    /// Its attributes, except for tensors that lie outside of the file.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(&self.proto, Path::new(""))
    }

    pub(crate) fn wrong(&self, reason: String) -> Error {
        Error::Node {
            node: self.name.clone(),
            operator: self.operator.clone(),
            reason,
        }
    }
}

/// The graph of a model, ready to run on a device.
pub struct Network {
    device: DispatchDevice,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    nodes: Vec<Node>,
    parameters: Vec<Parameter>,
    constants: Vec<(ValueId, Value)>,
    fixed_batch: Option<FixedBatch>,
    names: Vec<String>,
    /// For each value, whether it depends on no input of the network.
    constant: Vec<bool>,
    /// For each value, the node that gives it.
    producers: Vec<Option<usize>>,
    /// For each value, the nodes and inputs that take it.
    consumers: Vec<Vec<(usize, usize)>>,
}

impl Network {
    /// The device that the network runs on.
    pub fn device(&self) -> &DispatchDevice {
        &self.device
    }

    /// The arrays that the network expects.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// What the network gives.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The steps, in execution order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The float tensors of the file.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many values the graph has.
    pub(crate) fn values(&self) -> usize {
        self.names.len()
    }

    /// The name of a value in the file.
    pub fn value_name(&self, value: ValueId) -> &str {
        &self.names[value.0]
    }

    /// Whether the graph has a value of this name.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Whether a value depends on no input of the network.
    pub fn is_constant(&self, value: ValueId) -> bool {
        self.constant[value.0]
    }

    /// The place among [`nodes`](Self::nodes) of the node that gives a value.
    pub fn producer(&self, value: ValueId) -> Option<usize> {
        self.producers[value.0]
    }

    /// The nodes that take a value, each with the number of the input.
    pub fn consumers(&self, value: ValueId) -> &[(usize, usize)] {
        &self.consumers[value.0]
    }

    /// The place among [`parameters`](Self::parameters) of the one that gives a value.
    pub fn parameter_of(&self, value: ValueId) -> Option<usize> {
        self.parameters
            .iter()
            .position(|parameter| parameter.value == value)
    }

    /// The place among [`parameters`](Self::parameters) of the one that a value is, or is a mere
    /// rearrangement of.
    pub fn parameter_behind(&self, mut value: ValueId) -> Option<usize> {
        loop {
            if let Some(parameter) = self.parameter_of(value) {
                return Some(parameter);
            }
            let node = &self.nodes[self.producer(value)?];
            if !only_rearranges(&node.operator) {
                return None;
            }
            value = (*node.inputs.first()?)?;
        }
    }

    /// The numbers of an integer tensor of the file.
    pub fn constant_ints(&self, value: ValueId) -> Option<Vec<i64>> {
        let (_, constant) = self.constants.iter().find(|(id, _)| *id == value)?;
        let data = constant.clone().into_data().ok()?;
        Some(data.iter::<i64>().collect())
    }

    /// The numbers of a parameter as they are now.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub fn parameter_data(&self, index: usize) -> Result<TensorData> {
        let parameter = &self.parameters[index];
        Value::Float(parameter.tensor.clone())
            .into_data()
            .map_err(|reason| Error::Tensor {
                name: parameter.name.clone(),
                reason,
            })
    }

    /// Replaces the numbers of a parameter by others of the same shape and type.
    ///
    /// # Panics
    ///
    /// If the shape or the type differs.
    pub fn set_parameter(&mut self, index: usize, data: TensorData) {
        let parameter = &mut self.parameters[index];
        assert_eq!(
            data.shape().to_vec(),
            parameter.shape,
            "a parameter keeps its shape"
        );
        let Value::Float(tensor) = Value::from_data(data, &self.device) else {
            panic!("a parameter holds floats");
        };
        parameter.tensor = tensor;
        parameter.changed = true;
    }

    /// Passes each trainable parameter through `step`, with its place among the parameters.
    pub fn update_parameters(
        &mut self,
        mut step: impl FnMut(usize, DispatchTensor) -> DispatchTensor,
    ) {
        let parameters = std::mem::take(&mut self.parameters).into_iter().enumerate();
        self.parameters = parameters
            .map(|(index, parameter)| {
                if !parameter.trainable {
                    return parameter;
                }
                Parameter {
                    tensor: step(index, parameter.tensor),
                    changed: true,
                    ..parameter
                }
            })
            .collect();
    }

    /// Writes the parameters that were changed into the model that this network was made from.
    ///
    /// # Errors
    ///
    /// If the device fails, or the model is another one.
    pub fn store(&self, model: &mut Model) -> Result<()> {
        for (index, parameter) in self.parameters.iter().enumerate() {
            if parameter.changed {
                model.write_tensor(parameter.place, &self.parameter_data(index)?)?;
            }
        }
        Ok(())
    }
}
