//! Windows laid out one by one: pooling over any number of axes, with the places of the maxima, and
//! the way back.

use burn::backend::Dispatch;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, invalid};
use super::picking::{pick, places, strides};
use super::window::{Axis, Window};
use crate::value::Value;

/// For each window of an image, in the order of the output's positions, the positions of the image
/// that it lies over.
fn windows(axes: &[Axis], output: &[usize]) -> Vec<Vec<usize>> {
    let spatial: Vec<usize> = axes.iter().map(|axis| axis.input).collect();
    let kernel: Vec<usize> = axes.iter().map(|axis| axis.kernel).collect();
    let strides = strides(&spatial);
    let over = |window: Vec<usize>| -> Vec<usize> {
        places(&kernel)
            .filter_map(|tap| {
                let mut position = 0;
                for (index, axis) in axes.iter().enumerate() {
                    let place = window[index] * axis.stride + tap[index] * axis.dilation;
                    let place = place.checked_sub(axis.begin).filter(|&p| p < axis.input)?;
                    position += place * strides[index];
                }
                Some(position)
            })
            .collect()
    };
    places(output).map(over).collect()
}

/// The largest element under each window, of an image whose windows were checked, and where in the
/// whole tensor each stands; `columns_first` counts positions along the first spatial axis fastest.
pub(super) fn largest(
    x: Value,
    axes: &[Axis],
    output: &[usize],
    columns_first: bool,
) -> Result<[Value; 2], String> {
    let shape = x.shape();
    let windows = windows(axes, &output[2..]);
    let image: usize = shape[2..].iter().product();
    let images = shape[0] * shape[1];
    let numbers: Vec<f64> = crate::tensor::values(&x.clone().into_data()?);
    let spatial = &shape[2..];
    let (steps, mut turned) = (strides(spatial), vec![1; spatial.len()]);
    for axis in 1..spatial.len() {
        turned[axis] = turned[axis - 1] * spatial[axis - 1];
    }
    let counted = |position: usize| -> usize {
        if !columns_first {
            return position;
        }
        let along = steps.iter().zip(spatial).zip(&turned);
        along
            .map(|((&step, &size), &turned)| position / step % size * turned)
            .sum()
    };
    let (mut positions, mut indices) = (Vec::new(), Vec::new());
    for start in (0..images).map(|index| index * image) {
        for window in &windows {
            let best = window.iter().copied().reduce(|best, next| {
                let (a, b) = (numbers[start + best], numbers[start + next]);
                if b > a || b.is_nan() && !a.is_nan() {
                    next
                } else {
                    best
                }
            });
            let best = best.ok_or("a window lies in the padding alone")?;
            positions.push((start + best) as i64);
            indices.push((start + counted(best)) as i64);
        }
    }
    let device = x.device();
    let indices = Value::from_data(TensorData::new(indices, output), &device);
    Ok([pick(x, positions, output.to_vec())?, indices])
}

/// The root of the sum of powers under each window.
pub(super) fn lp_pool(request: &Request) -> Result<Run, Refusal> {
    let window = Window::read(&request.attributes)?;
    let kernel = window.named_kernel()?;
    let round_up = request.attributes.flag("ceil_mode", false)?;
    let power = request.attributes.int("p", 2)?;
    if power < 1 {
        return invalid(format!("attribute 'p' is {power}"));
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let shape = x.shape();
        if shape.len() != kernel.len() + 2 || shape.contains(&0) {
            return Err(format!(
                "input of shape {shape:?} does not have two axes more than the kernel {kernel:?}"
            ));
        }
        let axes = window.padded_axes(&shape[2..], &kernel)?;
        let mut output = shape[..2].to_vec();
        for axis in &axes {
            output.push(axis.output(round_up)?);
        }
        bounded(&kernel)?;
        let taps: usize = kernel.iter().product();
        let mut all = output.clone();
        all.push(taps);
        bounded(&all)?;
        let (image, images) = (shape[2..].iter().product::<usize>(), shape[0] * shape[1]);
        // What lies in the padding takes the place of nothing, and its weight.
        let windows = windows(&axes, &output[2..]);
        let (mut positions, mut weights) = (Vec::new(), Vec::new());
        for start in (0..images).map(|index| index * image) {
            for window in &windows {
                let padding = std::iter::repeat_n(None, taps - window.len());
                for position in window.iter().map(Some).chain(padding) {
                    positions.push(position.map_or(0, |position| (start + position) as i64));
                    weights.push(f64::from(u8::from(position.is_some())));
                }
            }
        }
        let weights = x.like(TensorData::new(weights, all.as_slice()));
        let sizes = x.map(Dispatch::float_abs).power(power as f64);
        let taken = Floats::try_from(pick(sizes.value(), positions, all.clone())?)?;
        let sums = taken
            .mul(&weights)?
            .sum(&[all.len() - 1])?
            .reshape(output)?;
        Ok(vec![sums.power(1.0 / power as f64).value()])
    }))
}

/// Over all positions of an image.
pub(super) fn global_lp_pool(request: &Request) -> Result<Run, Refusal> {
    let power = request.attributes.int("p", 2)?;
    if power < 1 {
        return invalid(format!("attribute 'p' is {power}"));
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let shape = x.shape();
        if shape.len() < 3 || shape.contains(&0) {
            return Err(format!("input of shape {shape:?}, expected images"));
        }
        let axes: Vec<usize> = (2..shape.len()).collect();
        let sums = x.map(Dispatch::float_abs).power(power as f64).sum(&axes)?;
        Ok(vec![sums.power(1.0 / power as f64).value()])
    }))
}

