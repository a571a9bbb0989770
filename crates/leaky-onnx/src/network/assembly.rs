//! From a model to steps: names become values, nodes become functions, tensors go to the device.

use std::collections::HashMap;
use std::path::Path;

use burn::backend::DispatchDevice;
use burn::tensor::TensorData;

use super::Network;
use super::fixed_batch::FixedBatch;
use super::fusion;
use crate::attributes::Attributes;
use crate::error::{Error, Result, Unsupported};
use crate::graph::{Graph, Input, Output, ValueId, label};
use crate::model::{Model, Place};
use crate::operators::{self, OPSETS, Operator, Refusal, Request, Run};
use crate::parameters::{self, Parameter};
use crate::proto::{NodeProto, TypeProto, ValueInfoProto};
use crate::standard::{is_constant, is_standard_domain};
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
        let mut graph = Graph::default();
        let mut runs = Vec::new();
        let message = model.graph();
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
        for (index, proto) in message.initializer.iter().enumerate() {
            let value = graph.define(proto.name(), true)?;
            add_constant(proto.name(), value, Place::Initializer(index))?;
        }
        let mut inputs = Vec::new();
        for info in &message.input {
            // Old files list initializers among the inputs, as inputs with a default.
            if graph.find(info.name()).is_none() {
                let value = graph.define(info.name(), false)?;
                inputs.push(input(info, value)?);
            }
        }
        let mut scalars = Vec::new();
        for (index, proto) in model.nodes().enumerate() {
            if is_constant(proto) {
                let name = proto.output.first().map_or("", String::as_str);
                let value = graph.define(name, true)?;
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
                let operator = operators::find(proto.domain(), proto.op_type())
                    .expect("unsupported operators were refused");
                graph.add_node(proto, operator.role, index)?;
                runs.push(build(operator, proto, model, device).map_err(|refusal| {
                    let (Refusal::Unsupported(reason) | Refusal::Invalid(reason)) = refusal;
                    Error::Node {
                        node: label(proto),
                        operator: proto.op_type().to_owned(),
                        reason,
                    }
                })?);
            }
        }
        constants.extend(scalars);
        let outputs = message
            .output
            .iter()
            .map(|info| {
                let value = graph.find(info.name()).ok_or_else(|| {
                    Error::Invalid(format!("its output '{}' is given by no node", info.name()))
                })?;
                Ok(Output {
                    name: info.name().to_owned(),
                    value,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        parameters::mark_trainable(&mut parameters, &graph);
        let ints_of: HashMap<ValueId, &Value> =
            constants.iter().map(|(id, value)| (*id, value)).collect();
        let fixed_batch = FixedBatch::of(&inputs, &graph, |node| {
            let value = (*ints_of.get(&node.input(1)?)?).clone();
            Some(value.into_data().ok()?.iter::<i64>().collect())
        });
        let chains = fusion::chains(&graph)?;
        Ok(Self {
            device: device.clone(),
            inputs,
            outputs,
            graph,
            runs,
            chains,
            parameters,
            constants,
            fixed_batch,
        })
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
        if is_constant(proto) {
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
