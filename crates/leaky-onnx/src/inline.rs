//! Functions that a model defines itself, unfolded: each call replaced by the body.
//!
//! See "Functions" in <https://onnx.ai/onnx/repo-docs/IR.html>: a call passes values by position and
//! attributes by name, and everything inside a body has a scope of its own.

use std::collections::HashMap;

use crate::branches;
use crate::error::{Error, Result, Unsupported};
use crate::proto::{AttributeProto, FunctionProto, ModelProto, NodeProto, OperatorSetIdProto};
use crate::standard::is_standard_domain;

/// How deep functions may call functions; a recursion never ends, and ONNX forbids it.
const DEEPEST_CALL: usize = 64;

/// How many nodes the bodies of functions may unfold to: a few functions that each call another twice
/// would fill any memory.
const MOST_NODES: usize = 200_000;

/// A function is known by its domain, its name and its overload.
type Key = (String, String, String);

/// A node of the graph, once calls are replaced by bodies.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// It stands in the main graph, at this place.
    Graph(usize),
    /// It comes from a function's body.
    Body(Box<NodeProto>),
}

/// The nodes of the main graph, every call of a function replaced by the function's body, those inside
/// of nodes' own graphs too, and the operator sets that these are written for. The message stays as it
/// is.
pub(crate) fn functions(message: &ModelProto) -> Result<(Vec<Step>, Vec<OperatorSetIdProto>)> {
    let functions: HashMap<Key, &FunctionProto> = message
        .functions
        .iter()
        .map(|function| {
            let key = (
                function.domain().into(),
                function.name().into(),
                function.overload().into(),
            );
            (key, function)
        })
        .collect();
    let mut inliner = Inliner {
        functions: &functions,
        opsets: message.opset_import.clone(),
        calls: 0,
        nodes: 0,
        output: Vec::new(),
    };
    for (index, node) in message.graph.node.iter().enumerate() {
        match inliner.function(node) {
            Some(function) => inliner.call(node, function, 0)?,
            None if inliner.calls_inside(node) => {
                let node = inliner.settled(node.clone(), 0)?;
                inliner.output.push(Step::Body(Box::new(node)));
            }
            None => inliner.output.push(Step::Graph(index)),
        }
    }
    Ok((inliner.output, inliner.opsets))
}

struct Inliner<'a> {
    functions: &'a HashMap<Key, &'a FunctionProto>,
    opsets: Vec<OperatorSetIdProto>,
    calls: usize,
    nodes: usize,
    output: Vec<Step>,
}

