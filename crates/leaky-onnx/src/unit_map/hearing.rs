//! What a node hears channels with.

use super::making::share;
use super::map::{HeardBy, HeardNormalization, Statistics};
use super::passing::Channels;
use crate::facts::{Normalization, Role, Weighted};
use crate::graph::{Node, ValueId};
use crate::network::Network;
use crate::operand::Operand;
use crate::units::Shapes;

/// What a node hears the channels of `value`, its input `number`, with.
///
/// # Errors
///
/// Says why no numbers of the node can make it deaf to one channel.
pub(super) fn heard_by(
    network: &Network,
    shapes: &Shapes,
    (node, number): (&Node, usize),
    (value, channels): (ValueId, &Channels),
) -> Result<HeardBy, String> {
    let refuse = |why: &str| {
        Err(format!(
            "its activation {why} at node '{}' ({})",
            node.name, node.operator
        ))
    };
    let Some(shape) = shapes.get(value) else {
        return refuse("is of unknown shape");
    };
    let axis = channels.axis;
    let by = |tensor: &Operand, axis: usize, groups: usize| {
        let places = channels.places.clone();
        Ok(HeardBy::Weights(share(
            network, tensor, axis, groups, places,
        )))
    };
    match node.role {
        Role::Normalization(Normalization::Batch) if number == 0 && axis == 1 => {
            normalized(network, node, channels)
        }
        Role::Weighted(Weighted::Convolution) if number == 0 && axis == 1 => {
            let tensor = weights(network, node, 1)?;
            let groups = node.attributes().int("group", 1)?.max(1) as usize;
            if groups > 1 && !tensor.is_plain() {
                return Err(format!(
                    "the weights of node '{}' are transposed",
                    node.name
                ));
            }
            by(&tensor, 1, groups)
        }
        Role::Weighted(Weighted::TransposedConvolution) if number == 0 && axis == 1 => {
            by(&weights(network, node, 1)?, 0, 1)
        }
        Role::Weighted(Weighted::Gemm)
            if number == 0 && axis == 1 && node.attributes().int("transA", 0)? == 0 =>
        {
            let axis = usize::from(node.attributes().int("transB", 0)? != 0);
            by(&weights(network, node, 1)?, axis, 1)
        }
        Role::Weighted(Weighted::MatrixProduct) => {
            let tensor = weights(network, node, 1 - number)?;
            let (rank, weights_rank) = (shape.len(), tensor.shape().len());
            let (wanted_axis, weights_axis) = if number == 0 {
                // The rows of a right factor; a vector has nothing else.
                (rank.checked_sub(1), weights_rank.checked_sub(2))
            } else {
                (rank.checked_sub(2), weights_rank.checked_sub(1))
            };
            match (wanted_axis, weights_axis) {
                (Some(wanted), Some(weights_axis)) if wanted == axis => {
                    by(&tensor, weights_axis, 1)
                }
                _ => refuse("is not multiplied unit by unit"),
            }
        }
        _ => refuse("is not followed further"),
    }
}

fn weights(network: &Network, node: &Node, number: usize) -> Result<Operand, String> {
    let value = node
        .input(number)
        .ok_or_else(|| format!("node '{}' has no weights", node.name))?;
    Operand::alone(network, value)
        .map_err(|why| format!("its activation goes to node '{}': {why}", node.name))
}

fn normalized(network: &Network, node: &Node, channels: &Channels) -> Result<HeardBy, String> {
    let list = |number| {
        let places = channels.places.clone();
        weights(network, node, number).map(|tensor| share(network, &tensor, 0, 1, places))
    };
    Ok(HeardBy::Normalization(Box::new(HeardNormalization {
        scale: list(1)?,
        shift: list(2)?,
        statistics: Statistics {
            mean: list(3)?,
            variance: list(4)?,
            epsilon: node.attributes().float("epsilon", 1e-5)?,
        },
    })))
}
