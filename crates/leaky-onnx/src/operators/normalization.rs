//! Normalisation by a mean and a variance, stored or of the data.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::Shape;

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, invalid, unsupported};
use super::reduction::mean_over;
use crate::attributes::Attributes;
use crate::value::{self, Value, broadcast_shape, with_rank};

/// Numbers for each channel, which lie on axis 1 of a tensor of a given rank, or on its only one.
fn on_channels(
    numbers: DispatchTensor,
    channels: usize,
    rank: usize,
) -> Result<DispatchTensor, String> {
    if numbers.shape().to_vec() != [channels] {
        return Err(format!(
            "{:?} is not a list of numbers for {channels} channels",
            numbers.shape().to_vec()
        ));
    }
    let mut shape = vec![1; rank];
    shape[rank.min(2) - 1] = channels;
    Ok(Dispatch::float_reshape(numbers, Shape::from(shape)))
}

/// The channels of an input, which has samples before them.
fn channels(x: &DispatchTensor) -> Result<(usize, usize), String> {
    let shape = x.shape().to_vec();
    match shape.get(1) {
        Some(&channels) if !shape.contains(&0) => Ok((channels, shape.len())),
        _ => Err(format!(
            "input of shape {shape:?}, expected samples and channels"
        )),
    }
}

/// With stored statistics, which training leaves as they are unless it asks for the batch's: one multiplication and one addition
/// for each element, by numbers that the statistics are folded into.
pub(super) fn batch(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let epsilon = attributes.float("epsilon", 1e-5)?;
    if attributes.flag("training_mode", false)? {
        return unsupported("BatchNormalization in training mode");
    }
    if request.outputs > 1 {
        return unsupported("the statistics that are outputs of BatchNormalization in training");
    }
    if request.opset < 9 && !attributes.flag("spatial", true)? {
        return unsupported("BatchNormalization that is not spatial");
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.float(0)?;
        Ok(vec![by_line(x, &mut inputs, epsilon)?])
    }))
}

/// With the statistics that are stored, which the inputs behind `x` hold.
fn by_line(x: DispatchTensor, inputs: &mut Inputs, epsilon: f64) -> Result<Value, String> {
    let (channels, rank) = channels(&x)?;
    let (factor, offset) = line(inputs, 1, epsilon, channels)?;
    let factor = on_channels(factor, channels, rank)?;
    let offset = on_channels(offset, channels, rank)?;
    let y = Dispatch::float_add(Dispatch::float_mul(x, factor), offset);
    Ok(Value::Float(y))
}

/// The mean of each channel in a batch, and its variance as that of a sample.
#[derive(Debug)]
pub(crate) struct BatchMoments {
    pub(crate) mean: Vec<f64>,
    pub(crate) variance: Vec<f64>,
}

/// With the statistics of the batch itself, which are given too; with those that are stored where a
/// channel has a single number.
pub(crate) fn normalized_by_batch(
    attributes: &Attributes,
    mut inputs: Inputs,
) -> Result<(Value, Option<BatchMoments>), String> {
    let epsilon = attributes.float("epsilon", 1e-5)?;
    let x = inputs.float(0)?;
    let (channels, rank) = channels(&x)?;
    let count = x.shape().num_elements() / channels;
    if count == 1 {
        return Ok((by_line(x, &mut inputs, epsilon)?, None));
    }
    let scale = on_channels(inputs.float(1)?, channels, rank)?;
    let shift = on_channels(inputs.float(2)?, channels, rank)?;
    let axes: Vec<usize> = (0..rank).filter(|&axis| axis != 1).collect();
    let found = standardize(x, &axes, epsilon)?;
    let read = |tensor: DispatchTensor| -> Result<Vec<f64>, String> {
        Ok(Value::Float(tensor).into_data()?.iter::<f64>().collect())
    };
    let unbiased = count as f64 / (count - 1) as f64;
    let variance = read(found.variance)?.into_iter();
    let moments = BatchMoments {
        mean: read(found.mean)?,
        variance: variance.map(|variance| variance * unbiased).collect(),
    };
    let y = affine(found.values, scale, shift);
    Ok((Value::Float(y), Some(moments)))
}

/// The factor and the offset of each channel that statistics come to: scale, shift, mean and variance,
/// which are the inputs from `first` on.
fn line(
    inputs: &mut Inputs,
    first: usize,
    epsilon: f64,
    channels: usize,
) -> Result<(DispatchTensor, DispatchTensor), String> {
    let mut numbers = |index: usize| on_channels(inputs.float(first + index)?, channels, 1);
    let (scale, shift) = (numbers(0)?, numbers(1)?);
    let (mean, variance) = (numbers(2)?, numbers(3)?);
    let deviation = Dispatch::float_sqrt(Dispatch::float_add_scalar(variance, epsilon.into()));
    let factor = Dispatch::float_div(scale, deviation);
    let offset = Dispatch::float_sub(shift, Dispatch::float_mul(mean, factor.clone()));
    Ok((factor, offset))
}

