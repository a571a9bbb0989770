//! A network that runs: the graph of a [`Model`] as executable steps.

use std::collections::HashMap;
use std::path::Path;

use burn::backend::{DispatchDevice, DispatchTensor};
use burn::tensor::{DType, TensorData};

use crate::attributes::Attributes;
use crate::error::{Error, Result, Unsupported};
use crate::model::{Model, Place, is_standard_domain};
use crate::operators::{self, Inputs, OPSETS, Refusal, Request, Run};
use crate::parameters::{self, Parameter};
use crate::proto::{NodeProto, TypeProto, ValueInfoProto};
use crate::tensor;
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
    /// Its place in the file's list of nodes.
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
    names: Vec<String>,
    /// For each value, the node that gives it.
    producers: Vec<Option<usize>>,
    /// For each value, the nodes and inputs that take it.
    consumers: Vec<Vec<(usize, usize)>>,
}

impl Network {
    /// Makes a model ready to run on a device.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] with everything that cannot run, before any work starts; other errors
    /// if the graph or one of its tensors is not valid.
    pub fn new(model: &Model, device: &DispatchDevice) -> Result<Self> {
        refuse_unsupported(model, device)?;
        let mut builder = Builder::default();
        let graph = model.graph();
        let mut parameters = Vec::new();
        let mut constants = Vec::new();
        let mut add_constant = |name: &str, value: ValueId, place: Place| -> Result<()> {
            let data = model.read_tensor(place)?;
            let shape = data.shape().to_vec();
            match Value::from_data(data, device) {
                Value::Float(tensor) => parameters.push(Parameter {
                    name: name.to_owned(),
                    value,
                    shape,
                    trainable: false,
                    place,
                    tensor,
                    changed: false,
                }),
                other => constants.push((value, other)),
            }
            Ok(())
        };
        for (index, proto) in graph.initializer.iter().enumerate() {
            let value = builder.define(proto.name(), None)?;
            add_constant(proto.name(), value, Place::Initializer(index))?;
        }
        let mut inputs = Vec::new();
        for info in &graph.input {
            // Old files list initializers among the inputs, as inputs with a default.
            if !builder.ids.contains_key(info.name()) {
                let value = builder.define(info.name(), None)?;
                inputs.push(input(info, value)?);
            }
        }
        let mut scalars = Vec::new();
        for (index, proto) in graph.node.iter().enumerate() {
            if proto.op_type() == "Constant" && is_standard_domain(proto.domain()) {
                let name = proto.output.first().map_or("", String::as_str);
                let value = builder.define(name, None)?;
                match proto.attribute.iter().position(|a| a.name() == "value") {
                    Some(attribute) => add_constant(
                        name,
                        value,
                        Place::Constant {
                            node: index,
                            attribute,
                        },
                    )?,
                    None => {
                        scalars.push((value, Value::from_data(scalar_constant(proto)?, device)))
                    }
                }
            } else {
                builder.add_node(proto, index, model, device)?;
            }
        }
        constants.extend(scalars);
        let outputs = graph
            .output
            .iter()
            .map(|info| {
                let value = builder.lookup(info.name()).ok_or_else(|| {
                    Error::Invalid(format!("its output '{}' is given by no node", info.name()))
                })?;
                Ok(Output {
                    name: info.name().to_owned(),
                    value,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let Builder {
            names,
            nodes,
            producers,
            consumers,
            ..
        } = builder;
        parameters::mark_trainable(&mut parameters, &nodes, names.len());
        Ok(Self {
            device: device.clone(),
            inputs,
            outputs,
            nodes,
            parameters,
            constants,
            names,
            producers,
            consumers,
        })
    }

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

    /// Runs the network on host arrays, one for each of [`inputs`](Self::inputs).
    ///
    /// # Errors
    ///
    /// If the arrays do not fit, or a node cannot compute with what reaches it.
    pub fn run(&self, inputs: Vec<TensorData>) -> Result<Vec<TensorData>> {
        let wanted: Vec<ValueId> = self.outputs.iter().map(|output| output.value).collect();
        let values = inputs
            .into_iter()
            .map(|data| Value::from_data(data, &self.device))
            .collect();
        self.forward(values, &wanted, |_, _| {})?
            .into_iter()
            .zip(&self.outputs)
            .map(|(value, output)| {
                value.into_data().map_err(|reason| Error::Tensor {
                    name: output.name.clone(),
                    reason,
                })
            })
            .collect()
    }

    /// Runs as much of the network as the `wanted` values need and returns these. `observe` sees each
    /// value as soon as it is computed; a value that nothing needs any more is freed at once.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit, or a node cannot compute with what reaches it.
    pub fn forward(
        &self,
        inputs: Vec<Value>,
        wanted: &[ValueId],
        observe: impl FnMut(ValueId, &Value),
    ) -> Result<Vec<Value>> {
        let parameters: Vec<DispatchTensor> =
            self.parameters.iter().map(|p| p.tensor.clone()).collect();
        self.execute(&parameters, inputs, wanted, observe)
    }

    /// [`forward`](Self::forward) with other tensors in place of the parameters.
    pub(crate) fn execute(
        &self,
        parameters: &[DispatchTensor],
        inputs: Vec<Value>,
        wanted: &[ValueId],
        mut observe: impl FnMut(ValueId, &Value),
    ) -> Result<Vec<Value>> {
        self.check_inputs(&inputs)?;
        let (needed, mut uses) = self.plan(wanted);
        let mut values: Vec<Option<Value>> = Vec::new();
        values.resize_with(self.names.len(), || None);
        for (input, value) in self.inputs.iter().zip(inputs) {
            observe(input.value, &value);
            values[input.value.0] = Some(value);
        }
        for (value, constant) in &self.constants {
            values[value.0] = Some(constant.clone());
        }
        for (parameter, tensor) in self.parameters.iter().zip(parameters) {
            values[parameter.value.0] = Some(Value::Float(tensor.clone()));
        }
        for (node, _) in self
            .nodes
            .iter()
            .zip(&needed)
            .filter(|(_, needed)| **needed)
        {
            let taken = node
                .inputs
                .iter()
                .map(|input| {
                    input.and_then(|ValueId(index)| {
                        uses[index] -= 1;
                        // The last to need a value gets the value itself, which it may overwrite.
                        if uses[index] == 0 {
                            values[index].take()
                        } else {
                            values[index].clone()
                        }
                    })
                })
                .collect();
            let outputs = (node.run)(Inputs::new(taken)).map_err(|reason| node.wrong(reason))?;
            for (&id, value) in node.outputs.iter().zip(outputs) {
                observe(id, &value);
                if uses[id.0] > 0 {
                    values[id.0] = Some(value);
                }
            }
        }
        wanted
            .iter()
            .map(|id| {
                values[id.0].clone().ok_or_else(|| {
                    Error::Invalid(format!("nothing gives the value '{}'", self.names[id.0]))
                })
            })
            .collect()
    }

    /// Which nodes the wanted values need, and how often each value is used by them.
    fn plan(&self, wanted: &[ValueId]) -> (Vec<bool>, Vec<usize>) {
        let mut uses = vec![0; self.names.len()];
        for id in wanted {
            uses[id.0] += 1;
        }
        let mut needed = vec![false; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            needed[index] = node.outputs.iter().any(|id| uses[id.0] > 0);
            if needed[index] {
                for id in node.inputs.iter().flatten() {
                    uses[id.0] += 1;
                }
            }
        }
        (needed, uses)
    }

    /// Refuses values that do not fit the inputs. The first axis counts samples: it may differ from
    /// what the file says.
    fn check_inputs(&self, values: &[Value]) -> Result<()> {
        if values.len() != self.inputs.len() {
            return Err(Error::Invalid(format!(
                "it takes {} inputs, {} were given",
                self.inputs.len(),
                values.len()
            )));
        }
        for (input, value) in self.inputs.iter().zip(values) {
            let shape = value.shape();
            let sizes_fit = input
                .shape
                .iter()
                .zip(&shape)
                .skip(1)
                .all(|(wanted, found)| wanted.is_none_or(|w| w == *found));
            if shape.len() != input.shape.len() || !sizes_fit {
                let wanted: Vec<String> = input
                    .shape
                    .iter()
                    .map(|size| size.map_or("any".into(), |size| size.to_string()))
                    .collect();
                return Err(Error::Input {
                    name: input.name.clone(),
                    reason: format!("expected shape [{}], found {shape:?}", wanted.join(", ")),
                });
            }
            let dtype = burn::backend::TensorMetadata::dtype(value.tensor());
            let kind_fits = dtype == input.dtype || (input.dtype.is_bool() && dtype.is_bool());
            if !kind_fits {
                return Err(Error::Input {
                    name: input.name.clone(),
                    reason: format!("expected {:?}, found {dtype:?}", input.dtype),
                });
            }
        }
        Ok(())
    }
}

/// The graph while it is put together.
#[derive(Default)]
struct Builder {
    ids: HashMap<String, ValueId>,
    names: Vec<String>,
    nodes: Vec<Node>,
    producers: Vec<Option<usize>>,
    consumers: Vec<Vec<(usize, usize)>>,
}

impl Builder {
    fn lookup(&self, name: &str) -> Option<ValueId> {
        self.ids.get(name).copied()
    }

    fn define(&mut self, name: &str, producer: Option<usize>) -> Result<ValueId> {
        let id = ValueId(self.names.len());
        // An output that is left out has no name, and nobody can refer to it.
        if !name.is_empty() && self.ids.insert(name.to_owned(), id).is_some() {
            return Err(Error::Invalid(format!("the value '{name}' is given twice")));
        }
        self.names.push(name.to_owned());
        self.producers.push(producer);
        self.consumers.push(Vec::new());
        Ok(id)
    }

    fn add_node(
        &mut self,
        proto: &NodeProto,
        index: usize,
        model: &Model,
        device: &DispatchDevice,
    ) -> Result<()> {
        let name = label(proto);
        let wrong = |reason: String| Error::Node {
            node: name.clone(),
            operator: proto.op_type().to_owned(),
            reason,
        };
        let position = self.nodes.len();
        let mut inputs = Vec::with_capacity(proto.input.len());
        for (number, input) in proto.input.iter().enumerate() {
            let id = match input.as_str() {
                "" => None,
                given => Some(self.lookup(given).ok_or_else(|| {
                    wrong(format!("takes '{given}', which no earlier node gives"))
                })?),
            };
            if let Some(id) = id {
                self.consumers[id.0].push((position, number));
            }
            inputs.push(id);
        }
        let operator = operators::find(proto.domain(), proto.op_type())
            .expect("unsupported operators were refused");
        let run =
            operator
                .build(&request(proto, model, device))
                .map_err(|refusal| match refusal {
                    Refusal::Unsupported(what) | Refusal::Invalid(what) => wrong(what),
                })?;
        let outputs = proto
            .output
            .iter()
            .map(|output| self.define(output, Some(position)))
            .collect::<Result<Vec<_>>>()?;
        self.nodes.push(Node {
            name,
            operator: proto.op_type().to_owned(),
            inputs,
            outputs,
            index,
            proto: proto.clone(),
            run,
        });
        Ok(())
    }
}

/// What a node is called: by its name, or by its first output's where it has none.
fn label(proto: &NodeProto) -> String {
    match proto.name() {
        "" => proto.output.first().cloned().unwrap_or_default(),
        name => name.to_owned(),
    }
}

/// What an operator may know of a node before values reach it.
fn request<'a>(proto: &'a NodeProto, model: &'a Model, device: &DispatchDevice) -> Request<'a> {
    Request {
        attributes: Attributes::new(proto, model.folder()),
        opset: model.opset(),
        outputs: proto
            .output
            .iter()
            .rposition(|name| !name.is_empty())
            .map_or(0, |last| last + 1),
        device: device.clone(),
    }
}

/// Lists everything in a model that cannot run here.
fn refuse_unsupported(model: &Model, device: &DispatchDevice) -> Result<()> {
    let mut found = Vec::new();
    let (oldest, newest) = OPSETS;
    let opset = model.opset();
    if !(oldest..=newest).contains(&opset) {
        found.push(Unsupported {
            node: None,
            what: format!("operator set {opset} (supported are {oldest} to {newest})"),
        });
    }
    for proto in &model.graph().node {
        if proto.op_type() == "Constant" && is_standard_domain(proto.domain()) {
            continue;
        }
        if let Some(operator) = operators::find(proto.domain(), proto.op_type()) {
            if let Err(Refusal::Unsupported(what)) = operator.build(&request(proto, model, device))
            {
                found.push(Unsupported {
                    node: Some(label(proto)),
                    what,
                });
            }
        } else {
            let domain = if is_standard_domain(proto.domain()) {
                ""
            } else {
                proto.domain()
            };
            let dot = if domain.is_empty() { "" } else { "." };
            found.push(Unsupported {
                node: Some(label(proto)),
                what: format!("operator {domain}{dot}{}", proto.op_type()),
            });
        }
    }
    if !model.graph().sparse_initializer.is_empty() {
        found.push(Unsupported {
            node: None,
            what: "sparse initializers".into(),
        });
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(Error::Unsupported(found))
    }
}

fn input(info: &ValueInfoProto, value: ValueId) -> Result<Input> {
    let wrong = |reason: &str| Error::Input {
        name: info.name().to_owned(),
        reason: reason.to_owned(),
    };
    let kind: &TypeProto = &info.type_;
    if !kind.has_tensor_type() {
        return Err(wrong(
            "is not a tensor: sequences, maps and optional values are not supported",
        ));
    }
    let kind = kind.tensor_type();
    let stored = tensor::data_type(kind.elem_type()).map_err(|reason| wrong(&reason))?;
    let shape = kind
        .shape
        .dim
        .iter()
        .map(|dim| {
            usize::try_from(dim.dim_value())
                .ok()
                .filter(|_| dim.has_dim_value())
        })
        .collect();
    Ok(Input {
        name: info.name().to_owned(),
        shape,
        dtype: tensor::compute_type(stored),
        value,
    })
}

/// The number or list in a `Constant` node that does not hold a tensor.
fn scalar_constant(proto: &NodeProto) -> Result<TensorData> {
    let attributes = Attributes::new(proto, Path::new(""));
    let read = || -> std::result::Result<TensorData, String> {
        if attributes.has("value_float") {
            return Ok(TensorData::new(
                vec![attributes.float("value_float", 0.0)? as f32],
                [0; 0],
            ));
        }
        if attributes.has("value_int") {
            return Ok(TensorData::new(
                vec![attributes.int("value_int", 0)?],
                [0; 0],
            ));
        }
        if let Some(list) = attributes.floats("value_floats")? {
            return Ok(TensorData::new(list.to_vec(), [list.len()]));
        }
        if let Some(list) = attributes.ints("value_ints")? {
            return Ok(TensorData::new(list.to_vec(), [list.len()]));
        }
        Err("holds neither a tensor nor numbers".into())
    };
    read().map_err(|reason| Error::Node {
        node: label(proto),
        operator: "Constant".into(),
        reason,
    })
}
