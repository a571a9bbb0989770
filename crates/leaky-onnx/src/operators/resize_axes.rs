//! The axes of an image that is made larger or smaller: how long they become, and which place of the
//! input each position of the result belongs to.
//!
//! Source: <https://onnx.ai/onnx/operators/onnx__Resize.html>.

/// Where a position of the result lies in the input.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    TfHalfPixelForNearest,
    AlignCorners,
    Asymmetric,
    CropAndResize,
}

/// One axis that changes.
pub(super) struct Axis {
    pub(super) index: usize,
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) scale: f64,
    /// The range of the input that is taken, as fractions, for `tf_crop_and_resize`.
    pub(super) region: (f64, f64),
}

impl Coordinates {
    /// The place in the input of a position of the result.
    pub(super) fn place(self, position: usize, axis: &Axis) -> f64 {
        let (x, scale) = (position as f64, axis.scale);
        let (input, output) = (axis.input as f64, axis.output as f64);
        match self {
            Self::HalfPixel => (x + 0.5) / scale - 0.5,
            Self::HalfPixelSymmetric => {
                let adjustment = output / (scale * input);
                let offset = input / 2.0 * (1.0 - adjustment);
                offset + (x + 0.5) / scale - 0.5
            }
            Self::PytorchHalfPixel if axis.output == 1 => 0.0,
            Self::PytorchHalfPixel => (x + 0.5) / scale - 0.5,
            Self::TfHalfPixelForNearest => (x + 0.5) / scale,
            Self::AlignCorners if axis.output == 1 => 0.0,
            // By the length before it is rounded down, as the specification has it.
            Self::AlignCorners => x * (input - 1.0) / (input * scale - 1.0),
            Self::Asymmetric => x / scale,
            Self::CropAndResize => {
                let (start, end) = axis.region;
                if axis.output > 1 {
                    start * (input - 1.0) + x * (end - start) * (input - 1.0) / (output - 1.0)
                } else {
                    0.5 * (start + end) * (input - 1.0)
                }
            }
        }
    }
}

/// What `keep_aspect_ratio_policy` says of sizes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum AspectRatio {
    Stretch,
    NotLarger,
    NotSmaller,
}

pub(super) fn by_scales(
    shape: &[usize],
    places: &[usize],
    scales: &[f64],
) -> Result<Vec<Axis>, String> {
    if scales.len() != places.len() {
        return Err(format!("{} scales for {} axes", scales.len(), places.len()));
    }
    places
        .iter()
        .zip(scales)
        .map(|(&index, &scale)| {
            if !(scale.is_finite() && scale > 0.0) {
                return Err(format!("a scale of {scale}"));
            }
            Ok(Axis {
                index,
                input: shape[index],
                output: (shape[index] as f64 * scale).floor() as usize,
                scale,
                region: (0.0, 1.0),
            })
        })
        .collect()
}

pub(super) fn by_sizes(
    shape: &[usize],
    places: &[usize],
    sizes: &[i64],
    policy: AspectRatio,
) -> Result<Vec<Axis>, String> {
    if sizes.len() != places.len() {
        return Err(format!("{} sizes for {} axes", sizes.len(), places.len()));
    }
    let ratios = || {
        let pairs = places.iter().zip(sizes);
        pairs.map(|(&index, &size)| size as f64 / shape[index] as f64)
    };
    let common = match policy {
        AspectRatio::Stretch => None,
        AspectRatio::NotLarger => ratios().reduce(f64::min),
        AspectRatio::NotSmaller => ratios().reduce(f64::max),
    };
    places
        .iter()
        .zip(sizes)
        .map(|(&index, &size)| {
            let input = shape[index];
            let output = match common {
                None => usize::try_from(size).map_err(|_| format!("a size of {size}"))?,
                Some(ratio) if ratio.is_finite() && ratio >= 0.0 => {
                    // Rounded to the nearest, halves upwards.
                    (ratio * input as f64 + 0.5).floor() as usize
                }
                Some(_) => return Err(format!("sizes {sizes:?} have no common ratio")),
            };
            Ok(Axis {
                index,
                input,
                output,
                scale: common.unwrap_or(output as f64 / input as f64),
                region: (0.0, 1.0),
            })
        })
        .collect()
}
