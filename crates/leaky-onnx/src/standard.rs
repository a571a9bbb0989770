//! ONNX's own operators as they are spelled in a file.

use crate::proto::NodeProto;

/// Whether a domain is that of ONNX's own operators, which has two spellings.
pub(crate) fn is_standard_domain(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

/// Whether a node chooses between graphs of its own.
pub(crate) fn is_if(node: &NodeProto) -> bool {
    node.op_type() == "If" && is_standard_domain(node.domain())
}

/// Whether a node holds numbers of the file instead of computing some.
pub(crate) fn is_constant(node: &NodeProto) -> bool {
    node.op_type() == "Constant" && is_standard_domain(node.domain())
}

/// What a node is called: by its name, or by its first output's where it has none.
pub(crate) fn label(proto: &NodeProto) -> String {
    match proto.name() {
        "" => proto.output.first().cloned().unwrap_or_default(),
        name => name.to_owned(),
    }
}

/// An operator with its domain, where that is not ONNX's own.
pub(crate) fn full_name(proto: &NodeProto) -> String {
    match proto.domain() {
        domain if is_standard_domain(domain) => format!("operator {}", proto.op_type()),
        domain => format!("operator {domain}.{}", proto.op_type()),
    }
}
