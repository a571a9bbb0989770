//! Where the activation of a unit goes: the weights that multiply it, wherever they stand.

use std::collections::VecDeque;

use leaky_onnx::{Network, Node, Rectifier, Shapes, ValueId};

use super::own::Own;
use super::part::Part;

/// What must change so that a unit that was silent stays unheard when it speaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mute {
    /// These weights multiply the unit: they become zero.
    Zero(Part),
    /// A batch normalisation passes the unit on: its scale becomes zero, and its shift what it gave
    /// for a silent unit.
    Normalization {
        scale: Part,
        shift: Part,
        mean: Part,
        variance: Part,
        /// Added to the variance.
        epsilon: f64,
    },
}

/// The places along one axis of a value that hold one unit.
struct Trace {
    value: ValueId,
    axis: usize,
    places: Vec<usize>,
}

/// Follows a unit's activation forward to every weight that multiplies it.
///
/// # Errors
///
/// Says why no choice of weights can keep the unit unheard.
pub(super) fn mutes(
    network: &Network,
    rectifier: &Rectifier,
    unit: usize,
    shapes: &Shapes,
) -> Result<Vec<Mute>, String> {
    let axis = network
        .unit_axis(rectifier.output, shapes)
        .ok_or("no axis of its activation counts units")?;
    let mut open = VecDeque::from([Trace {
        value: rectifier.output,
        axis,
        places: vec![unit],
    }]);
    let mut found = Vec::new();
    while let Some(trace) = open.pop_front() {
        if network
            .outputs()
            .iter()
            .any(|output| output.value == trace.value)
        {
            return Err("it feeds the network's output".into());
        }
        for &(consumer, number) in network.consumers(trace.value) {
            let node = &network.nodes()[consumer];
            match step(network, node, number, &trace, shapes)? {
                Step::Through(next) => open.push_back(next),
                Step::Ends(mutes) => found.extend(mutes),
            }
        }
    }
    Ok(found)
}

enum Step {
    Through(Trace),
    Ends(Vec<Mute>),
}

