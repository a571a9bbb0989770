//! ONNX's own operators as they are spelled in a file.

use crate::proto::NodeProto;

/// Whether a domain is that of ONNX's own operators, which has two spellings.
pub(crate) fn is_standard_domain(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

/// Whether a node holds numbers of the file instead of computing some.
pub(crate) fn is_constant(node: &NodeProto) -> bool {
    node.op_type() == "Constant" && is_standard_domain(node.domain())
}