/// The weights and the bias of a convolution that normalises what it gives. The gradients of all that
/// they are made of follow from this, and from those of a convolution.
pub(super) fn folded(
    inputs: &mut Inputs,
    first: usize,
    epsilon: f64,
    (weight, bias): (DispatchTensor, Option<DispatchTensor>),
) -> Result<(DispatchTensor, DispatchTensor), String> {
    let shape = weight.shape().to_vec();
    let (factor, offset) = line(inputs, first, epsilon, shape[0])?;
    let mut by_output = vec![1; shape.len()];
    by_output[0] = shape[0];
    let factors = Dispatch::float_reshape(factor.clone(), Shape::from(by_output));
    let bias = match bias {
        Some(bias) => Dispatch::float_add(offset, Dispatch::float_mul(bias, factor)),
        None => offset,
    };
    Ok((Dispatch::float_mul(weight, factors), bias))
}

/// What is normalised, the mean that was taken away, the variance, and the factor it was scaled by.
struct Standardized {
    values: DispatchTensor,
    mean: DispatchTensor,
    variance: DispatchTensor,
    factor: DispatchTensor,
}

/// Takes the mean along axes away and divides by the deviation, `sqrt(variance + epsilon)`.
fn standardize(x: DispatchTensor, axes: &[usize], epsilon: f64) -> Result<Standardized, String> {
    let mean = mean_over(Value::Float(x.clone()), axes)?.into_float()?;
    let centred = Dispatch::float_sub(x, mean.clone());
    let squares = Dispatch::float_mul(centred.clone(), centred.clone());
    let variance = mean_over(Value::Float(squares), axes)?.into_float()?;
    let deviation =
        Dispatch::float_sqrt(Dispatch::float_add_scalar(variance.clone(), epsilon.into()));
    let factor = Dispatch::float_recip(deviation);
    Ok(Standardized {
        values: Dispatch::float_mul(centred, factor.clone()),
        mean,
        variance,
        factor,
    })
}

/// `x * scale + shift`.
fn affine(x: DispatchTensor, scale: DispatchTensor, shift: DispatchTensor) -> DispatchTensor {
    Dispatch::float_add(Dispatch::float_mul(x, scale), shift)
}

/// Each channel of each sample by its own mean and variance.
pub(super) fn instance(request: &Request) -> Result<Run, Refusal> {
    let epsilon = request.attributes.float("epsilon", 1e-5)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.float(0)?;
        let (channels, rank) = channels(&x)?;
        if rank < 3 {
            return Err("no axes behind samples and channels to normalise over".into());
        }
        let scale = on_channels(inputs.float(1)?, channels, rank)?;
        let shift = on_channels(inputs.float(2)?, channels, rank)?;
        let axes: Vec<usize> = (2..rank).collect();
        let y = standardize(x, &axes, epsilon)?.values;
        Ok(vec![Value::Float(affine(y, scale, shift))])
    }))
}

/// Groups of channels of each sample. Scale and shift are for each group until operator set 20, for
/// each channel since.
pub(super) fn group(request: &Request) -> Result<Run, Refusal> {
    let epsilon = request.attributes.float("epsilon", 1e-5)?;
    let groups = request.attributes.size("num_groups", 0)?;
    if groups == 0 {
        return invalid("attribute 'num_groups' is missing or 0");
    }
    let by_group = request.opset < 21;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.float(0)?;
        let (channels, rank) = channels(&x)?;
        if channels % groups != 0 {
            return Err(format!("{channels} channels do not make {groups} groups"));
        }
        let shape = x.shape().to_vec();
        let grouped = vec![
            shape[0],
            groups,
            x.shape().num_elements() / shape[0] / groups,
        ];
        let grouped = Dispatch::float_reshape(x, Shape::from(grouped));
        let y = standardize(grouped, &[2], epsilon)?.values;
        let (scale, shift) = (inputs.float(1)?, inputs.float(2)?);
        let y = if by_group {
            let scale = on_channels(scale, groups, 3)?;
            let shift = on_channels(shift, groups, 3)?;
            Dispatch::float_reshape(affine(y, scale, shift), Shape::from(shape))
        } else {
            let scale = on_channels(scale, channels, rank)?;
            let shift = on_channels(shift, channels, rank)?;
            affine(Dispatch::float_reshape(y, Shape::from(shape)), scale, shift)
        };
        Ok(vec![Value::Float(y)])
    }))
}

/// Over the axes from one on; gives the means and the factors too.
pub(super) fn layer(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", -1)?;
    let epsilon = request.attributes.float("epsilon", 1e-5)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.float(0)?;
        let shape = x.shape().to_vec();
        let axis = value::axis(axis, shape.len())?;
        if shape.contains(&0) {
            return Err(format!("input of shape {shape:?} is empty"));
        }
        let axes: Vec<usize> = (axis..shape.len()).collect();
        let fits = |tensor: DispatchTensor| -> Result<DispatchTensor, String> {
            let found = tensor.shape().to_vec();
            if broadcast_shape(&[found.clone(), shape.clone()])? != shape {
                return Err(format!("{found:?} does not broadcast to {shape:?}"));
            }
            with_rank(Value::Float(tensor), shape.len())?.into_float()
        };
        let scale = fits(inputs.float(1)?)?;
        let shift = inputs.optional_float(2)?.map(fits).transpose()?;
        let Standardized {
            values,
            mean,
            factor,
            ..
        } = standardize(x, &axes, epsilon)?;
        let mut y = Dispatch::float_mul(values, scale);
        if let Some(shift) = shift {
            y = Dispatch::float_add(y, shift);
        }
        Ok([y, mean, factor].map(Value::Float).into())
    }))
}
