//! Constants behind weights: where the mean of what they hear can be kept when they are muted.

use std::collections::BTreeMap;

use leaky_onnx::unit_map::{HeardBy, Share, UnitMap};
use leaky_onnx::{Network, Node, Normalization, Role, Shapes, ValueId, Weighted};
use serde::Serialize;

use crate::signal::Signal;

/// Numbers that are added to what weights make of what they hear, one for each of their outputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Constant {
    /// The name of the parameter that holds them.
    pub parameter: String,
    /// Its sizes, all of them one but that of the outputs.
    pub shape: Vec<usize>,
    /// What a change of an output by one is there.
    pub factor: f64,
    /// The axis of the weights that counts what they make.
    pub outputs_axis: usize,
    /// The place of the parameter in the network.
    #[serde(skip)]
    pub(super) index: usize,
}

/// The constants behind the weights that hear the units of a map, by the names of the weights; those that
/// have none are missing. It depends on the graph and its shapes alone.
pub fn constants(network: &Network, shapes: &Shapes, map: &UnitMap) -> BTreeMap<String, Constant> {
    let hearers = map.groups.iter().flat_map(|group| &group.hearers);
    let weights = hearers.filter_map(|hearer| match &hearer.by {
        HeardBy::Weights(weights) => Some(weights),
        HeardBy::Normalization(_) => None,
    });
    weights
        .filter_map(|weights| {
            let (_, constant) = constant_behind(network, shapes, weights)?;
            Some((weights.parameter.clone(), constant))
        })
        .collect()
}

/// The signal that weights hear, and the constant behind them, if there is one.
pub(super) fn constant_behind(
    network: &Network,
    shapes: &Shapes,
    weights: &Share,
) -> Option<(Signal, Constant)> {
    let signal = Signal::of(network, shapes, weights)?;
    let node = &network.nodes()[signal.node];
    let Role::Weighted(kind) = node.role else {
        return None;
    };
    let outputs_axis = match kind {
        Weighted::Convolution => 0,
        Weighted::TransposedConvolution if weights.groups == 1 => 1,
        Weighted::Gemm | Weighted::MatrixProduct if weights.shape.len() == 2 => 1 - weights.axis,
        _ => return None,
    };
    let (index, factor) = added_behind(network, node, weights.shape[outputs_axis])?;
    let parameter = &network.parameters()[index];
    (outputs_axis != weights.axis).then(|| {
        let constant = Constant {
            parameter: parameter.name.clone(),
            shape: parameter.shape.clone(),
            factor,
            outputs_axis,
            index,
        };
        (signal, constant)
    })
}

/// The parameter, by its place, that is added to what a node makes and to nothing else, and what a change
/// of an output by one is there.
fn added_behind(network: &Network, node: &Node, outputs: usize) -> Option<(usize, f64)> {
    let own = |value: ValueId, factor: f64| {
        let parameter = network.parameter_behind(value)?;
        let elements: usize = network.parameters()[parameter].shape.iter().product();
        let is_alone = network.consumers(value).len() == 1 && elements == outputs;
        is_alone.then_some((parameter, factor))
    };
    let float = |name: &str| node.attributes().float(name, 1.0).ok();
    let (alpha, beta) = match node.role {
        Role::Weighted(Weighted::Gemm) => (float("alpha")?, float("beta")?),
        _ => (1.0, 1.0),
    };
    // A bias that is no parameter, of zeros say, leaves what comes behind.
    if !matches!(node.role, Role::Weighted(Weighted::MatrixProduct))
        && let Some(bias) = node.input(2)
        && beta != 0.0
        && let Some(found) = own(bias, alpha / beta)
    {
        return Some(found);
    }
    let [(behind, number)] = network.consumers(*node.outputs.first()?) else {
        return None;
    };
    let behind = &network.nodes()[*behind];
    let is_product = matches!(
        node.role,
        Role::Weighted(Weighted::Gemm | Weighted::MatrixProduct)
    );
    match behind.role {
        Role::Normalization(Normalization::Batch) if *number == 0 => own(behind.input(3)?, -alpha),
        // Behind a convolution a list of numbers may lie along another axis.
        Role::Sum { subtracts } if is_product && behind.inputs.len() == 2 => {
            let factor = match (subtracts, number) {
                (true, 0) => -alpha,
                (true, _) => return None,
                (false, _) => alpha,
            };
            own(behind.input(1 - number)?, factor)
        }
        _ => None,
    }
}
