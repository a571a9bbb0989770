//! From a model to steps: names become values, nodes become functions, tensors go to the device.

use std::collections::{HashMap, HashSet};

use burn::backend::DispatchDevice;

use super::Network;
use super::body;
use super::constants::scalar_constant;
use super::fixed_batch::FixedBatch;
use super::fusion;
use crate::attributes::Attributes;
use crate::branches;
use crate::error::{Error, Result, Unsupported};
use crate::facts::Role;
use crate::graph::{Graph, Input, Output, ValueId};
use crate::model::{Model, Place};
use crate::operators::{self, OPSETS, Operator, Refusal, Request, Run};
use crate::parameters::{self, Parameter};
use crate::proto::tensor_proto::DataType;
use crate::proto::tensor_shape_proto::Dimension;
use crate::proto::{NodeProto, TensorProto, TypeProto, ValueInfoProto};
use crate::standard::{full_name, is_constant, label};
use crate::tensor;
use crate::value::Value;

impl Network {
    /// Makes a model ready to run on a device.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] with everything that cannot run, before any work starts; other errors
    /// if the graph or one of its tensors is not valid. What stands behind every rectifier stops
    /// nothing: the network ends before it, see [`omitted`](Self::omitted).
    pub fn new(model: &Model, device: &DispatchDevice) -> Result<Self> {
        let mut network = Self::outline(model, device)?;
        network.leave_out_unsupported()?;
        Ok(network)
    }

    /// The graph of a model, of which perhaps not everything can run: enough to look at it and to
    /// edit it.
    ///
    /// # Errors
    ///
    /// If the operator set is not known, or the graph or one of its tensors is not valid.
    pub fn outline(model: &Model, device: &DispatchDevice) -> Result<Self> {
        refuse_unknown(model)?;
        let taken = taken(model);
        let elements = elements(model);
        let mut unsupported = Vec::new();
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
        for (name, place) in model.branch_tensors() {
            let value = graph.define(name, true)?;
            add_constant(name, value, place)?;
        }
        let mut inputs = Vec::new();
        for info in &message.input {
            // Old files list initializers among the inputs, as inputs with a default.
            if graph.find(info.name()).is_none() {
                let value = graph.define(info.name(), false)?;
                inputs.push(input(info, value)?);
            }
        }
        let infos: Vec<&ValueInfoProto> = inputs
            .iter()
            .filter_map(|input: &Input| message.input.iter().find(|info| info.name() == input.name))
            .collect();
        find_samples(&mut inputs, &infos);
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
                let refused = |what: String, unsupported: &mut Vec<(usize, Unsupported)>| {
                    let item = Unsupported {
                        node: Some(label(proto)),
                        what: what.clone(),
                    };
                    unsupported.push((runs.len(), item));
                    let run: Run = Box::new(move |_| Err(format!("{what} is not supported")));
                    run
                };
                let operator = operators::find(proto.domain(), proto.op_type());
                let role = operator.map_or(Role::Other, |operator| operator.role);
                graph.add_node(proto, role, index, model.guards(index))?;
                let run = match operator {
                    None => refused(full_name(proto), &mut unsupported),
                    Some(operator) => {
                        let around = Around {
                            model,
                            device,
                            taken: &taken,
                            elements: &elements,
                        };
                        match around.build(operator, proto) {
                            Ok(run) => run,
                            Err(Refusal::Unsupported(what)) => refused(what, &mut unsupported),
                            Err(Refusal::Invalid(reason)) => {
                                return Err(Error::Node {
                                    node: label(proto),
                                    operator: proto.op_type().to_owned(),
                                    reason,
                                });
                            }
                        }
                    }
                };
                runs.push(run);
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
        let fixed_batch = FixedBatch::of(&inputs, &graph, |value| {
            let value = (*ints_of.get(&value)?).clone();
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
            unsupported,
            omitted: Vec::new(),
            batching: model.batching(),
        })
    }

    /// Ends the network before what cannot run, if no rectifier stands behind it.
    fn leave_out_unsupported(&mut self) -> Result<()> {
        let needed = self.needed();
        let unsupported = std::mem::take(&mut self.unsupported);
        let missing: Vec<(usize, Unsupported)> = unsupported
            .into_iter()
            .filter(|(node, _)| needed[*node])
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut lost = vec![false; self.values()];
        let mut ends: Vec<ValueId> = Vec::new();
        let (mut rectifiers, mut behind) = (0, 0);
        for (index, node) in self.graph.nodes.iter().enumerate() {
            if !needed[index] {
                continue;
            }
            let is_lost = missing.iter().any(|(node, _)| *node == index)
                || node.inputs.iter().flatten().any(|id| lost[id.0]);
            let bends = matches!(node.role, Role::Rectifier(_));
            rectifiers += usize::from(bends);
            behind += usize::from(bends && is_lost);
            if !is_lost {
                continue;
            }
            for id in &node.outputs {
                lost[id.0] = true;
            }
            for &id in node.inputs.iter().flatten() {
                if !lost[id.0] && !self.graph.is_constant(id) && !ends.contains(&id) {
                    ends.push(id);
                }
            }
        }
        let items: Vec<Unsupported> = missing.into_iter().map(|(_, item)| item).collect();
        // A shape is no result to look at.
        ends.retain(|id| {
            let producer = self.graph.producer(*id);
            producer.is_some_and(|node| self.graph.nodes[node].role != Role::AsksForShape)
        });
        self.outputs.retain(|output| !lost[output.value.0]);
        if rectifiers == 0 || behind > 0 || (ends.is_empty() && self.outputs.is_empty()) {
            return Err(Error::Unsupported(items));
        }
        for value in ends {
            if self.outputs.iter().all(|output| output.value != value) {
                self.outputs.push(Output {
                    name: self.graph.name(value).to_owned(),
                    value,
                });
            }
        }
        self.omitted = items;
        Ok(())
    }
}

