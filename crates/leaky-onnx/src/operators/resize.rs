//! Making images larger and smaller, one axis after the other.
//!
//! Every axis of the result takes from the input, for each of its positions, one element (nearest) or
//! two with weights (linear), which are a choice of entries; or four and more (cubic, and any with
//! antialiasing), which are a product with a matrix of weights. Burn knows the gradients of both.
//!
//! Source: <https://onnx.ai/onnx/operators/onnx__Resize.html>.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, TensorMetadata};
use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::moved::Moved;
use super::operator::{Refusal, Request, Run, bounded, created, invalid};
use super::resize_axes::{AspectRatio, Axis, Coordinates, by_scales, by_sizes};
use crate::value::{self, Value};

/// Which neighbour is nearest.
#[derive(Clone, Copy)]
enum Rounding {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
    /// Downwards where the image grows, upwards where it shrinks: operator set 10 does not say, and
    /// runtimes do this.
    Simple,
}

/// How the elements of the result are found.
#[derive(Clone, Copy)]
enum Mode {
    Nearest(Rounding),
    Linear,
    Cubic,
}

#[derive(Clone, Copy)]
struct Method {
    mode: Mode,
    coordinates: Coordinates,
    exclude_outside: bool,
    /// Whether an image that shrinks takes in all that a position stands for.
    antialias: bool,
    /// The number in the cubic kernel.
    cubic: f64,
    /// What lies outside of the input, for `tf_crop_and_resize`.
    extrapolation: f64,
}

impl Rounding {
    fn round(self, place: f64, scale: f64) -> f64 {
        match self {
            Self::PreferFloor => (place - 0.5).ceil(),
            Self::PreferCeil => (place + 0.5).floor(),
            Self::Floor => place.floor(),
            Self::Ceil => place.ceil(),
            Self::Simple if scale < 1.0 => place.ceil(),
            Self::Simple => place.trunc(),
        }
    }
}

impl Method {
    fn apply(self, value: Value, axis: &Axis) -> Result<Value, String> {
        let places: Vec<f64> = (0..axis.output)
            .map(|position| self.coordinates.place(position, axis))
            .collect();
        let last = (axis.input - 1) as f64;
        let inside = |place: f64| place.clamp(0.0, last) as i64;
        let resized = match self.mode {
            Mode::Nearest(rounding) => {
                let sources = places
                    .iter()
                    .map(|&place| inside(rounding.round(place, axis.scale)));
                nearest(value, axis, sources.collect())?
            }
            Mode::Linear if !self.antialias => self.linear(value, axis, &places)?,
            Mode::Linear | Mode::Cubic => self.weighted(value, axis, &places)?,
        };
        if self.coordinates != Coordinates::CropAndResize {
            return Ok(resized);
        }
        let outside = places.iter().map(|place| !(0.0..=last).contains(place));
        extrapolated(resized, axis, outside.collect(), self.extrapolation)
    }

    /// The weight of an element at a distance.
    ///
    /// Source: Keys, "Cubic convolution interpolation for digital image processing" (1981).
    fn weight(self, distance: f64) -> f64 {
        let (d, a) = (distance.abs(), self.cubic);
        match self.mode {
            Mode::Cubic if d <= 1.0 => ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0,
            Mode::Cubic if d < 2.0 => (((d - 5.0) * d + 8.0) * d - 4.0) * a,
            Mode::Cubic => 0.0,
            _ => (1.0 - d).max(0.0),
        }
    }

    /// Each position from all elements around its place, by a product with their weights.
    fn weighted(self, value: Value, axis: &Axis, places: &[f64]) -> Result<Value, String> {
        let shrinks = if self.antialias {
            axis.scale.min(1.0)
        } else {
            1.0
        };
        let reach = if matches!(self.mode, Mode::Cubic) {
            2.0
        } else {
            1.0
        } / shrinks;
        created(&[axis.input, places.len()])?;
        let mut matrix = vec![0.0; axis.input * places.len()];
        let last = axis.input as i64 - 1;
        for (position, &place) in places.iter().enumerate() {
            let (low, high) = ((place - reach).ceil(), (place + reach).floor());
            if !(low.abs() < 1e15 && high.abs() < 1e15) || high - low > 1e7 {
                return Err(format!("a scale of {}", axis.scale));
            }
            let around = (low as i64..=high as i64)
                .map(|index| (index, self.weight((index as f64 - place) * shrinks)))
                .filter(|(index, _)| !self.exclude_outside || (0..=last).contains(index));
            let around: Vec<(i64, f64)> = around.collect();
            let total: f64 = around.iter().map(|(_, weight)| weight).sum();
            for (index, weight) in around {
                let row = index.clamp(0, last) as usize;
                matrix[row * places.len() + position] += weight / total;
            }
        }
        let x = Floats::try_from(value)?;
        let matrix = x.like(TensorData::new(matrix, [axis.input, places.len()]));
        // The axis goes last, and back.
        let rank = x.shape().len();
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(axis.index, rank - 1);
        let mut shape = x.shape();
        shape.swap(axis.index, rank - 1);
        let rows: usize = shape[..rank - 1].iter().product();
        let x = x.permute(&order)?.reshape(vec![rows, axis.input])?;
        shape[rank - 1] = places.len();
        let y = x.matmul(matrix)?.reshape(shape)?.permute(&order)?;
        Ok(y.value())
    }

