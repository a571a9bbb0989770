//! The graph of a network: its values, the nodes that give and take them, and what is constant.

use std::collections::HashMap;
use std::path::Path;

use burn::tensor::DType;

use crate::attributes::Attributes;
use crate::branches::{self, Guard};
use crate::error::{Error, Result};
use crate::facts::Role;
use crate::proto::NodeProto;
use crate::standard::label;

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
    /// Whether the file says how many axes it has; where it does not, `shape` is empty.
    pub ranked: bool,
    /// The axis that counts samples, which is the first unless the file says otherwise; `None` for an
    /// input that all samples share, such as a lone number.
    pub samples: Option<usize>,
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
#[derive(Debug)]
pub struct Node {
    /// Its name in the file, or its first output's name where it has none.
    pub name: String,
    /// The ONNX operator.
    pub operator: String,
    /// What the operator does.
    pub role: Role,
    /// What it takes; `None` where an optional input is left out. What its own graphs take from around
    /// them stands behind what it names.
    pub inputs: Vec<Option<ValueId>>,
    /// What it gives.
    pub outputs: Vec<ValueId>,
    /// The truth values on which it depends whether it runs at all, and what they must be.
    pub guards: Vec<(ValueId, bool)>,
    /// Its place among the nodes of the model that run.
    pub(crate) index: usize,
    pub(crate) proto: NodeProto,
}

impl Node {
    /// Its attributes, except for tensors that lie outside of the file.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(&self.proto, Path::new(""))
    }

    /// An input, if the node takes it.
    pub fn input(&self, index: usize) -> Option<ValueId> {
        self.inputs.get(index).copied().flatten()
    }

    pub(crate) fn wrong(&self, reason: String) -> Error {
        Error::Node {
            node: self.name.clone(),
            operator: self.operator.clone(),
            reason,
        }
    }
}

/// Values and nodes, each node behind those whose values it takes.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    names: Vec<String>,
    ids: HashMap<String, ValueId>,
    /// For each value, whether it depends on no input of the network.
    constant: Vec<bool>,
    /// For each value, the node that gives it.
    producers: Vec<Option<usize>>,
    /// For each value, the nodes and inputs that take it.
    consumers: Vec<Vec<(usize, usize)>>,
}

impl Graph {
    /// How many values there are.
    pub(crate) fn values(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn name(&self, value: ValueId) -> &str {
        &self.names[value.0]
    }

    pub(crate) fn find(&self, name: &str) -> Option<ValueId> {
        self.ids.get(name).copied()
    }

    pub(crate) fn is_constant(&self, value: ValueId) -> bool {
        self.constant[value.0]
    }

    pub(crate) fn producer(&self, value: ValueId) -> Option<usize> {
        self.producers[value.0]
    }

    pub(crate) fn consumers(&self, value: ValueId) -> &[(usize, usize)] {
        &self.consumers[value.0]
    }

    /// Adds a value that no node gives.
    ///
    /// # Errors
    ///
    /// If another value has its name.
    pub(crate) fn define(&mut self, name: &str, constant: bool) -> Result<ValueId> {
        self.add_value(name, None, constant)
    }

    fn add_value(
        &mut self,
        name: &str,
        producer: Option<usize>,
        constant: bool,
    ) -> Result<ValueId> {
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

    /// Adds a node, which stands at place `index` among those of the model, and the values it gives.
    ///
    /// # Errors
    ///
    /// If no earlier node gives what it takes, or another gives what it gives.
    pub(crate) fn add_node(
        &mut self,
        proto: &NodeProto,
        role: Role,
        index: usize,
        guards: &[Guard],
    ) -> Result<()> {
        let position = self.nodes.len();
        let captured = branches::captured(proto);
        let mut inputs = Vec::with_capacity(proto.input.len() + captured.len());
        for (number, input) in proto.input.iter().chain(&captured).enumerate() {
            let id = match input.as_str() {
                "" => None,
                given => Some(self.find(given).ok_or_else(|| Error::Node {
                    node: label(proto),
                    operator: proto.op_type().to_owned(),
                    reason: format!("takes '{given}', which no earlier node gives"),
                })?),
            };
            if let Some(id) = id {
                self.consumers[id.0].push((position, number));
            }
            inputs.push(id);
        }
        let guards = guards
            .iter()
            .filter_map(|(name, wanted)| Some((self.find(name)?, *wanted)))
            .collect::<Vec<_>>();
        let conditions = guards.iter().map(|(id, _)| id);
        let constant = inputs
            .iter()
            .flatten()
            .chain(conditions)
            .all(|id| self.constant[id.0]);
        let outputs = proto
            .output
            .iter()
            .map(|output| self.add_value(output, Some(position), constant))
            .collect::<Result<Vec<_>>>()?;
        self.nodes.push(Node {
            name: label(proto),
            operator: proto.op_type().to_owned(),
            role,
            inputs,
            outputs,
            guards,
            index,
            proto: proto.clone(),
        });
        Ok(())
    }

    /// Which nodes some values need, and how often each value is used by them.
    pub(crate) fn plan(&self, wanted: &[ValueId]) -> (Vec<bool>, Vec<usize>) {
        self.plan_from(wanted, |_| false)
    }

    /// The same where some values are known already.
    pub(crate) fn plan_from(
        &self,
        wanted: &[ValueId],
        is_known: impl Fn(ValueId) -> bool,
    ) -> (Vec<bool>, Vec<usize>) {
        let mut uses = vec![0; self.names.len()];
        for id in wanted {
            uses[id.0] += 1;
        }
        let mut needed = vec![false; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            needed[index] = node
                .outputs
                .iter()
                .any(|&id| uses[id.0] > 0 && !is_known(id));
            if needed[index] {
                let conditions = node.guards.iter().map(|(id, _)| id);
                for id in node.inputs.iter().flatten().chain(conditions) {
                    uses[id.0] += 1;
                }
            }
        }
        (needed, uses)
    }
}
