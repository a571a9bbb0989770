//! Maxima and means over windows and over whole images.

use burn::backend::ops::{FloatTensorOps, ModuleOps};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::{DType, Shape, TensorData};
use leaky_burn::dispatch;

use super::convolution::convolve;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, unsupported};
use super::pad;
use super::reduction;
use super::unfolded;
use super::window::{Axis, Window};
use crate::value::Value;

/// The windows of a pooling over an input, checked, and the shape of its output.
fn windows(
    x: &DispatchTensor,
    window: &Window,
    kernel: &[usize],
    round_up: bool,
) -> Result<(Vec<Axis>, Vec<usize>), String> {
    let input = x.shape().to_vec();
    if input.len() != kernel.len() + 2 {
        return Err(format!(
            "input of shape {input:?} does not have two axes more than the kernel {kernel:?}"
        ));
    }
    if input.contains(&0) {
        return Err(format!("input of shape {input:?} is empty"));
    }
    let axes = window.padded_axes(&input[2..], kernel)?;
    let mut output = input[..2].to_vec();
    let mut padded = input[..2].to_vec();
    for axis in &axes {
        // A window that lies in the padding alone would be the maximum or the mean of nothing.
        if axis.begin >= axis.span() || axis.end >= axis.span() {
            return Err(format!(
                "a padding of {} and {} is not smaller than a kernel that reaches over {}",
                axis.begin,
                axis.end,
                axis.span()
            ));
        }
        output.push(axis.output(round_up)?);
        padded.push(axis.padded());
    }
    bounded(&output)?;
    bounded(&padded)?;
    Ok((axes, output))
}

/// Pads explicitly, so far that the windows fit without rounding up.
fn padded(
    x: DispatchTensor,
    axes: &mut [Axis],
    output: &[usize],
    fill: f64,
) -> Result<DispatchTensor, String> {
    let mut pads = vec![(0, 0); 2];
    for (axis, &count) in axes.iter_mut().zip(&output[2..]) {
        let reach = (count - 1) * axis.stride + axis.span();
        let end = reach.saturating_sub(axis.input + axis.begin);
        pads.push((axis.begin as i64, end as i64));
        axis.input += axis.begin + end;
        (axis.begin, axis.end) = (0, 0);
    }
    pad::constant(Value::Float(x), &pads, fill)?.into_float()
}

pub(super) fn max_pool(request: &Request) -> Result<Run, Refusal> {
    let window = Window::read(&request.attributes)?;
    let kernel = window.named_kernel()?;
    let round_up = request.attributes.flag("ceil_mode", false)?;
    // Where the places are asked for too, or there are more axes, each window is looked at by itself.
    let one_by_one = request.outputs > 1 || kernel.len() > 2;
    let columns_first = request.attributes.flag("storage_order", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        // Eight-bit integers may be pooled too: they pass through as floats.
        let value = inputs.value(0)?;
        let integers = matches!(value, Value::Int(_));
        let mut x = if integers {
            value.to_float(DType::F64)?.into_float()?
        } else {
            value.into_float()?
        };
        let (mut axes, output) = windows(&x, &window, &kernel, round_up)?;
        if one_by_one {
            let [y, places] = unfolded::largest(Value::Float(x), &axes, &output, columns_first)?;
            return Ok(vec![if integers { y.to_int() } else { y }, places]);
        }
        if axes.iter().any(|axis| axis.begin != axis.end) {
            x = padded(x, &mut axes, &output, f64::NEG_INFINITY)?;
        }
        let numbers: [fn(&Axis) -> usize; 4] = [
            |axis| axis.kernel,
            |axis| axis.stride,
            |axis| axis.begin,
            |axis| axis.dilation,
        ];
        let y = match axes.as_slice() {
            [axis] => dispatch::max_pool1d(x, numbers.map(|number| number(axis)), round_up),
            _ => {
                let numbers = numbers.map(|number| [number(&axes[0]), number(&axes[1])]);
                dispatch::max_pool2d(x, numbers, round_up)
            }
        };
        let y = Value::Float(y);
        Ok(vec![if integers { y.to_int() } else { y }])
    }))
}

