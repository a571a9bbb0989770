//! Convolution and its transpose, over one to three spatial axes; the convolution with what stands
//! behind it too.

use burn::backend::ops::{ConvOptions, ConvTransposeOptions, FloatTensorOps, ModuleOps};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::Shape;
use leaky_burn::{Rectifier, dispatch};

use super::inputs::Inputs;
use super::normalization::folded;
use super::operator::{Refusal, Request, Run, bounded, invalid, unsupported};
use super::pad;
use super::window::{AutoPad, Axis, Window};
use crate::attributes::Attributes;
use crate::value::Value;

/// What is read of the attributes that both operators have.
pub(super) fn read(attributes: &Attributes) -> Result<(Window, usize), Refusal> {
    let window = Window::read(attributes)?;
    if window.kernel.as_ref().is_some_and(|k| k.len() > 3) {
        return unsupported("convolution over more than three axes");
    }
    let groups = attributes.size("group", 1)?;
    if groups == 0 {
        return invalid("attribute 'group' is 0");
    }
    Ok((window, groups))
}

/// The shapes of input and weight, checked to belong together. `inward` is the axis of the weight
/// that takes the input's channels; `shared` is how many groups lie along it.
pub(super) fn shapes(
    x: &DispatchTensor,
    weight: &DispatchTensor,
    window: &Window,
    inward: usize,
    groups: usize,
) -> Result<(Vec<usize>, Vec<usize>), String> {
    let (input, kernel) = (x.shape().to_vec(), weight.shape().to_vec());
    if !(3..=5).contains(&input.len()) || kernel.len() != input.len() {
        return Err(format!(
            "input of shape {input:?} and weight of shape {kernel:?}, expected both with 3 to 5 axes"
        ));
    }
    // The weight of a convolution holds one group's input channels, that of its transpose all.
    let expected = if inward == 1 {
        kernel[1].checked_mul(groups)
    } else {
        Some(kernel[0])
    };
    if expected != Some(input[1]) || kernel[0] % groups != 0 {
        return Err(format!(
            "input of shape {input:?} does not fit weight of shape {kernel:?} in {groups} groups"
        ));
    }
    if input.contains(&0) || kernel.contains(&0) {
        return Err(format!(
            "input of shape {input:?} or weight of shape {kernel:?} is empty"
        ));
    }
    if window.kernel.as_ref().is_some_and(|k| *k != kernel[2..]) {
        return Err(format!(
            "attribute 'kernel_shape' does not fit weight of shape {kernel:?}"
        ));
    }
    Ok((input, kernel))
}

fn check_bias(bias: Option<&DispatchTensor>, channels: usize) -> Result<(), String> {
    match bias {
        Some(bias) if bias.shape().to_vec() != [channels] => Err(format!(
            "bias of shape {:?}, expected {channels} numbers",
            bias.shape().to_vec()
        )),
        _ => Ok(()),
    }
}

/// The same number of each axis, as many as the const parameter says.
fn each<T, const N: usize>(axes: &[Axis], number: impl Fn(&Axis) -> T) -> [T; N] {
    std::array::from_fn(|i| number(&axes[i]))
}

/// The nodes behind a convolution whose work it does in the same pass.
#[derive(Clone, Copy, Default)]
pub(crate) struct Behind {
    /// The epsilon of a batch normalisation.
    pub(crate) epsilon: Option<f64>,
    pub(crate) rectifier: Option<Rectifier>,
}

/// A convolution with what stands behind it. Its inputs are the convolution's three, then those of the
/// normalisation from the second on.
pub(crate) type FusedConvolution =
    Box<dyn Fn(Inputs, Behind) -> Result<Vec<Value>, String> + Send + Sync>;

/// The convolution that attributes describe, to be run with what stands behind it.
pub(crate) fn fused_convolution(attributes: &Attributes) -> Option<FusedConvolution> {
    let (window, groups) = read(attributes).ok()?;
    Some(Box::new(move |inputs, behind| {
        run(&window, groups, inputs, behind)
    }))
}