/// Puts each element where a pooling found it; zero elsewhere.
pub(super) fn max_unpool(request: &Request) -> Result<Run, Refusal> {
    let window = Window::read(&request.attributes)?;
    let kernel = window.named_kernel()?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.value(0)?;
        let (indices, sizes) = inputs.shaped_ints(1)?;
        let shape = x.shape();
        if sizes != shape || shape.len() != kernel.len() + 2 || shape.contains(&0) {
            return Err(format!(
                "input of shape {shape:?} and indices of shape {sizes:?}"
            ));
        }
        let axes = window.axes(&shape[2..], &kernel)?;
        let mut inferred = shape[..2].to_vec();
        for axis in &axes {
            let length = (axis.input - 1) * axis.stride + axis.kernel;
            let length = length.checked_sub(axis.begin + axis.end);
            inferred.push(
                length
                    .filter(|&length| length > 0)
                    .ok_or("nothing is left")?,
            );
        }
        let wanted = match inputs.optional_ints(2)? {
            None => inferred.clone(),
            Some(sizes) => sizes
                .iter()
                .map(|&size| usize::try_from(size).map_err(|_| format!("{size} is not a size")))
                .collect::<Result<_, _>>()?,
        };
        bounded(&wanted)?;
        bounded(&inferred)?;
        if wanted.len() != shape.len() {
            return Err(format!("an output of shape {wanted:?}"));
        }
        // The indices count positions of the inferred shape.
        let (from, to) = (strides(&inferred), strides(&wanted));
        let count: usize = wanted.iter().product();
        let mut sources = vec![x.len() as i64; count];
        for (element, &index) in indices.iter().enumerate() {
            let index = usize::try_from(index).map_err(|_| format!("index {index}"))?;
            let position: usize = (0..inferred.len())
                .map(|axis| index / from[axis] % inferred[axis] * to[axis])
                .sum();
            let source = sources.get_mut(position);
            *source.ok_or_else(|| format!("index {index} lies outside of {wanted:?}"))? =
                element as i64;
        }
        let length = x.len();
        let zero = x.filled(vec![1], 0.0);
        let row = Value::concatenate(vec![x.reshape(vec![length])?, zero], 0)?;
        Ok(vec![pick(row, sources, wanted)?])
    }))
}

/// Columns of windows added up to images again.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__Col2Im.html>.
pub(super) fn columns_to_image(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let strides = attributes.sizes("strides")?;
    let dilations = attributes.sizes("dilations")?;
    let pads = attributes.sizes("pads")?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let sizes = |numbers: Vec<i64>| -> Result<Vec<usize>, String> {
            let size = |&n: &i64| usize::try_from(n).ok().filter(|&n| n > 0 && n < 1 << 31);
            let sizes: Option<Vec<usize>> = numbers.iter().map(size).collect();
            sizes.ok_or_else(|| format!("{numbers:?} are not sizes"))
        };
        let (image, block) = (sizes(inputs.ints(1)?)?, sizes(inputs.ints(2)?)?);
        let axes = image.len();
        let list = |given: &Option<Vec<usize>>, count: usize, default: usize| match given {
            None => Ok(vec![default; count]),
            Some(list) if list.len() == count && list.iter().all(|&n| n < 1 << 31) => {
                Ok(list.clone())
            }
            Some(list) => Err(format!("{list:?} for {axes} axes")),
        };
        let (steps, gaps) = (list(&strides, axes, 1)?, list(&dilations, axes, 1)?);
        let pads = list(&pads, 2 * axes, 0)?;
        bounded(&image)?;
        bounded(&block)?;
        let taps: usize = block.iter().product();
        let &[samples, features, columns] = &x.shape()[..] else {
            return Err(format!("input of shape {:?}", x.shape()));
        };
        if block.len() != axes || axes == 0 || steps.contains(&0) || features % taps.max(1) != 0 {
            return Err(format!("blocks of {block:?} for images of {image:?}"));
        }
        let channels = features / taps;
        let mut windows_of = Vec::with_capacity(axes);
        let mut laid = Vec::with_capacity(axes);
        for axis in 0..axes {
            let axis = Axis {
                input: image[axis],
                kernel: block[axis],
                stride: steps[axis],
                dilation: gaps[axis],
                begin: pads[axis],
                end: pads[axes + axis],
            };
            windows_of.push(axis.output(false)?);
            laid.push(axis);
        }
        bounded(&windows_of)?;
        if windows_of.iter().product::<usize>() != columns || x.shape().contains(&0) {
            return Err(format!("{columns} columns for windows of {windows_of:?}"));
        }
        let mut shape = vec![samples, channels];
        shape.extend(&image);
        bounded(&shape)?;
        let area: usize = image.iter().product();
        let within = super::picking::strides(&image);
        let mut result = x.filled(vec![samples * channels, area], 0.0);
        let x = x.reshape(vec![samples * channels, taps, columns])?;
        // One tap of every window at a time: no two of them fall on one place.
        for (number, tap) in places(&block).enumerate() {
            let mut sources = vec![columns as i64; area];
            for (column, window) in places(&windows_of).enumerate() {
                let position = laid.iter().enumerate().try_fold(0, |sum, (index, axis)| {
                    let place = window[index] * axis.stride + tap[index] * axis.dilation;
                    let place = place.checked_sub(axis.begin).filter(|&p| p < axis.input)?;
                    Some(sum + place * within[index])
                });
                if let Some(position) = position {
                    sources[position] = column as i64;
                }
            }
            let row = x
                .part(1, number..number + 1)?
                .reshape(vec![samples * channels, columns])?;
            let zero = row.filled(vec![samples * channels, 1], 0.0);
            let row = Floats::concatenate(vec![row, zero], 1)?;
            result = result.add(&row.select(1, sources)?)?;
        }
        Ok(vec![result.reshape(shape)?.value()])
    }))
}
