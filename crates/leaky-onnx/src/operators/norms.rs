//! Normalisations by the size of what is normalised alone, without a mean, and by neighbours.

use burn::backend::Dispatch;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, invalid};
use crate::value::{self, Value, broadcast_shape};

/// Divides by the root of the mean of squares over the axes from one on, then scales.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__RMSNormalization.html>.
pub(super) fn root_mean_square(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", -1)?;
    let epsilon = request.attributes.float("epsilon", 1e-5)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let scale = Floats::from(inputs.float(1)?);
        let shape = x.shape();
        let axis = value::axis(axis, shape.len())?;
        if shape.contains(&0) {
            return Err(format!("input of shape {shape:?} is empty"));
        }
        if broadcast_shape(&[scale.shape(), shape.clone()])? != shape {
            return Err(format!(
                "a scale of shape {:?} does not fit {shape:?}",
                scale.shape()
            ));
        }
        let axes: Vec<usize> = (axis..shape.len()).collect();
        let mean = x.clone().mul(&x)?.mean(&axes)?.plus(epsilon);
        let factor = mean.map(Dispatch::float_sqrt).map(Dispatch::float_recip);
        Ok(vec![x.mul(&factor)?.mul(&scale)?.value()])
    }))
}

/// Divides by the sum of magnitudes or by the root of the sum of squares along an axis; where that is
/// zero, zero stays.
pub(super) fn lp(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", -1)?;
    let power = request.attributes.int("p", 2)?;
    if !(1..=2).contains(&power) {
        return invalid(format!("attribute 'p' is {power}"));
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let shape = x.shape();
        let axis = value::axis(axis, shape.len())?;
        if shape.contains(&0) {
            return Ok(vec![x.value()]);
        }
        let sizes = match power {
            1 => x.clone().map(Dispatch::float_abs),
            _ => x.clone().mul(&x)?,
        };
        let sum = sizes.sum(&[axis])?;
        let empty: Vec<bool> = sum.numbers()?.iter().map(|&sum| sum == 0.0).collect();
        let shape = sum.shape();
        let mut norm = sum.replaced(TensorData::new(empty, shape), 1.0)?;
        if power == 2 {
            norm = norm.map(Dispatch::float_sqrt);
        }
        Ok(vec![x.div(&norm)?.value()])
    }))
}

/// Takes the mean along axes away and divides by the deviation.
pub(super) fn mean_variance(request: &Request) -> Result<Run, Refusal> {
    let axes = request.attributes.ints("axes")?;
    let axes = axes.map_or_else(|| vec![0, 2, 3], <[i64]>::to_vec);
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let shape = x.shape();
        let axes = value::axes(&axes, shape.len())?;
        if shape.contains(&0) {
            return Err(format!("input of shape {shape:?} is empty"));
        }
        let centred = x.clone().sub(&x.mean(&axes)?)?;
        let variance = centred.clone().mul(&centred)?.mean(&axes)?;
        let deviation = variance.map(Dispatch::float_sqrt).plus(1e-9);
        Ok(vec![centred.div(&deviation)?.value()])
    }))
}

/// Local response normalisation: each channel over the squares of its neighbours.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__LRN.html>.
pub(super) fn local_response(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let alpha = attributes.float("alpha", 1e-4)?;
    let beta = attributes.float("beta", 0.75)?;
    let bias = attributes.float("bias", 1.0)?;
    let size = attributes.size("size", 0)?;
    if size == 0 {
        return invalid("attribute 'size' is missing or 0");
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let shape = x.shape();
        if shape.len() < 2 || shape.contains(&0) {
            return Err(format!("input of shape {shape:?}"));
        }
        let channels = shape[1];
        // A band of ones: which channels are whose neighbours.
        let (before, behind) = ((size - 1) / 2, size - 1 - (size - 1) / 2);
        let mut band = vec![0.0; channels * channels];
        for channel in 0..channels {
            let end = channel.saturating_add(behind).min(channels - 1);
            for other in channel.saturating_sub(before)..=end {
                band[channel * channels + other] = 1.0;
            }
        }
        let band = x.like(TensorData::new(band, [1, channels, channels]));
        let positions: usize = shape[2..].iter().product();
        let squares = x.clone().mul(&x)?;
        let squares = squares.reshape(vec![shape[0], channels, positions])?;
        let band = band.value().expand(vec![shape[0], channels, channels]);
        let sums = Floats::try_from(band)?.matmul(squares)?.reshape(shape)?;
        let base = sums.times(alpha / size as f64).plus(bias);
        let factor = base.map(Dispatch::float_log).times(-beta);
        Ok(vec![Value::from(x.mul(&factor.map(Dispatch::float_exp))?)])
    }))
}