pub(super) fn conv(request: &Request) -> Result<Run, Refusal> {
    let (window, groups) = read(&request.attributes)?;
    Ok(Box::new(move |inputs: Inputs| {
        run(&window, groups, inputs, Behind::default())
    }))
}

fn run(
    window: &Window,
    groups: usize,
    mut inputs: Inputs,
    behind: Behind,
) -> Result<Vec<Value>, String> {
    let (x, mut weight) = (inputs.float(0)?, inputs.float(1)?);
    let mut bias = inputs.optional_float(2)?;
    let (input, kernel) = shapes(&x, &weight, window, 1, groups)?;
    check_bias(bias.as_ref(), kernel[0])?;
    let axes = window.padded_axes(&input[2..], &kernel[2..])?;
    let mut output = vec![input[0], kernel[0]];
    let mut padded = input[..2].to_vec();
    for axis in &axes {
        output.push(axis.output(false)?);
        padded.push(axis.padded());
    }
    bounded(&output)?;
    bounded(&padded)?;
    if let Some(epsilon) = behind.epsilon {
        let (folded, shift) = folded(&mut inputs, 3, epsilon, (weight, bias))?;
        (weight, bias) = (folded, Some(shift));
    }
    let y = convolve(x, weight, bias, axes, groups, behind.rectifier)?;
    Ok(vec![Value::Float(y)])
}

/// A convolution whose shapes were checked.
pub(super) fn convolve(
    x: DispatchTensor,
    weight: DispatchTensor,
    bias: Option<DispatchTensor>,
    mut axes: Vec<Axis>,
    groups: usize,
    rectifier: Option<Rectifier>,
) -> Result<DispatchTensor, String> {
    macro_rules! options {
        () => {
            ConvOptions::new_with_padding(
                each(&axes, |axis| axis.stride),
                each(&axes, |axis| (axis.begin, axis.end)),
                each(&axes, |axis| axis.dilation),
                groups,
            )
        };
    }
    match axes.len() {
        1 => return Ok(dispatch::conv1d(x, weight, bias, options!(), rectifier)),
        2 => return Ok(dispatch::conv2d(x, weight, bias, options!(), rectifier)),
        _ => (),
    }
    // Over three axes Burn pads both ends alike: what one end has more is added beforehand.
    let mut more = vec![(0, 0); 2];
    for axis in &mut axes {
        let common = axis.begin.min(axis.end);
        more.push(((axis.begin - common) as i64, (axis.end - common) as i64));
        (axis.begin, axis.end) = (common, common);
    }
    let x = pad::constant(Value::Float(x), &more, 0.0)?.into_float()?;
    let y = Dispatch::conv3d(x, weight, bias, options!());
    Ok(match rectifier {
        None => y,
        Some(Rectifier::Relu) => dispatch::relu(y),
        Some(Rectifier::LeakyRelu { negative_slope }) => dispatch::leaky_relu(y, negative_slope),
    })
}

pub(super) fn conv_transpose(request: &Request) -> Result<Run, Refusal> {
    let (window, groups) = read(&request.attributes)?;
    let extra = request.attributes.sizes("output_padding")?;
    let wanted = request.attributes.sizes("output_shape")?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let (x, weight) = (inputs.float(0)?, inputs.float(1)?);
        let bias = inputs.optional_float(2)?;
        let (input, kernel) = shapes(&x, &weight, &window, 0, groups)?;
        let channels = kernel[1]
            .checked_mul(groups)
            .ok_or("too many output channels")?;
        check_bias(bias.as_ref(), channels)?;
        let axes = window.axes(&input[2..], &kernel[2..])?;
        let spatial = axes.len();
        for (name, list) in [("output_padding", &extra), ("output_shape", &wanted)] {
            if list.as_ref().is_some_and(|list| list.len() != spatial) {
                return Err(format!(
                    "attribute '{name}' does not have {spatial} numbers"
                ));
            }
        }
        let mut whole = vec![input[0], channels];
        let mut output = whole.clone();
        let mut axes_out = Vec::with_capacity(spatial);
        for (index, axis) in axes.iter().enumerate() {
            let extra = extra.as_ref().map_or(0, |list| list[index]);
            let wanted = wanted.as_ref().map(|list| list[index]);
            let (axis, length) = transposed_axis(*axis, extra, wanted, window.auto_pad)?;
            whole.push(natural(&axis));
            output.push(length);
            axes_out.push(axis);
        }
        bounded(&whole)?;
        bounded(&output)?;
        let y = convolve_transposed(x, weight, bias, &axes_out, &output, groups)?;
        Ok(vec![Value::Float(y)])
    }))
}