impl<'a> Inliner<'a> {
    fn function(&self, call: &NodeProto) -> Option<&'a FunctionProto> {
        let key = (
            call.domain().into(),
            call.op_type().into(),
            call.overload().into(),
        );
        self.functions.get(&key).copied()
    }

    /// Whether a graph of a node, or one within it, calls a function.
    fn calls_inside(&self, node: &NodeProto) -> bool {
        !self.functions.is_empty()
            && branches::graphs(node)
                .flat_map(|graph| &graph.node)
                .any(|inner| self.function(inner).is_some() || self.calls_inside(inner))
    }

    /// A node whose graphs call no function any more.
    fn settled(&mut self, mut node: NodeProto, depth: usize) -> Result<NodeProto> {
        for attribute in &mut node.attribute {
            let graphs = attribute
                .g
                .as_mut()
                .into_iter()
                .chain(&mut attribute.graphs);
            for graph in graphs {
                let outside = std::mem::take(&mut self.output);
                for inner in std::mem::take(&mut graph.node) {
                    match self.function(&inner) {
                        Some(function) => self.call(&inner, function, depth)?,
                        None => {
                            let inner = self.settled(inner, depth)?;
                            self.output.push(Step::Body(Box::new(inner)));
                        }
                    }
                }
                let inside = std::mem::replace(&mut self.output, outside);
                graph.node = inside
                    .into_iter()
                    .filter_map(|step| match step {
                        Step::Body(node) => Some(*node),
                        Step::Graph(_) => None,
                    })
                    .collect();
            }
        }
        Ok(node)
    }

    fn call(&mut self, call: &NodeProto, function: &FunctionProto, depth: usize) -> Result<()> {
        if depth == DEEPEST_CALL {
            return Err(Error::Invalid(format!(
                "function '{}' calls itself, or {DEEPEST_CALL} others deep",
                function.name()
            )));
        }
        self.import(function)?;
        self.calls += 1;
        let scope = format!("{}/{}_{}", call.name(), function.name(), self.calls);
        let actual = |formal: &[String], given: &[String]| -> Vec<(String, String)> {
            formal
                .iter()
                .enumerate()
                .map(|(i, name)| (name.clone(), given.get(i).cloned().unwrap_or_default()))
                .collect()
        };
        let mut names: HashMap<String, String> =
            actual(&function.input, &call.input).into_iter().collect();
        // An output that the caller does not take still needs a name inside the body.
        let outputs = actual(&function.output, &call.output);
        names.extend(outputs.into_iter().filter(|(_, given)| !given.is_empty()));
        for body in &function.node {
            self.nodes += 1;
            if self.nodes > MOST_NODES {
                return Err(unsupported(
                    call,
                    format!(
                        "functions whose calls unfold to more than {MOST_NODES} nodes, as '{}' does",
                        function.name()
                    ),
                ));
            }
            let mut node = body.clone();
            let mut own = |name: &str| {
                let own = || format!("{scope}/{name}");
                names.entry(name.to_owned()).or_insert_with(own).clone()
            };
            branches::rename(&mut node, &mut own);
            for name in node.output.iter_mut().filter(|name| !name.is_empty()) {
                *name = own(name);
            }
            node.set_name(format!("{scope}/{}", body.name()));
            let attributes = std::mem::take(&mut node.attribute);
            node.attribute = attributes
                .iter()
                .filter_map(|attribute| resolve(attribute, call, function))
                .collect();
            branches::all_graphs_mut(&mut node, &mut |graph| {
                for inner in &mut graph.node {
                    let attributes = inner.attribute.iter();
                    inner.attribute = attributes
                        .filter_map(|attribute| resolve(attribute, call, function))
                        .collect();
                }
            });
            match self.function(&node) {
                Some(function) => self.call(&node, function, depth + 1)?,
                None => {
                    let node = self.settled(node, depth + 1)?;
                    self.output.push(Step::Body(Box::new(node)));
                }
            }
        }
        Ok(())
    }

    /// Takes over the operator sets of a function. Operators change between versions, so that a body
    /// written for one version cannot stand in a graph written for another.
    fn import(&mut self, function: &FunctionProto) -> Result<()> {
        for import in &function.opset_import {
            // The domains of functions hold no operators.
            if self
                .functions
                .keys()
                .any(|(domain, ..)| domain == import.domain())
            {
                continue;
            }
            let same_domain = |set: &&OperatorSetIdProto| {
                set.domain() == import.domain()
                    || (is_standard_domain(set.domain()) && is_standard_domain(import.domain()))
            };
            match self.opsets.iter().find(same_domain) {
                None => self.opsets.push(import.clone()),
                Some(set) if set.version() == import.version() => {}
                Some(set) => {
                    return Err(Error::Unsupported(vec![Unsupported {
                        node: None,
                        what: format!(
                            "function '{}' for operator set {} in a model for operator set {}",
                            function.name(),
                            import.version(),
                            set.version()
                        ),
                    }]));
                }
            }
        }
        Ok(())
    }
}

fn unsupported(call: &NodeProto, what: String) -> Error {
    Error::Unsupported(vec![Unsupported {
        node: Some(call.name().to_owned()),
        what,
    }])
}

/// An attribute of a body's node, where it refers to one of the call taken from there.
fn resolve(
    attribute: &AttributeProto,
    call: &NodeProto,
    function: &FunctionProto,
) -> Option<AttributeProto> {
    if attribute.ref_attr_name().is_empty() {
        return Some(attribute.clone());
    }
    let wanted = attribute.ref_attr_name();
    let mut found = call
        .attribute
        .iter()
        .chain(&function.attribute_proto)
        .find(|given| given.name() == wanted)?
        .clone();
    found.set_name(attribute.name().to_owned());
    Some(found)
}

