//! A graph inside of a node, made ready to run: what a loop repeats.
//!
//! Its own tensors are constants; what it takes from the graph around it is given with its inputs, so
//! that gradients reach the weights there.

use std::collections::HashMap;

use burn::backend::DispatchDevice;

use super::constants::scalar_constant;
use crate::attributes::Attributes;
use crate::branches::{self, Layout};
use crate::graph::{Graph, ValueId};
use crate::model::Model;
use crate::operators::{self, Body, Inputs, Refusal, Request, Run};
use crate::proto::tensor_proto::DataType;
use crate::proto::{GraphProto, NodeProto};
use crate::standard::{full_name, is_constant, label};
use crate::tensor;
use crate::value::Value;

/// How deep graphs may lie in graphs.
const DEEPEST: usize = 16;

type Compiled<T> = Result<T, Refusal>;

/// The graph in an attribute of a node.
pub(super) fn compile(
    model: &Model,
    device: &DispatchDevice,
    node: &NodeProto,
    attribute: &str,
) -> Compiled<Body> {
    Around { model, device }.body(node, attribute, 0)
}

struct Around<'a> {
    model: &'a Model,
    device: &'a DispatchDevice,
}

/// The steps of a graph, and where its values lie.
struct Steps {
    graph: Graph,
    runs: Vec<Run>,
    constants: Vec<(ValueId, Value)>,
    inputs: Vec<ValueId>,
    captured: Vec<ValueId>,
    outputs: Vec<ValueId>,
}

impl Around<'_> {
    fn body(&self, node: &NodeProto, attribute: &str, depth: usize) -> Compiled<Body> {
        if depth == DEEPEST {
            return Err(Refusal::Unsupported(format!(
                "graphs more than {DEEPEST} deep inside of each other"
            )));
        }
        let found = node.attribute.iter().find(|a| a.name() == attribute);
        let Some(graph) = found.and_then(|attribute| attribute.g.as_ref()) else {
            return Err(Refusal::Invalid(format!(
                "attribute '{attribute}' is missing"
            )));
        };
        let all = branches::captured(node);
        let own = branches::captured_by(graph);
        let position = |name: &String| all.iter().position(|known| known == name);
        let captured = own.iter().filter_map(position);
        let captured = captured.map(|index| node.input.len() + index).collect();
        let steps = self.steps(graph, &own, depth)?;
        Ok(Body {
            inputs: steps.inputs.len(),
            outputs: steps.outputs.len(),
            captured,
            run: Box::new(move |inputs, outer| steps.run(inputs, outer)),
        })
    }

    fn steps(&self, graph: &GraphProto, captured: &[String], depth: usize) -> Compiled<Steps> {
        let invalid = |error: crate::Error| Refusal::Invalid(error.to_string());
        let layout: Layout = branches::lay_out(graph.node.iter(), &|name| {
            let tensor = branches::constant_tensor(name, &graph.initializer, graph.node.iter())?;
            branches::truth_of(tensor)
        });
        let mut steps = Steps {
            graph: Graph::default(),
            runs: Vec::new(),
            constants: Vec::new(),
            inputs: Vec::new(),
            captured: Vec::new(),
            outputs: Vec::new(),
        };
        let mut elements: HashMap<String, DataType> = HashMap::new();
        let read = |proto: &crate::proto::TensorProto| -> Compiled<Value> {
            let data = tensor::read(proto, self.model.folder()).map_err(invalid)?;
            Ok(Value::from_data(data, self.device))
        };
        for name in captured {
            steps
                .captured
                .push(steps.graph.define(name, false).map_err(invalid)?);
        }
        for proto in &graph.initializer {
            let id = steps.graph.define(proto.name(), true).map_err(invalid)?;
            steps.constants.push((id, read(proto)?));
            if let Ok(kind) = tensor::data_type(proto.data_type()) {
                elements.insert(proto.name().to_owned(), kind);
            }
        }
        for tensor in &layout.tensors {
            let node = branches::follow(&graph.node[tensor.root], &tensor.way);
            let proto = &node.attribute[tensor.attribute].g.initializer[tensor.index];
            let id = steps.graph.define(&tensor.name, true).map_err(invalid)?;
            steps.constants.push((id, read(proto)?));
        }
        for info in &graph.input {
            if steps.graph.find(info.name()).is_none() {
                let id = steps.graph.define(info.name(), false).map_err(invalid)?;
                steps.inputs.push(id);
            }
        }
        for placed in &layout.nodes {
            let proto = placed.proto.as_deref().unwrap_or(&graph.node[placed.root]);
            if is_constant(proto) {
                let name = proto.output.first().map_or("", String::as_str);
                let id = steps.graph.define(name, true).map_err(invalid)?;
                let value = proto.attribute.iter().find(|a| a.name() == "value");
                let value = match value.and_then(|attribute| attribute.t.as_ref()) {
                    Some(tensor) => read(tensor)?,
                    None => Value::from_data(scalar_constant(proto).map_err(invalid)?, self.device),
                };
                steps.constants.push((id, value));
                continue;
            }
            let Some(operator) = operators::find(proto.domain(), proto.op_type()) else {
                return Err(Refusal::Unsupported(format!(
                    "{} at node '{}' of its graph",
                    full_name(proto),
                    label(proto)
                )));
            };
            let run = operator.build(&Request {
                attributes: Attributes::new(proto, self.model.folder()),
                opset: self.model.opset(),
                inputs: proto.input.len(),
                outputs: proto.output.len(),
                declared_outputs: proto.output.len(),
                device: self.device.clone(),
                constant: &|_| None,
                element: &|index| elements.get(proto.input.get(index)?).copied(),
                body: &|name| self.body(proto, name, depth + 1),
            })?;
            let graph = &mut steps.graph;
            graph
                .add_node(proto, operator.role, 0, &placed.guards)
                .map_err(invalid)?;
            steps.runs.push(run);
        }
        for info in &graph.output {
            let id = steps.graph.find(info.name()).ok_or_else(|| {
                Refusal::Invalid(format!(
                    "its graph's output '{}' is given by no node",
                    info.name()
                ))
            })?;
            steps.outputs.push(id);
        }
        Ok(steps)
    }
}