/// The length of a transposed convolution without padding.
fn natural(axis: &Axis) -> usize {
    axis.stride
        .saturating_mul(axis.input - 1)
        .saturating_add(axis.span())
}

/// The padding along one axis of a transposed convolution, and the length of its output.
fn transposed_axis(
    mut axis: Axis,
    extra: usize,
    wanted: Option<usize>,
    auto_pad: AutoPad,
) -> Result<(Axis, usize), String> {
    let natural = natural(&axis).saturating_add(extra);
    let wanted = wanted.or(match auto_pad {
        AutoPad::SameUpper | AutoPad::SameLower => Some(axis.input.saturating_mul(axis.stride)),
        AutoPad::Explicit | AutoPad::Valid => None,
    });
    if let Some(length) = wanted {
        let total = natural.saturating_sub(length);
        axis.begin = match auto_pad {
            AutoPad::SameUpper => total / 2,
            _ => total - total / 2,
        };
        axis.end = total - axis.begin;
        return Ok((axis, length));
    }
    match natural.checked_sub(axis.begin + axis.end) {
        Some(length) if length > 0 => Ok((axis, length)),
        _ => Err(format!(
            "a padding of {} and {} leaves nothing of an output of {natural}",
            axis.begin, axis.end
        )),
    }
}

/// A transposed convolution whose shapes were checked. Where Burn's padding cannot say what is asked
/// for, the whole is computed and cut to size.
fn convolve_transposed(
    x: DispatchTensor,
    weight: DispatchTensor,
    bias: Option<DispatchTensor>,
    axes: &[Axis],
    output: &[usize],
    groups: usize,
) -> Result<DispatchTensor, String> {
    let added = |axis: &Axis, length: usize| {
        (length + 2 * axis.begin)
            .checked_sub(natural(axis))
            .filter(|&added| added < axis.stride)
    };
    let direct: Option<Vec<usize>> = axes
        .iter()
        .zip(&output[2..])
        .map(|(axis, &length)| added(axis, length))
        .collect();
    macro_rules! transposed {
        ($bias:expr, $begin:expr, $added:expr) => {{
            let (begin, added) = ($begin, $added);
            macro_rules! options {
                () => {
                    ConvTransposeOptions::new(
                        each(axes, |axis| axis.stride),
                        each(axes, begin),
                        std::array::from_fn(added),
                        each(axes, |axis| axis.dilation),
                        groups,
                    )
                };
            }
            match axes.len() {
                1 => dispatch::conv_transpose1d(x, weight, $bias, options!(), None),
                2 => dispatch::conv_transpose2d(x, weight, $bias, options!(), None),
                _ => Dispatch::conv_transpose3d(x, weight, $bias, options!()),
            }
        }};
    }
    if let Some(added) = direct {
        return Ok(transposed!(bias, |axis: &Axis| axis.begin, |i| added[i]));
    }
    let whole = transposed!(None, |_: &Axis| 0, |_| 0);
    let mut cut = vec![(0, 0); 2];
    for (axis, &length) in axes.iter().zip(&output[2..]) {
        let begin = axis.begin as i64;
        cut.push((-begin, length as i64 + begin - natural(axis) as i64));
    }
    let y = pad::constant(Value::Float(whole), &cut, 0.0)?.into_float()?;
    Ok(match bias {
        None => y,
        Some(bias) => {
            let mut shape = vec![1; output.len()];
            shape[1] = output[1];
            Dispatch::float_add(y, Dispatch::float_reshape(bias, Shape::from(shape)))
        }
    })
}
