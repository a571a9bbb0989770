//! From a model to steps: names become values, nodes become functions, tensors go to the device.

use std::collections::HashMap;
use std::path::Path;

use burn::backend::DispatchDevice;
use burn::tensor::TensorData;

use super::fixed_batch::FixedBatch;
use super::{Input, Network, Node, Output, ValueId};
use crate::attributes::Attributes;
use crate::error::{Error, Result, Unsupported};
use crate::model::{Model, Place, is_standard_domain};
use crate::operators::{self, OPSETS, Operator, Refusal, Request, Run};
use crate::parameters::{self, Parameter};
use crate::proto::{NodeProto, TypeProto, ValueInfoProto};
use crate::tensor;
use crate::value::Value;

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
            let value = builder.define(proto.name(), None, true)?;
            add_constant(proto.name(), value, Place::Initializer(index))?;
        }
        let mut inputs = Vec::new();
        for info in &graph.input {
            // Old files list initializers among the inputs, as inputs with a default.
            if !builder.ids.contains_key(info.name()) {
                let value = builder.define(info.name(), None, false)?;
                inputs.push(input(info, value)?);
            }
        }
        let mut scalars = Vec::new();
        for (index, proto) in model.nodes().enumerate() {
            if proto.op_type() == "Constant" && is_standard_domain(proto.domain()) {
                let name = proto.output.first().map_or("", String::as_str);
                let value = builder.define(name, None, true)?;
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
            constant,
            nodes,
            producers,
            consumers,
            ..
        } = builder;
        parameters::mark_trainable(&mut parameters, &nodes, names.len());
        let ints_of: HashMap<ValueId, &Value> =
            constants.iter().map(|(id, value)| (*id, value)).collect();
        let fixed_batch = FixedBatch::of(&inputs, &nodes, names.len(), |node| {
            let value = (*ints_of.get(&node.inputs.get(1).copied().flatten()?)?).clone();
            Some(value.into_data().ok()?.iter::<i64>().collect())
        });
        Ok(Self {
            device: device.clone(),
            inputs,
            outputs,
            nodes,
            parameters,
            constants,
            fixed_batch,
            names,
            constant,
            producers,
            consumers,
        })
    }
}

/// The graph while it is put together.
#[derive(Default)]
struct Builder {
    ids: HashMap<String, ValueId>,
    names: Vec<String>,
    constant: Vec<bool>,
    nodes: Vec<Node>,
    producers: Vec<Option<usize>>,
    consumers: Vec<Vec<(usize, usize)>>,
}

impl Builder {
    fn lookup(&self, name: &str) -> Option<ValueId> {
        self.ids.get(name).copied()
    }

    fn define(&mut self, name: &str, producer: Option<usize>, constant: bool) -> Result<ValueId> {
        let id = ValueId(self.names.len());
        // An output that is left out has no name, and nobody can refer to it.
        if !name.is_empty() && self.ids.insert(name.to_owned(), id).is_some() {
            return Err(Error::Invalid(format!("the value '{name}' is given twice")));
        }
        self.names.push(name.to_owned());
        self.constant.push(constant);
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
        let run = build(operator, proto, model, device).map_err(|refusal| match refusal {
            Refusal::Unsupported(what) | Refusal::Invalid(what) => wrong(what),
        })?;
        let constant = inputs.iter().flatten().all(|id| self.constant[id.0]);
        let outputs = proto
            .output
            .iter()
            .map(|output| self.define(output, Some(position), constant))
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

/// Makes a node ready to run.
fn build(
    operator: &Operator,
    proto: &NodeProto,
    model: &Model,
    device: &DispatchDevice,
) -> std::result::Result<Run, Refusal> {
    operator.build(&Request {
        attributes: Attributes::new(proto, model.folder()),
        opset: model.opset(),
        outputs: proto
            .output
            .iter()
            .rposition(|name| !name.is_empty())
            .map_or(0, |last| last + 1),
        device: device.clone(),
        constant: &|index| model.constant(proto.input.get(index)?),
    })
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
    for proto in model.nodes() {
        if proto.op_type() == "Constant" && is_standard_domain(proto.domain()) {
            continue;
        }
        if let Some(operator) = operators::find(proto.domain(), proto.op_type()) {
            if let Err(Refusal::Unsupported(what)) = build(operator, proto, model, device) {
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