#[cfg(test)]
mod tests {
    use crate::Error;
    use crate::proto::{FunctionProto, NodeProto};
    use crate::testing::{Graph, OPSET, node, opset};

    fn call(function: &str, input: &str, output: &str) -> NodeProto {
        let mut call = node(function, &[input], output);
        call.set_domain("local".into());
        call
    }

    fn function(name: &str, version: i64, body: Vec<NodeProto>) -> FunctionProto {
        let mut function = FunctionProto::new();
        function.set_domain("local".into());
        function.set_name(name.into());
        function.opset_import = vec![opset("", version), opset("local", 1)];
        function.input = vec!["a".into()];
        function.output = vec!["b".into()];
        function.node = body;
        function
    }

    fn calling(first: &str) -> Graph {
        Graph::new()
            .input("x", &[None, Some(4)])
            .proto(call(first, "x", "y"))
            .output("y")
    }

    #[test]
    fn functions_that_double_their_work_at_each_call_are_refused() {
        let mut graph = calling("f0");
        for level in 0..40 {
            let next = format!("f{}", level + 1);
            let body = vec![call(&next, "a", "c"), call(&next, "c", "b")];
            graph = graph.function(function(&format!("f{level}"), OPSET, body));
        }
        let last = function("f40", OPSET, vec![node("Relu", &["a"], "b")]);
        let error = graph.function(last).model().expect_err("2^40 nodes");
        assert!(
            error.to_string().contains("more than 200000 nodes"),
            "{error}"
        );
    }

    #[test]
    fn a_function_for_another_operator_set_than_the_models_is_refused() {
        let body = || vec![node("Relu", &["a"], "b")];
        let graph = calling("f").function(function("f", OPSET - 1, body()));
        let error = graph.model().expect_err("two operator sets");
        assert!(matches!(error, Error::Unsupported(_)), "{error}");
        assert!(
            error
                .to_string()
                .contains("function 'f' for operator set 17"),
            "{error}"
        );
        let same = calling("f").function(function("f", OPSET, body()));
        assert_eq!(same.network().nodes()[0].operator, "Relu");
    }

    #[test]
    fn a_function_that_calls_itself_is_refused() {
        let graph = calling("f").function(function("f", OPSET, vec![call("f", "a", "b")]));
        let error = graph.model().expect_err("no end");
        assert!(error.to_string().contains("calls itself"), "{error}");
    }

    #[test]
    fn a_relu_outside_of_functions_leaks_and_the_functions_stay() {
        let function = function("f", OPSET, vec![node("Relu", &["a"], "b")]);
        let graph = Graph::new()
            .input("x", &[None, Some(4)])
            .floats("w", &[4, 4])
            .node("Relu", &["x"], "first")
            .proto(call("f", "first", "second"))
            .node("MatMul", &["second", "w"], "y")
            .output("y")
            .function(function);
        let leaked = |name: &str| {
            let (mut model, network) = (graph.model().expect("it is read"), graph.network());
            let rectifiers = network.rectifiers().expect("readable attributes");
            let chosen = rectifiers.iter().find(|found| found.name.contains(name));
            let chosen = chosen.expect("a ReLU");
            model.leak(&network, &[chosen], 0.5).expect("it leaks");
            model
        };
        let mut expected = graph.0.clone();
        let outside = leaked("first").message().clone();
        let expected_nodes = &mut expected.graph.mut_or_insert_default().node;
        expected_nodes[0] = outside.graph.node[0].clone();
        assert_eq!(expected_nodes[0].op_type(), "LeakyRelu");
        assert_eq!(outside, expected);

        let inside = leaked("f_1").message().clone();
        assert!(
            inside.functions.is_empty(),
            "a body that differs is unfolded"
        );
        let operators = inside.graph.node.iter().map(NodeProto::op_type);
        let operators: Vec<&str> = operators.collect();
        assert_eq!(operators, ["Relu", "LeakyRelu", "MatMul"]);
    }
}