pub(super) fn average_pool(request: &Request) -> Result<Run, Refusal> {
    let window = Window::read(&request.attributes)?;
    let kernel = window.named_kernel()?;
    let round_up = request.attributes.flag("ceil_mode", false)?;
    let count_padding = request.attributes.flag("count_include_pad", false)?;
    if !(1..=3).contains(&kernel.len()) {
        return unsupported(format!("AveragePool over {} axes", kernel.len()));
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.float(0)?;
        let (axes, output) = windows(&x, &window, &kernel, round_up)?;
        let plain = !round_up
            && axes
                .iter()
                .all(|axis| axis.begin == axis.end && axis.dilation == 1);
        let y = match axes.as_slice() {
            [a] if plain => {
                Dispatch::avg_pool1d(x, a.kernel, a.stride, a.begin, count_padding, false)
            }
            [a, b] if plain => Dispatch::avg_pool2d(
                x,
                [a.kernel, b.kernel],
                [a.stride, b.stride],
                [a.begin, b.begin],
                count_padding,
                false,
            ),
            _ => sums_over_counts(x, axes, &output, count_padding)?,
        };
        Ok(vec![Value::Float(y)])
    }))
}

/// Means as sums, by a convolution with ones, over the number of elements that count.
fn sums_over_counts(
    x: DispatchTensor,
    mut axes: Vec<Axis>,
    output: &[usize],
    count_padding: bool,
) -> Result<DispatchTensor, String> {
    let counts = axes
        .iter()
        .zip(&output[2..])
        .map(|(axis, &count)| counted(axis, count, count_padding))
        .collect::<Vec<_>>();
    let x = padded(x, &mut axes, output, 0.0)?;
    // Every channel of every sample is an image of its own.
    let images = output[0] * output[1];
    let mut shape = vec![images, 1];
    shape.extend(axes.iter().map(|axis| axis.input));
    let mut ones = vec![1, 1];
    ones.extend(axes.iter().map(|axis| axis.kernel));
    let x = Value::Float(Dispatch::float_reshape(x, Shape::from(shape)));
    let kernel = x.filled(ones, 1.0).into_float()?;
    let sums = convolve(x.into_float()?, kernel, None, axes, 1, None)?;
    let mut y = Dispatch::float_reshape(sums, Shape::from(output.to_vec()));
    for (index, counts) in counts.into_iter().enumerate() {
        let mut shape = vec![1; output.len()];
        shape[2 + index] = counts.len();
        let data = TensorData::new(counts, shape).convert_dtype(y.dtype());
        let counts = Dispatch::float_from_data(data, &y.device());
        y = Dispatch::float_div(y, counts);
    }
    Ok(y)
}

/// How many elements each window along an axis takes its mean over.
fn counted(axis: &Axis, windows: usize, count_padding: bool) -> Vec<f64> {
    let range = if count_padding {
        0..axis.padded()
    } else {
        axis.begin..axis.begin + axis.input
    };
    (0..windows)
        .map(|index| {
            (0..axis.kernel)
                .filter(|k| range.contains(&(index * axis.stride + k * axis.dilation)))
                .count()
                .max(1) as f64
        })
        .collect()
}

pub(super) fn global_average_pool(_: &Request) -> Result<Run, Refusal> {
    global(reduction::mean_over)
}

pub(super) fn global_max_pool(_: &Request) -> Result<Run, Refusal> {
    global(reduction::max_over)
}

/// Reduces every spatial axis to one element.
fn global(reduce: fn(Value, &[usize]) -> Result<Value, String>) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Value::Float(inputs.float(0)?);
        let shape = x.shape();
        if shape.len() < 3 || shape.contains(&0) {
            return Err(format!(
                "input of shape {shape:?}, expected spatial axes behind samples and channels"
            ));
        }
        let axes: Vec<usize> = (2..shape.len()).collect();
        Ok(vec![reduce(x, &axes)?])
    }))
}
