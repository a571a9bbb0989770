//! Graphs inside of nodes: branches of `If` laid out among the nodes of the main graph, and what any
//! inner graph takes from the graphs around it.
//!
//! Each node of a branch runs under a guard, the condition and what it must be; the `If` itself stays
//! as the choice between what its branches give. So rectifiers and weights inside of branches are
//! rectifiers and weights like any others.

use std::collections::{HashMap, HashSet};

use crate::proto::{AttributeProto, GraphProto, NodeProto, TensorProto};
use crate::standard::{is_constant, is_if, label};

/// A condition by the name of its value, and what it must be.
pub(crate) type Guard = (String, bool);

/// The way into the graphs of a node: the attribute that holds the graph, and the node in it.
pub(crate) type Way = Vec<(usize, usize)>;

/// A node that runs.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// The node of the main graph that it is, or that it lies in.
    pub(crate) root: usize,
    /// Where in the root it lies; empty for the root itself.
    pub(crate) way: Way,
    /// It as it runs, where that is not as it is written.
    pub(crate) proto: Option<Box<NodeProto>>,
    pub(crate) guards: Vec<Guard>,
}

/// An initializer of a branch.
#[derive(Debug, Clone)]
pub(crate) struct BranchTensor {
    /// Its name among the values of the main graph.
    pub(crate) name: String,
    pub(crate) root: usize,
    pub(crate) way: Way,
    /// The attribute of the node at the end of the way that holds the graph.
    pub(crate) attribute: usize,
    /// Its place among the graph's initializers.
    pub(crate) index: usize,
}

/// What the branches of a graph's nodes are laid out to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) nodes: Vec<Placed>,
    pub(crate) tensors: Vec<BranchTensor>,
}

/// Lays out the branches of a graph's nodes. `truth` tells of a condition that stands in the file.
pub(crate) fn lay_out<'a>(
    roots: impl Iterator<Item = &'a NodeProto>,
    truth: &dyn Fn(&str) -> Option<bool>,
) -> Layout {
    let mut layout = Layout::default();
    for (root, node) in roots.enumerate() {
        if is_if(node) {
            let place = Place {
                root,
                way: Vec::new(),
                guards: Vec::new(),
            };
            layout.branches(node, place, truth);
        } else {
            layout.nodes.push(Placed {
                root,
                way: Vec::new(),
                proto: None,
                guards: Vec::new(),
            });
        }
    }
    layout
}

/// Where a node stands, and under which guards.
#[derive(Clone)]
struct Place {
    root: usize,
    way: Way,
    guards: Vec<Guard>,
}

impl Layout {
    /// Lays out an `If`, whose own names are those of the main graph already.
    fn branches(&mut self, node: &NodeProto, place: Place, truth: &dyn Fn(&str) -> Option<bool>) {
        let condition = node.input.first().cloned().unwrap_or_default();
        let known = truth(&condition);
        let mut choice = node.clone();
        choice.attribute.clear();
        let label = label(node);
        for (name, value) in [("then_branch", true), ("else_branch", false)] {
            if known.is_some_and(|known| known != value) {
                continue;
            }
            let attribute = node.attribute.iter().position(|a| a.name() == name);
            let Some(attribute) = attribute else { continue };
            let graph = &node.attribute[attribute].g;
            let scope = format!("{label}/{name}");
            let mut inner = place.clone();
            if known.is_none() {
                inner.guards.push((condition.clone(), value));
            }
            let given = self.graph(graph, attribute, &scope, inner, truth);
            choice.input.extend(given);
        }
        self.nodes.push(Placed {
            root: place.root,
            way: place.way,
            proto: Some(Box::new(choice)),
            guards: place.guards,
        });
    }

    /// Lays out the graph of a branch and tells the names of what it gives.
    fn graph(
        &mut self,
        graph: &GraphProto,
        attribute: usize,
        scope: &str,
        place: Place,
        truth: &dyn Fn(&str) -> Option<bool>,
    ) -> Vec<String> {
        let own = |name: &String| (name.clone(), format!("{scope}/{name}"));
        let tensors = graph.initializer.iter().map(|tensor| tensor.name.clone());
        let mut names: HashMap<String, String> = tensors.flatten().map(|name| own(&name)).collect();
        let outputs = graph.node.iter().flat_map(|node| &node.output);
        names.extend(outputs.filter(|name| !name.is_empty()).map(own));
        for (index, tensor) in graph.initializer.iter().enumerate() {
            self.tensors.push(BranchTensor {
                name: names[tensor.name()].clone(),
                root: place.root,
                way: place.way.clone(),
                attribute,
                index,
            });
        }
        for (index, node) in graph.node.iter().enumerate() {
            let mut renamed = node.clone();
            rename(&mut renamed, &mut |name| {
                names.get(name).cloned().unwrap_or_else(|| name.to_owned())
            });
            for name in &mut renamed.output {
                if let Some(own) = names.get(name) {
                    *name = own.clone();
                }
            }
            if !node.name().is_empty() {
                renamed.set_name(format!("{scope}/{}", node.name()));
            }
            let mut inner = place.clone();
            inner.way.push((attribute, index));
            if is_if(node) {
                self.branches(&renamed, inner, truth);
            } else {
                self.nodes.push(Placed {
                    root: inner.root,
                    way: inner.way,
                    proto: Some(Box::new(renamed)),
                    guards: inner.guards,
                });
            }
        }
        let outputs = graph.output.iter().map(|info| info.name());
        outputs
            .map(|name| names.get(name).cloned().unwrap_or_else(|| name.to_owned()))
            .collect()
    }
}

