//! Functions that a model defines itself, replaced by their bodies.
//!
//! See "Functions" in <https://onnx.ai/onnx/repo-docs/IR.html>: a call passes values by position and
//! attributes by name, and everything inside a body has a scope of its own.

use std::collections::HashMap;

use crate::proto::{AttributeProto, FunctionProto, ModelProto, NodeProto};

/// How deep functions may call functions; a recursion never ends, and ONNX forbids it.
const DEEPEST_CALL: usize = 64;

/// A function is known by its domain, its name and its overload.
type Key = (String, String, String);

/// Replaces every call of a function in the main graph by the function's body.
pub(crate) fn functions(message: &mut ModelProto) -> Result<(), String> {
    if message.functions.is_empty() {
        return Ok(());
    }
    let functions: HashMap<Key, FunctionProto> = std::mem::take(&mut message.functions)
        .into_iter()
        .map(|function| {
            let key = (
                function.domain().into(),
                function.name().into(),
                function.overload().into(),
            );
            (key, function)
        })
        .collect();
    for function in functions.values() {
        for import in &function.opset_import {
            if !message
                .opset_import
                .iter()
                .any(|set| set.domain() == import.domain())
            {
                message.opset_import.push(import.clone());
            }
        }
    }
    let graph = message.graph.mut_or_insert_default();
    let mut inliner = Inliner {
        functions: &functions,
        calls: 0,
        output: Vec::new(),
    };
    for node in std::mem::take(&mut graph.node) {
        inliner.expand(node, 0)?;
    }
    graph.node = inliner.output;
    Ok(())
}

struct Inliner<'a> {
    functions: &'a HashMap<Key, FunctionProto>,
    calls: usize,
    output: Vec<NodeProto>,
}

impl Inliner<'_> {
    fn expand(&mut self, call: NodeProto, depth: usize) -> Result<(), String> {
        let key = (
            call.domain().into(),
            call.op_type().into(),
            call.overload().into(),
        );
        let Some(function) = self.functions.get(&key) else {
            self.output.push(call);
            return Ok(());
        };
        if depth == DEEPEST_CALL {
            return Err(format!(
                "function '{}' calls itself, or {DEEPEST_CALL} others deep",
                function.name()
            ));
        }
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
            let mut node = body.clone();
            for name in node.input.iter_mut().chain(&mut node.output) {
                if !name.is_empty() {
                    *name = names
                        .entry(name.clone())
                        .or_insert_with(|| format!("{scope}/{name}"))
                        .clone();
                }
            }
            node.set_name(format!("{scope}/{}", body.name()));
            node.attribute = body
                .attribute
                .iter()
                .filter_map(|attribute| resolve(attribute, &call, function))
                .collect();
            self.expand(node, depth + 1)?;
        }
        Ok(())
    }
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