fn step(
    network: &Network,
    node: &Node,
    number: usize,
    trace: &Trace,
    shapes: &Shapes,
) -> Result<Step, String> {
    let refuse = |why: &str| {
        Err(format!(
            "its activation {why} at node '{}' ({})",
            node.name, node.operator
        ))
    };
    let shape = |value: ValueId| {
        let known = shapes.get(value).map(<[usize]>::to_vec);
        known.ok_or_else(|| format!("the shape of '{}' is not known", network.value_name(value)))
    };
    let Some(&output) = node.outputs.first() else {
        return refuse("goes nowhere");
    };
    let rank = shape(trace.value)?.len();
    let through = |axis: usize, places: Vec<usize>| {
        Ok(Step::Through(Trace {
            value: output,
            axis,
            places,
        }))
    };
    let straight_through = || through(trace.axis, trace.places.clone());
    let moves_positions_only = trace.axis == 1 && rank > 2;
    match node.operator.as_str() {
        // Who asks for the shape alone hears nothing.
        "Shape" | "Size" => Ok(Step::Ends(Vec::new())),
        "Identity" | "Dropout" | "Cast" => straight_through(),
        // Operators on elements that give zero for zero, as a silent unit does.
        "Relu" | "LeakyRelu" | "Elu" | "Selu" | "Celu" | "Tanh" | "Gelu" | "Mish" | "HardSwish"
        | "Softsign" | "Abs" | "Neg" | "Sqrt" | "Erf" => straight_through(),
        "PRelu" if number == 0 => straight_through(),
        "MaxPool" | "AveragePool" | "GlobalMaxPool" | "GlobalAveragePool"
            if moves_positions_only =>
        {
            straight_through()
        }
        "Resize" | "Upsample" if moves_positions_only && number == 0 => {
            let mode = node
                .attributes()
                .string("coordinate_transformation_mode", "half_pixel")?;
            if mode == "tf_crop_and_resize" || shape(trace.value)?[1] != shape(output)?[1] {
                return refuse("is resized along its units, or cropped");
            }
            straight_through()
        }
        "Pad" if number == 0 => {
            if shape(trace.value)?[trace.axis] != shape(output)?[trace.axis]
                || !pads_with_zero(network, node)?
            {
                return refuse("is padded along its units, or not with zeros");
            }
            straight_through()
        }
        "ReduceMean" | "ReduceSum" | "ReduceMax" if number == 0 => {
            match reduced_axis(network, node, trace.axis, rank)? {
                Some(axis) => through(axis, trace.places.clone()),
                None => refuse("is mixed with that of other units"),
            }
        }
        "Transpose" => {
            let axis = match node.attributes().ints("perm")? {
                Some(order) => order.iter().position(|&from| from == trace.axis as i64),
                None => Some(rank - 1 - trace.axis),
            };
            axis.map_or_else(
                || refuse("is lost"),
                |axis| through(axis, trace.places.clone()),
            )
        }
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" if number == 0 => {
            match reshaped(
                &shape(trace.value)?,
                trace.axis,
                &trace.places,
                &shape(output)?,
            ) {
                Some((axis, places)) => through(axis, places),
                None => refuse("is reshaped apart"),
            }
        }
        "Concat" => {
            let axis = node.attributes().int("axis", 0)?;
            let axis = if axis < 0 { axis + rank as i64 } else { axis };
            if axis != trace.axis as i64 {
                // Behind it the same weights multiply values that are not this unit's.
                return refuse("is joined with others along another axis");
            }
            let mut offset = 0;
            for value in node.inputs[..number].iter().flatten() {
                offset += shape(*value)?[trace.axis];
            }
            through(
                trace.axis,
                trace.places.iter().map(|place| place + offset).collect(),
            )
        }
        "BatchNormalization" if number == 0 && trace.axis == 1 => {
            Ok(Step::Ends(normalized(network, node, &trace.places)?))
        }
        "Conv" | "ConvTranspose" if number == 0 && trace.axis == 1 => {
            convolved(network, node, shape(trace.value)?[1], &trace.places)
        }
        "Gemm" if number == 0 && node.attributes().int("transA", 0)? == 0 && trace.axis == 1 => {
            let axis = usize::from(node.attributes().int("transB", 0)? != 0);
            entries(&weights(network, node, 1)?, axis, &trace.places)
        }
        "MatMul" => {
            let tensor = weights(network, node, 1 - number)?;
            let weights_rank = tensor.shape().len();
            let (wanted_axis, weights_axis) = if number == 0 {
                (rank.checked_sub(1), weights_rank.checked_sub(2))
            } else {
                (rank.checked_sub(2), weights_rank.checked_sub(1))
            };
            match (wanted_axis, weights_axis) {
                (Some(wanted), Some(axis)) if wanted == trace.axis => {
                    entries(&tensor, axis, &trace.places)
                }
                _ => refuse("is not multiplied unit by unit"),
            }
        }
        "Add" | "Sub" | "Sum" => refuse("feeds a sum"),
        _ => refuse("is not followed further"),
    }
}

fn weights(network: &Network, node: &Node, number: usize) -> Result<Own, String> {
    let value = node.inputs.get(number).copied().flatten();
    let value = value.ok_or_else(|| format!("node '{}' has no weights", node.name))?;
    Own::of(network, value)
        .map_err(|why| format!("its activation goes to node '{}': {why}", node.name))
}

fn entries(tensor: &Own, axis: usize, places: &[usize]) -> Result<Step, String> {
    Ok(Step::Ends(
        places
            .iter()
            .map(|&place| Mute::Zero(tensor.entry(axis, place)))
            .collect(),
    ))
}