impl Steps {
    fn run(
        &self,
        inputs: Vec<Option<Value>>,
        outer: &[Option<Value>],
    ) -> Result<Vec<Value>, String> {
        let mut values: Vec<Option<Value>> = vec![None; self.graph.values()];
        for (id, value) in self.captured.iter().zip(outer) {
            values[id.0].clone_from(value);
        }
        for (id, value) in self.inputs.iter().zip(inputs) {
            values[id.0] = value;
        }
        for (id, value) in &self.constants {
            values[id.0] = Some(value.clone());
        }
        for (node, run) in self.graph.nodes.iter().zip(&self.runs) {
            if !holds(&node.guards, &values)? {
                continue;
            }
            let at = |id: &Option<ValueId>| id.and_then(|id| values[id.0].clone());
            let taken = node.inputs.iter().map(at).collect();
            let outputs = run(Inputs::new(taken)).map_err(|reason| {
                format!(
                    "node '{}' ({}) of its graph: {reason}",
                    node.name, node.operator
                )
            })?;
            for (id, value) in node.outputs.iter().zip(outputs) {
                values[id.0] = Some(value);
            }
        }
        self.outputs
            .iter()
            .map(|id| {
                let value = values[id.0].clone();
                value.ok_or_else(|| format!("nothing gives '{}'", self.graph.name(*id)))
            })
            .collect()
    }
}

/// Whether all conditions are what they must be.
pub(super) fn holds(guards: &[(ValueId, bool)], values: &[Option<Value>]) -> Result<bool, String> {
    for (id, wanted) in guards {
        // A condition that was not computed stands in a branch that is not taken itself.
        let Some(value) = &values[id.0] else {
            return Ok(false);
        };
        if (value.to_int().integer("the condition")? != 0) != *wanted {
            return Ok(false);
        }
    }
    Ok(true)
}