/// The names of the values that a node or an output of the network takes.
fn taken(model: &Model) -> HashSet<String> {
    let outputs = model
        .graph()
        .output
        .iter()
        .map(|info| info.name().to_owned());
    let inputs = model.nodes().flat_map(|node| {
        let captured = branches::captured(node);
        node.input.iter().cloned().chain(captured)
    });
    outputs.chain(inputs).collect()
}

/// The types that the file says of values.
fn elements(model: &Model) -> HashMap<String, DataType> {
    let graph = model.graph();
    let infos = graph
        .input
        .iter()
        .chain(&graph.value_info)
        .chain(&graph.output);
    let of_infos = infos.filter_map(|info| {
        let number = info.type_.as_ref()?.tensor_type().elem_type();
        Some((info.name().to_owned(), tensor::data_type(number).ok()?))
    });
    let of_tensor = |name: &str, tensor: &TensorProto| {
        Some((name.to_owned(), tensor::data_type(tensor.data_type()).ok()?))
    };
    let tensors = graph.initializer.iter();
    let of_tensors = tensors.filter_map(|tensor| of_tensor(tensor.name(), tensor));
    let of_branches = model.branch_tensors();
    let of_branches = of_branches.filter_map(|(name, place)| of_tensor(name, model.tensor(place)));
    let constants = model.nodes().filter(|node| is_constant(node));
    let of_constants = constants.filter_map(|node| {
        let value = node.attribute.iter().find(|a| a.name() == "value")?;
        of_tensor(node.output.first()?, value.t.as_ref()?)
    });
    of_infos
        .chain(of_tensors)
        .chain(of_branches)
        .chain(of_constants)
        .collect()
}

/// What is known around a node that is made ready to run.
struct Around<'a> {
    model: &'a Model,
    device: &'a DispatchDevice,
    taken: &'a HashSet<String>,
    elements: &'a HashMap<String, DataType>,
}

impl Around<'_> {
    fn build(&self, operator: &Operator, proto: &NodeProto) -> std::result::Result<Run, Refusal> {
        let input = |index: usize| proto.input.get(index).map(String::as_str);
        operator.build(&Request {
            attributes: Attributes::new(proto, self.model.folder()),
            opset: self.model.opset(),
            inputs: proto.input.len(),
            outputs: proto
                .output
                .iter()
                .rposition(|name| self.taken.contains(name))
                .map_or(0, |last| last + 1),
            declared_outputs: proto.output.len(),
            device: self.device.clone(),
            constant: &|index| self.model.constant(input(index)?),
            element: &|index| self.elements.get(input(index)?).copied(),
            body: &|name| body::compile(self.model, self.device, proto, name),
        })
    }
}

/// Refuses what says nothing that can be relied on.
fn refuse_unknown(model: &Model) -> Result<()> {
    let mut found = Vec::new();
    let (oldest, newest) = OPSETS;
    let opset = model.opset();
    if !(oldest..=newest).contains(&opset) {
        found.push(Unsupported {
            node: None,
            what: format!("operator set {opset} (supported are {oldest} to {newest})"),
        });
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
    let ranked = kind.shape.is_some();
    let shape: Vec<Option<usize>> = kind
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
        samples: (!ranked || !shape.is_empty()).then_some(0),
        shape,
        ranked,
        dtype: tensor::compute_type(stored),
        value,
    })
}

/// Finds the axis that counts samples of the inputs after the first: where their first axis has a size
/// that is not the batch's, as the states of recurrent layers do, it is the one that is called like the
/// first input's, or the first that is left open.
fn find_samples(inputs: &mut [Input], infos: &[&ValueInfoProto]) {
    let dimensions = |info: &ValueInfoProto| info.type_.tensor_type().shape.dim.clone();
    let main = inputs.iter().position(|input| input.samples == Some(0));
    let Some(main) = main else { return };
    let Some(first) = dimensions(infos[main]).into_iter().next() else {
        return;
    };
    for (input, info) in inputs.iter_mut().zip(infos) {
        let own = dimensions(info);
        let Some(Some(size)) = input.shape.first().copied() else {
            continue;
        };
        let declared = first.has_dim_value().then(|| first.dim_value());
        if declared == Some(size as i64) {
            continue;
        }
        let same = |dimension: &Dimension| match declared {
            Some(declared) => dimension.has_dim_value() && dimension.dim_value() == declared,
            None => !first.dim_param().is_empty() && dimension.dim_param() == first.dim_param(),
        };
        let open = |dimension: &Dimension| !dimension.has_dim_value();
        let named = own.iter().position(same);
        let named = named.or_else(|| own.iter().position(open));
        if named.is_some() || declared.is_none() {
            input.samples = named;
        }
    }
}
