//! What weights hear: the other operand of the node that multiplies by them.

use leaky_onnx::unit_map::Share;
use leaky_onnx::{Network, ParameterKind, Role, Shapes, ValueId, Weighted};

/// The signal that some weights are multiplied by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signal {
    pub(crate) value: ValueId,
    /// The axis of its features or channels.
    pub(crate) axis: usize,
    /// In how many groups the channels are heard, each by its own units.
    pub(crate) groups: usize,
    /// The place of the node that multiplies.
    pub(crate) node: usize,
}

impl Signal {
    /// What some weights hear, if a node multiplies by them.
    pub(crate) fn of(network: &Network, shapes: &Shapes, weights: &Share) -> Option<Self> {
        let mut parameters = network.parameters().iter();
        let parameter = parameters.position(|found| found.name == weights.parameter)?;
        let nodes = network.nodes().iter().enumerate();
        let mut weighing = nodes.filter_map(|(index, node)| {
            let Role::Weighted(kind) = node.role else {
                return None;
            };
            let mut roles = node.role.parameters().iter();
            let &(number, _) = roles.find(|(number, kind)| {
                let value = node.input(*number);
                let behind = value.and_then(|value| network.parameter_behind(value));
                *kind == ParameterKind::Weights && behind == Some(parameter)
            })?;
            Some((index, node, kind, number))
        });
        let (index, node, kind, number) = weighing.next()?;
        let value = node.input(1 - number)?;
        let rank = shapes.get(value)?.len();
        let (axis, groups) = match kind {
            Weighted::Convolution | Weighted::TransposedConvolution => {
                (1, node.attributes().int("group", 1).ok()?.max(1) as usize)
            }
            Weighted::Gemm => (1, 1),
            // The rows of a right factor meet the last axis, the columns of a left one that before it.
            Weighted::MatrixProduct => (rank.checked_sub(2 - number)?, 1),
        };
        Some(Self {
            value,
            axis,
            groups,
            node: index,
        })
    }
}