/// Gives new names to what a node takes, and to what its graphs take from around them.
pub(crate) fn rename(node: &mut NodeProto, new: &mut dyn FnMut(&str) -> String) {
    for name in node.input.iter_mut().filter(|name| !name.is_empty()) {
        *name = new(name);
    }
    for attribute in &mut node.attribute {
        for graph in graphs_mut(attribute) {
            rename_outer(graph, new);
        }
    }
}

/// Gives new names to what a graph takes from the graphs around it.
fn rename_outer(graph: &mut GraphProto, new: &mut dyn FnMut(&str) -> String) {
    let own = defined(graph);
    let mut outer = |name: &str| {
        if own.contains(name) {
            name.to_owned()
        } else {
            new(name)
        }
    };
    for node in &mut graph.node {
        rename(node, &mut outer);
    }
    for output in &mut graph.output {
        let name = outer(output.name());
        output.set_name(name);
    }
}

/// The values that a graph gives itself.
fn defined(graph: &GraphProto) -> HashSet<String> {
    let inputs = graph.input.iter().map(|info| info.name().to_owned());
    let tensors = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name().to_owned());
    let outputs = graph.node.iter().flat_map(|node| node.output.clone());
    inputs.chain(tensors).chain(outputs).collect()
}

/// The names that the graphs of a node take from the graph around it, each once.
pub(crate) fn captured(node: &NodeProto) -> Vec<String> {
    let mut found = Vec::new();
    let mut node = node.clone();
    node.input.clear();
    rename(&mut node, &mut |name| {
        if !name.is_empty() && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
        name.to_owned()
    });
    found
}

/// The names that a graph takes from the graph around it, each once.
pub(crate) fn captured_by(graph: &GraphProto) -> Vec<String> {
    let mut found = Vec::new();
    rename_outer(&mut graph.clone(), &mut |name| {
        if !name.is_empty() && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
        name.to_owned()
    });
    found
}

fn graphs_mut(attribute: &mut AttributeProto) -> impl Iterator<Item = &mut GraphProto> {
    attribute
        .g
        .as_mut()
        .into_iter()
        .chain(&mut attribute.graphs)
}

/// The graphs of a node.
pub(crate) fn graphs(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    let attributes = node.attribute.iter();
    attributes.flat_map(|attribute| attribute.g.as_ref().into_iter().chain(&attribute.graphs))
}

/// The tensors that the graphs of a node hold, those inside of their nodes too.
pub(crate) fn tensors(node: &NodeProto) -> Vec<&TensorProto> {
    let mut found = Vec::new();
    for graph in graphs(node) {
        found.extend(&graph.initializer);
        for node in &graph.node {
            found.extend(node.attribute.iter().filter_map(|a| a.t.as_ref()));
            found.extend(tensors(node));
        }
    }
    found
}

/// Every graph of a node, those inside of its graphs too.
pub(crate) fn all_graphs_mut(node: &mut NodeProto, each: &mut dyn FnMut(&mut GraphProto)) {
    for attribute in &mut node.attribute {
        for graph in graphs_mut(attribute) {
            each(graph);
            for node in &mut graph.node {
                all_graphs_mut(node, each);
            }
        }
    }
}

/// The node at the end of a way.
pub(crate) fn follow_mut<'a>(root: &'a mut NodeProto, way: &[(usize, usize)]) -> &'a mut NodeProto {
    way.iter().fold(root, |node, &(attribute, index)| {
        &mut node.attribute[attribute].g.mut_or_insert_default().node[index]
    })
}

/// The node at the end of a way.
pub(crate) fn follow<'a>(root: &'a NodeProto, way: &[(usize, usize)]) -> &'a NodeProto {
    way.iter().fold(root, |node, &(attribute, index)| {
        &node.attribute[attribute].g.node[index]
    })
}

/// The truth value of a tensor of one element.
pub(crate) fn truth_of(tensor: &TensorProto) -> Option<bool> {
    let raw = tensor.raw_data.as_ref().and_then(|raw| raw.first());
    let typed = || tensor.int32_data.first().map(|&number| number != 0);
    raw.map(|&byte| byte != 0).or_else(typed)
}

/// The tensor of a constant that one of these nodes or initializers holds.
pub(crate) fn constant_tensor<'a>(
    name: &str,
    tensors: &'a [TensorProto],
    mut nodes: impl Iterator<Item = &'a NodeProto>,
) -> Option<&'a TensorProto> {
    let initializer = tensors.iter().find(|tensor| tensor.name() == name);
    initializer.or_else(|| {
        let node = nodes
            .find(|node| is_constant(node) && node.output.first().is_some_and(|o| o == name))?;
        let value = node.attribute.iter().find(|a| a.name() == "value")?;
        value.t.as_ref()
    })
}