    /// Each position from the elements before and after its place.
    fn linear(self, value: Value, axis: &Axis, places: &[f64]) -> Result<Value, String> {
        let last = (axis.input - 1) as f64;
        let (mut before, mut after, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for &place in places {
            let low = place.floor();
            let mut weight = place - low;
            if self.exclude_outside {
                // What lies outside has no weight, the rest makes up for it.
                if low < 0.0 {
                    weight = 1.0;
                } else if low + 1.0 > last {
                    weight = 0.0;
                }
            }
            before.push(low.clamp(0.0, last) as i64);
            after.push((low + 1.0).clamp(0.0, last) as i64);
            weights.push(weight);
        }
        let device = value.tensor().device();
        let mut shape = vec![1; value.rank()];
        shape[axis.index] = places.len();
        let tensor = value.tensor();
        let data = TensorData::new(weights, shape).convert_dtype(tensor.dtype());
        let weights = Dispatch::float_from_data(data, &device);
        let taken = |sources: Vec<i64>| {
            let indices = Value::from_ints(sources, &device);
            value
                .clone()
                .select(axis.index, indices.tensor().clone())
                .into_float()
        };
        let (low, high) = (taken(before)?, taken(after)?);
        let step = Dispatch::float_mul(Dispatch::float_sub(high, low.clone()), weights);
        Ok(Value::Float(Dispatch::float_add(low, step)))
    }
}

/// Picks entries of an axis. Where each stands equally often, as when an image is doubled, they are
/// repeated in place.
fn nearest(value: Value, axis: &Axis, sources: Vec<i64>) -> Result<Value, String> {
    let times = axis.output / axis.input;
    let repeats = axis.output.is_multiple_of(axis.input)
        && sources
            .iter()
            .enumerate()
            .all(|(position, &source)| source as usize == position / times);
    if !repeats {
        let indices = Value::from_ints(sources, &value.tensor().device());
        return Ok(value.select(axis.index, indices.tensor().clone()));
    }
    let mut shape = value.shape();
    let mut apart = shape.clone();
    apart.insert(axis.index + 1, 1);
    let mut repeated = apart.clone();
    repeated[axis.index + 1] = times;
    shape[axis.index] = axis.output;
    value.reshape(apart)?.expand(repeated).reshape(shape)
}

/// Puts a number at the positions of an axis that lie outside of the input.
fn extrapolated(
    value: Value,
    axis: &Axis,
    outside: Vec<bool>,
    number: f64,
) -> Result<Value, String> {
    let mut shape = vec![1; value.rank()];
    shape[axis.index] = outside.len();
    let mask = Value::from_data(TensorData::new(outside, shape), &value.tensor().device());
    let whole = value.shape();
    let mask = mask.expand(whole.clone()).tensor().clone();
    let fill = value.filled(whole, number);
    value.replace_where(mask, fill)
}

pub(super) fn resize(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    // Operator set 10 knows neither the coordinates nor the rounding.
    let old = request.opset < 11;
    let word = |name, default, old_default| -> Result<&str, Refusal> {
        Ok(if old {
            old_default
        } else {
            attributes.string(name, default)?
        })
    };
    let coordinates = match word("coordinate_transformation_mode", "half_pixel", "asymmetric")? {
        "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "tf_half_pixel_for_nn" => Coordinates::TfHalfPixelForNearest,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        "tf_crop_and_resize" => Coordinates::CropAndResize,
        other => return invalid(format!("coordinate_transformation_mode is '{other}'")),
    };
    let rounding = match word("nearest_mode", "round_prefer_floor", "simple")? {
        "round_prefer_floor" => Rounding::PreferFloor,
        "round_prefer_ceil" => Rounding::PreferCeil,
        "floor" => Rounding::Floor,
        "ceil" => Rounding::Ceil,
        "simple" if old => Rounding::Simple,
        other => return invalid(format!("nearest_mode is '{other}'")),
    };
    let policy = match attributes.string("keep_aspect_ratio_policy", "stretch")? {
        "stretch" => AspectRatio::Stretch,
        "not_larger" => AspectRatio::NotLarger,
        "not_smaller" => AspectRatio::NotSmaller,
        other => return invalid(format!("keep_aspect_ratio_policy is '{other}'")),
    };
    let method = Method {
        mode: mode(attributes.string("mode", "nearest")?, rounding)?,
        coordinates,
        exclude_outside: attributes.flag("exclude_outside", false)?,
        antialias: attributes.flag("antialias", false)?,
        cubic: attributes.float("cubic_coeff_a", -0.75)?,
        extrapolation: attributes.float("extrapolation_value", 0.0)?,
    };
    let named = attributes.ints("axes")?.map(<[i64]>::to_vec);
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = Value::Float(inputs.float(0)?);
        let shape = value.shape();
        // Until operator set 10 the scales are the second input.
        let region = if old {
            None
        } else {
            inputs.optional_floats(1)?
        };
        let scales = inputs.optional_floats(if old { 1 } else { 2 })?;
        let sizes = inputs.optional_ints(3)?;
        let places = match &named {
            Some(axes) => value::axes(axes, shape.len())?,
            None => (0..shape.len()).collect(),
        };
        let given = |list: &Option<Vec<f64>>| list.clone().filter(|list| !list.is_empty());
        let sizes = sizes.filter(|list| !list.is_empty());
        let mut axes = match (given(&scales), sizes) {
            (Some(scales), None) => by_scales(&shape, &places, &scales)?,
            (None, Some(sizes)) => by_sizes(&shape, &places, &sizes, policy)?,
            _ => return Err("expected either scales or sizes".into()),
        };
        if coordinates == Coordinates::CropAndResize {
            let region = given(&region).filter(|region| region.len() == 2 * places.len());
            let region = region.ok_or("'tf_crop_and_resize' needs a region of all axes")?;
            for (index, axis) in axes.iter_mut().enumerate() {
                axis.region = (region[index], region[places.len() + index]);
            }
        }
        Ok(vec![resized(value, &axes, method)?])
    }))
}

