//! How the channels of a value pass a node: whether, and where they stand behind it.

use super::share::Places;
use crate::facts::{RectifierKind, Role};
use crate::graph::{Node, ValueId};
use crate::network::Network;
use crate::units::Shapes;

/// Channels along one axis of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Channels {
    pub(super) axis: usize,
    pub(super) places: Places,
}

/// What becomes of channels at a node that takes them.
pub(super) enum Passing {
    /// They stand in what the node gives, silent where they were silent.
    Through(Channels),
    /// They are added to those of the other inputs.
    Added,
    /// They end: weights or a normalisation hear them.
    Heard,
    /// Only their shape is asked for.
    Unheard,
}

/// What becomes of the channels of `value`, which is input `number` of a node.
///
/// # Errors
///
/// Says what the node does to them that cannot be followed.
pub(super) fn passing(
    network: &Network,
    shapes: &Shapes,
    (node, number): (&Node, usize),
    (value, channels): (ValueId, &Channels),
) -> Result<Passing, String> {
    let shape = |value: ValueId| {
        let known = shapes.get(value);
        known.ok_or_else(|| format!("is of unknown shape at '{}'", network.value_name(value)))
    };
    let output = *node.outputs.first().ok_or("goes nowhere")?;
    let before = shape(value)?;
    let rank = before.len();
    let axis = channels.axis;
    let straight = || Ok(Passing::Through(channels.clone()));
    let along = |axis| {
        Ok(Passing::Through(Channels {
            axis,
            places: channels.places.clone(),
        }))
    };
    let first = number == 0;
    let moves_positions_only = first && axis == 1 && rank > 2;
    match node.role {
        role if !role.sees(number) => Ok(Passing::Unheard),
        Role::Same | Role::Dropped | Role::KeepsZero => straight(),
        // One that is bounded elsewhere than from zero may give anything for zero.
        Role::Rectifier(kind) if first && kind != RectifierKind::Clip => straight(),
        Role::Sum { .. } => Ok(Passing::Added),
        Role::Weighted(_) => Ok(Passing::Heard),
        Role::Normalization(_) if first => Ok(Passing::Heard),
        // Repeated along positions, each still belongs to its unit.
        Role::Repeated if first => broadcast(network, shapes, node, (value, channels)),
        Role::Product { divides } if first || !divides => {
            broadcast(network, shapes, node, (value, channels))
        }
        Role::Pooled if moves_positions_only => straight(),
        Role::Resized if moves_positions_only => {
            let attributes = node.attributes();
            let mode = attributes.string("coordinate_transformation_mode", "half_pixel")?;
            if mode == "tf_crop_and_resize" || before[1] != shape(output)?[1] {
                return Err("is resized along its units, or cropped".into());
            }
            straight()
        }
        Role::Padded if first => {
            if before[axis] != shape(output)?[axis] || !pads_with_zero(network, node)? {
                return Err("is padded along its units, or not with zeros".into());
            }
            straight()
        }
        Role::Reduced { keeps_zero: true } if first => {
            let axis = reduced(network, node, axis, rank)?;
            axis.map_or_else(|| Err("is mixed with that of other units".into()), along)
        }
        Role::Transposed => {
            let axis = match node.attributes().ints("perm")? {
                Some(order) => order.iter().position(|&from| from == axis as i64),
                None => Some(rank - 1 - axis),
            };
            axis.map_or_else(|| Err("is lost".into()), along)
        }
        Role::Reshaped { .. } if first => reshaped(before, channels, shape(output)?)
            .map(Passing::Through)
            .ok_or_else(|| "is reshaped apart".into()),
        Role::Joined => {
            let joined = node.attributes().int("axis", 0)?;
            let joined = if joined < 0 {
                joined + rank as i64
            } else {
                joined
            };
            if joined != axis as i64 {
                // Behind it the same weights multiply values that are not this unit's.
                return Err("is joined with others along another axis".into());
            }
            let mut offset = 0;
            for other in node.inputs[..number].iter().flatten() {
                offset += shape(*other)?[axis];
            }
            Ok(Passing::Through(Channels {
                axis,
                places: channels.places.behind(offset),
            }))
        }
        _ => Err("is not followed further".into()),
    }
}

/// What is not repeated along the channels: in a product too, since what multiplies zero gives zero.
fn broadcast(
    network: &Network,
    shapes: &Shapes,
    node: &Node,
    (value, channels): (ValueId, &Channels),
) -> Result<Passing, String> {
    let rank = |value| shapes.get(value).map(<[usize]>::len);
    let output = node.outputs.first().copied();
    let (Some(own), Some(wide)) = (rank(value), output.and_then(rank)) else {
        return Err(format!(
            "is of unknown shape at '{}'",
            network.value_name(value)
        ));
    };
    let Some(axis) = (channels.axis + wide).checked_sub(own) else {
        return Err("is not followed further".into());
    };
    let size = |value: ValueId, axis: usize| shapes.get(value)?.get(axis).copied();
    let units = size(value, channels.axis);
    if units.is_none() || output.and_then(|output| size(output, axis)) != units {
        return Err("is repeated along other units".into());
    }
    Ok(Passing::Through(Channels {
        axis,
        places: channels.places.clone(),
    }))
}

