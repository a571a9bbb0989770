//! What is to be done for dead units, told from the unit map alone: no number is touched.
//!
//! The engine's own revival follows the same cases. The plan is for networks whose numbers live
//! elsewhere, in a framework that runs them itself.

use std::collections::{BTreeMap, BTreeSet};

use leaky_onnx::unit_map::{Group, UnitMap};
use serde::Serialize;

use super::cases::Case;

/// Channels of a group that are dead at the same layers, and what is to be done for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Treatment {
    /// The group, by its place in the map.
    pub group: usize,
    /// The channels.
    pub units: Vec<usize>,
    /// How they are revived without a change of any output, if at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<Exact>,
    /// Where they can be revived within a bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bounded: Vec<Bounded>,
    /// Where nothing can be done for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
}

/// Layers at which nothing depends on a channel once what hears it is muted. Makers and hearers stand
/// by their places in the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exact {
    /// The layers, in execution order.
    pub layers: Vec<Spoken>,
    /// All that makes the channel there. Where they are several, all are silenced before one speaks.
    pub makers: Vec<usize>,
    /// All that hears it there, to be muted.
    pub hearers: Vec<usize>,
}

/// A layer, and the maker that is to speak there unless the channel lives there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spoken {
    /// The layer.
    pub layer: usize,
    /// The maker; none where only the layers before it can give it life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<usize>,
}

/// A layer at which a channel is heard by something that cannot be muted. Makers and hearers stand by
/// their places in the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bounded {
    /// The layer.
    pub layer: usize,
    /// What makes the channel there: all are silenced, then the first speaks.
    pub makers: Vec<usize>,
    /// Those of its hearers that can be muted.
    pub hearers: Vec<usize>,
    /// Why it cannot be revived exactly.
    pub reason: String,
}

/// A layer at which a channel is left dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The layer.
    pub layer: usize,
    /// Why.
    pub reason: String,
}

/// What is to be done for the `dead` units of each layer of a map; where nothing may change an output,
/// `bounded` is false. Groups come in execution order, so that fresh units of one layer feed those of
/// the next.
pub fn plan(map: &UnitMap, dead: &[Vec<usize>], bounded: bool) -> Vec<Treatment> {
    let groups = map.groups.iter().enumerate();
    groups
        .flat_map(|(number, group)| {
            let ways = ways(map, group, dead).into_iter();
            ways.map(move |(case, units)| treatment(number, &case, units, bounded))
        })
        .collect()
}

fn treatment(group: usize, case: &Case, units: Vec<usize>, bounded: bool) -> Treatment {
    let small = if bounded { case.bounded() } else { Vec::new() };
    let left = case.dead().iter().copied();
    let left = left.filter(|layer| !case.exact.contains(layer) && !small.contains(layer));
    Treatment {
        group,
        units,
        exact: (!case.exact.is_empty()).then(|| Exact {
            layers: case
                .exact
                .iter()
                .map(|&layer| Spoken {
                    layer,
                    maker: case.makers_at(layer, &case.exact).next(),
                })
                .collect(),
            makers: case.exact_makers().collect(),
            hearers: case.exact_hearers().collect(),
        }),
        bounded: small
            .iter()
            .map(|&layer| Bounded {
                layer,
                makers: case.makers_at(layer, case.silent()).collect(),
                hearers: case.bounded_hearers(layer).collect(),
                reason: case.reason(layer),
            })
            .collect(),
        left: left
            .map(|layer| Left {
                layer,
                reason: case.reason(layer),
            })
            .collect(),
    }
}

/// The ways in which channels of a group are dead, each with the channels.
pub(super) fn ways<'a>(
    map: &'a UnitMap,
    group: &'a Group,
    dead: &[Vec<usize>],
) -> Vec<(Case<'a>, Vec<usize>)> {
    let mut layers_of: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &layer in &group.layers {
        for &unit in &dead[layer] {
            layers_of.entry(unit).or_default().insert(layer);
        }
    }
    let mut ways: BTreeMap<BTreeSet<usize>, Vec<usize>> = BTreeMap::new();
    for (unit, layers) in layers_of {
        ways.entry(layers).or_default().push(unit);
    }
    let ways = ways.into_iter();
    ways.map(|(layers, units)| (Case::new(map, group, layers), units))
        .collect()
}