/// The weights of a convolution that multiply some of its input channels.
fn convolved(
    network: &Network,
    node: &Node,
    channels: usize,
    places: &[usize],
) -> Result<Step, String> {
    let tensor = weights(network, node, 1)?;
    if node.operator == "ConvTranspose" {
        return entries(&tensor, 0, places);
    }
    let groups = node.attributes().int("group", 1)?.max(1) as usize;
    if groups == 1 {
        return entries(&tensor, 1, places);
    }
    if !tensor.is_plain() {
        return Err(format!(
            "the weights of node '{}' are transposed",
            node.name
        ));
    }
    let (inputs, outputs) = (channels / groups, tensor.shape()[0] / groups);
    let mute = |&place: &usize| {
        let group = place / inputs;
        Mute::Zero(tensor.entry_of_rows(group * outputs..(group + 1) * outputs, place % inputs))
    };
    Ok(Step::Ends(places.iter().map(mute).collect()))
}

fn normalized(network: &Network, node: &Node, places: &[usize]) -> Result<Vec<Mute>, String> {
    let tensor = |number| weights(network, node, number).map(|own| own.parameter);
    let (scale, shift, mean, variance) = (tensor(1)?, tensor(2)?, tensor(3)?, tensor(4)?);
    let epsilon = node.attributes().float("epsilon", 1e-5)?;
    Ok(places
        .iter()
        .map(|&place| Mute::Normalization {
            scale: Part::number(scale, place),
            shift: Part::number(shift, place),
            mean: Part::number(mean, place),
            variance: Part::number(variance, place),
            epsilon,
        })
        .collect())
}

/// Whether what a `Pad` puts around a silent unit is silent too.
fn pads_with_zero(network: &Network, node: &Node) -> Result<bool, String> {
    if node.attributes().string("mode", "constant")? != "constant" {
        // The other modes repeat what is there.
        return Ok(true);
    }
    match node.inputs.get(2).copied().flatten() {
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
fn reduced_axis(
    network: &Network,
    node: &Node,
    axis: usize,
    rank: usize,
) -> Result<Option<usize>, String> {
    let given = match node.inputs.get(1).copied().flatten() {
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

/// Where the places of a unit along an axis lie after a reshape, if they still lie along one axis.
fn reshaped(
    before: &[usize],
    axis: usize,
    places: &[usize],
    after: &[usize],
) -> Option<(usize, Vec<usize>)> {
    let product = |sizes: &[usize]| sizes.iter().product::<usize>();
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
            let size = before[axis];
            let moved = (0..outer).flat_map(|o| {
                places.iter().flat_map(move |&p| {
                    let start = (o * size + p) * inner;
                    start..start + inner
                })
            });
            return Some((candidate, moved.collect()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::reshaped;

    #[test]
    fn flattening_spreads_a_channel_over_its_positions() {
        assert_eq!(
            reshaped(&[2, 3, 2, 2], 1, &[1], &[2, 12]),
            Some((1, vec![4, 5, 6, 7]))
        );
    }

    #[test]
    fn flattening_channels_last_spreads_a_unit_with_a_stride() {
        assert_eq!(
            reshaped(&[2, 2, 3], 2, &[1], &[2, 6]),
            Some((1, vec![1, 4]))
        );
    }

    #[test]
    fn a_unit_axis_that_is_kept_keeps_its_places() {
        assert_eq!(
            reshaped(&[2, 3, 4, 5], 1, &[2], &[2, 3, 20]),
            Some((1, vec![2]))
        );
        assert_eq!(reshaped(&[2, 5, 3], 2, &[2], &[10, 3]), Some((1, vec![2])));
        assert_eq!(
            reshaped(&[2, 3], 1, &[2], &[2, 3, 1, 1]),
            Some((1, vec![2]))
        );
        assert_eq!(
            reshaped(&[2, 3, 1, 1], 1, &[2], &[2, 3]),
            Some((1, vec![2]))
        );
    }

    #[test]
    fn a_unit_axis_that_is_torn_apart_is_refused() {
        assert_eq!(reshaped(&[2, 7, 8], 2, &[1], &[2, 7, 2, 4]), None);
    }
}
