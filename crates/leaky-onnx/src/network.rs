//! A network that runs: the graph of a [`Model`] as executable steps.

mod assembly;
mod batches;
mod body;
mod constants;
mod execution;
mod fixed_batch;
mod fusion;
mod memory;
mod resume;
mod watched;

pub(crate) use self::watched::Watched;

use burn::backend::{DispatchDevice, DispatchTensor};
use burn::tensor::TensorData;

use self::fixed_batch::FixedBatch;
use self::fusion::Chain;
use crate::batching::Batching;
use crate::error::{Error, Result, Unsupported};
use crate::graph::{Graph, Input, Node, Output, ValueId};
use crate::model::Model;
use crate::operators::Run;
use crate::parameters::Parameter;
use crate::value::Value;

/// The graph of a model, ready to run on a device.
pub struct Network {
    device: DispatchDevice,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    graph: Graph,
    /// What each node computes.
    runs: Vec<Run>,
    /// Nodes that may be computed in one pass.
    chains: Vec<Chain>,
    parameters: Vec<Parameter>,
    constants: Vec<(ValueId, Value)>,
    fixed_batch: Option<FixedBatch>,
    /// The nodes that cannot run, and why.
    unsupported: Vec<(usize, Unsupported)>,
    omitted: Vec<Unsupported>,
    /// How its batches are run, once that was found out.
    batching: Batching,
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

    /// What stands behind the rest of the network and cannot run: the network ends before it.
    pub fn omitted(&self) -> &[Unsupported] {
        &self.omitted
    }

    /// The steps, in execution order.
    pub fn nodes(&self) -> &[Node] {
        &self.graph.nodes
    }

    /// The float tensors of the file.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many values the graph has.
    pub(crate) fn values(&self) -> usize {
        self.graph.values()
    }

    /// The name of a value in the file.
    pub fn value_name(&self, value: ValueId) -> &str {
        self.graph.name(value)
    }

    /// Whether the graph has a value of this name.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        self.graph.find(name).is_some()
    }

    /// Whether a value depends on no input of the network.
    pub fn is_constant(&self, value: ValueId) -> bool {
        self.graph.is_constant(value)
    }

    /// The place among [`nodes`](Self::nodes) of the node that gives a value.
    pub fn producer(&self, value: ValueId) -> Option<usize> {
        self.graph.producer(value)
    }

    /// The nodes that take a value, each with the number of the input.
    pub fn consumers(&self, value: ValueId) -> &[(usize, usize)] {
        self.graph.consumers(value)
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
            let node = &self.nodes()[self.producer(value)?];
            if !node.role.only_rearranges() {
                return None;
            }
            value = node.input(0)?;
        }
    }

    /// Which nodes some values need, and how often each value is used by them.
    pub(crate) fn plan(&self, wanted: &[ValueId]) -> (Vec<bool>, Vec<usize>) {
        self.graph.plan(wanted)
    }

    /// For each node, whether an output of the network needs it.
    pub fn needed(&self) -> Vec<bool> {
        let outputs: Vec<ValueId> = self.outputs.iter().map(|output| output.value).collect();
        self.graph.plan(&outputs).0
    }

    /// The numbers of an integer tensor of the file, followed through nodes that give its numbers on in
    /// their order.
    pub fn constant_ints(&self, mut value: ValueId) -> Option<Vec<i64>> {
        loop {
            if let Some((_, constant)) = self.constants.iter().find(|(id, _)| *id == value) {
                let data = constant.clone().into_data().ok()?;
                return Some(data.iter::<i64>().collect());
            }
            let node = &self.nodes()[self.producer(value)?];
            if !node.role.keeps_order() {
                return None;
            }
            value = node.input(0)?;
        }
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