/// What stood before Resize, until operator set 9: asymmetric, rounding down.
pub(super) fn upsample(request: &Request) -> Result<Run, Refusal> {
    if request.opset > 9 {
        return invalid("Upsample does not exist since operator set 10");
    }
    let scales = Moved::floats(request, "scales", (9, 1))?;
    let method = Method {
        mode: mode(
            request.attributes.string("mode", "nearest")?,
            Rounding::Floor,
        )?,
        coordinates: Coordinates::Asymmetric,
        exclude_outside: false,
        antialias: false,
        cubic: -0.75,
        extrapolation: 0.0,
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = Value::Float(inputs.float(0)?);
        let scales = scales.required(&mut inputs, "the scales")?;
        let shape = value.shape();
        let places: Vec<usize> = (0..shape.len()).collect();
        let axes = by_scales(&shape, &places, &scales)?;
        Ok(vec![resized(value, &axes, method)?])
    }))
}

fn mode(word: &str, rounding: Rounding) -> Result<Mode, Refusal> {
    match word {
        "nearest" => Ok(Mode::Nearest(rounding)),
        "linear" | "bilinear" => Ok(Mode::Linear),
        "cubic" => Ok(Mode::Cubic),
        other => invalid(format!("attribute 'mode' is '{other}'")),
    }
}

fn resized(mut value: Value, axes: &[Axis], method: Method) -> Result<Value, String> {
    let mut shape = value.shape();
    for axis in axes {
        shape[axis.index] = axis.output;
    }
    bounded(&shape)?;
    if value.is_empty() || shape.contains(&0) {
        return Err(format!(
            "an image of shape {:?} cannot become {shape:?}",
            value.shape()
        ));
    }
    for axis in axes {
        let same = axis.input == axis.output && axis.scale == 1.0;
        if !same || method.coordinates == Coordinates::CropAndResize {
            value = method.apply(value, axis)?;
        }
    }
    Ok(value)
}