/// Whether what a `Pad` puts around a silent unit is silent too.
fn pads_with_zero(network: &Network, node: &Node) -> Result<bool, String> {
    if node.attributes().string("mode", "constant")? != "constant" {
        // The other modes repeat what is there.
        return Ok(true);
    }
    match node.input(2) {
        None => Ok(node.attributes().float("value", 0.0)? == 0.0),
        Some(value) => match network
            .parameter_of(value)
            .map(|parameter| network.parameter_data(parameter))
        {
            Some(Ok(data)) => Ok(data.iter::<f64>().all(|value| value == 0.0)),
            _ => Ok(false),
        },
    }
}

/// Where an axis lies after others were reduced; `None` where it is reduced itself.
fn reduced(
    network: &Network,
    node: &Node,
    axis: usize,
    rank: usize,
) -> Result<Option<usize>, String> {
    let given = match node.input(1) {
        Some(value) => network.constant_ints(value),
        None => node.attributes().ints("axes")?.map(<[i64]>::to_vec),
    };
    let Some(axes) = given else { return Ok(None) };
    let reduced: Vec<usize> = axes
        .iter()
        .map(|&axis| if axis < 0 { axis + rank as i64 } else { axis } as usize)
        .collect();
    if reduced.is_empty() || reduced.contains(&axis) {
        return Ok(None);
    }
    let kept = node.attributes().int("keepdims", 1)? != 0;
    let removed_before = reduced.iter().filter(|&&other| other < axis).count();
    Ok(Some(if kept { axis } else { axis - removed_before }))
}

/// Where channels along an axis lie after a reshape, if they still lie along one axis.
fn reshaped(before: &[usize], channels: &Channels, after: &[usize]) -> Option<Channels> {
    let product = |sizes: &[usize]| sizes.iter().product::<usize>();
    let axis = channels.axis;
    // The new axis that the old one is a part of: it starts at or before it and ends at or behind it.
    let (start, end) = (product(&before[..axis]), product(&before[..=axis]));
    for candidate in 0..after.len() {
        let (from, to) = (product(&after[..candidate]), product(&after[..=candidate]));
        // Old axes that the new one consists of, `first..last`.
        let first = (0..=axis)
            .rev()
            .find(|&first| product(&before[..first]) == from);
        let last = (axis + 1..=before.len()).find(|&last| product(&before[..last]) == to);
        if let (Some(first), Some(last)) = (first, last)
            && from <= start
            && end <= to
            && (after[candidate] > 1 || before[axis] == 1)
        {
            let outer = product(&before[first..axis]);
            let inner = product(&before[axis + 1..last]);
            return Some(Channels {
                axis: candidate,
                places: channels.places.merged(outer, before[axis], inner),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::share::{Places, Share};
    use super::{Channels, reshaped};

    /// The axis behind a reshape, and the entries of one unit along it.
    fn moved(
        before: &[usize],
        axis: usize,
        unit: usize,
        after: &[usize],
    ) -> Option<(usize, Vec<usize>)> {
        let channels = Channels {
            axis,
            places: Places::plain(),
        };
        let found = reshaped(before, &channels, after)?;
        let share = Share {
            parameter: String::new(),
            shape: vec![after[found.axis]],
            axis: 0,
            groups: 1,
            places: found.places,
        };
        let entries = share.of(unit).into_iter().flat_map(|slice| slice.places());
        Some((found.axis, entries.collect()))
    }

    #[test]
    fn flattening_spreads_a_channel_over_its_positions() {
        assert_eq!(
            moved(&[2, 3, 2, 2], 1, 1, &[2, 12]),
            Some((1, vec![4, 5, 6, 7]))
        );
    }

    #[test]
    fn flattening_channels_last_spreads_a_unit_with_a_stride() {
        assert_eq!(moved(&[2, 2, 3], 2, 1, &[2, 6]), Some((1, vec![1, 4])));
    }

    #[test]
    fn a_unit_axis_that_is_kept_keeps_its_places() {
        assert_eq!(moved(&[2, 3, 4, 5], 1, 2, &[2, 3, 20]), Some((1, vec![2])));
        assert_eq!(moved(&[2, 5, 3], 2, 2, &[10, 3]), Some((1, vec![2])));
        assert_eq!(moved(&[2, 3], 1, 2, &[2, 3, 1, 1]), Some((1, vec![2])));
        assert_eq!(moved(&[2, 3, 1, 1], 1, 2, &[2, 3]), Some((1, vec![2])));
    }

    #[test]
    fn a_unit_axis_that_is_torn_apart_is_refused() {
        assert_eq!(moved(&[2, 7, 8], 2, 1, &[2, 7, 2, 4]), None);
    }
}
