//! Images looked at between their positions: grids of places, and regions.
//!
//! Each place takes elements around it with weights. Which elements is worked out on the host; the
//! weights are tensors, so that the gradient reaches the places too.

use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, invalid};

/// How elements around a place are weighed.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

/// What stands outside of the image.
#[derive(Clone, Copy, PartialEq)]
enum Outside {
    Zeros,
    Border,
    Reflection,
}

/// The positions of an image as rows of channels: `[samples * positions, channels]`.
fn rows(x: Floats) -> Result<Floats, String> {
    let shape = x.shape();
    let positions: usize = shape[2..].iter().product();
    let x = x.reshape(vec![shape[0], shape[1], positions])?;
    x.permute(&[0, 2, 1])?
        .reshape(vec![shape[0] * positions, shape[1]])
}

/// Elements around places along one axis: how far from the floor, and their weights.
fn taps(mode: Mode, fraction: &Floats) -> Result<Vec<(i64, Option<Floats>)>, String> {
    let turned = |x: &Floats| x.clone().times(-1.0).plus(1.0);
    Ok(match mode {
        Mode::Nearest => vec![(0, None)],
        Mode::Linear => vec![(0, Some(turned(fraction))), (1, Some(fraction.clone()))],
        Mode::Cubic => {
            // Keys' kernel with a = -0.75.
            const A: f64 = -0.75;
            let near = |x: Floats| -> Result<Floats, String> {
                let square = x.clone().mul(&x)?;
                let cube = square.clone().mul(&x)?;
                Ok(cube.times(A + 2.0).sub(&square.times(A + 3.0))?.plus(1.0))
            };
            let far = |x: Floats| -> Result<Floats, String> {
                let square = x.clone().mul(&x)?;
                let cube = square.clone().mul(&x)?;
                let line = x.times(8.0 * A).plus(-4.0 * A);
                cube.times(A).sub(&square.times(5.0 * A))?.add(&line)
            };
            let other = turned(fraction);
            vec![
                (-1, Some(far(fraction.clone().plus(1.0))?)),
                (0, Some(near(fraction.clone())?)),
                (1, Some(near(other.clone())?)),
                (2, Some(far(other.plus(1.0))?)),
            ]
        }
    })
}

/// A position folded back between two ends.
fn reflected(place: f64, low: f64, high: f64) -> f64 {
    let span = high - low;
    if span <= 0.0 || !place.is_finite() {
        return low;
    }
    let folded = (place - low).rem_euclid(2.0 * span);
    low + folded.min(2.0 * span - folded)
}

/// An image at the places of a grid, whose numbers go from -1 to 1.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__GridSample.html>.
pub(super) fn grid_sample(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let mode = match attributes.string("mode", "linear")? {
        "nearest" => Mode::Nearest,
        "linear" | "bilinear" => Mode::Linear,
        "cubic" | "bicubic" => Mode::Cubic,
        other => return invalid(format!("attribute 'mode' is '{other}'")),
    };
    let outside = match attributes.string("padding_mode", "zeros")? {
        "zeros" => Outside::Zeros,
        "border" => Outside::Border,
        "reflection" => Outside::Reflection,
        other => return invalid(format!("attribute 'padding_mode' is '{other}'")),
    };
    let corners = attributes.flag("align_corners", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let (x, grid) = (
            Floats::from(inputs.float(0)?),
            Floats::from(inputs.float(1)?),
        );
        let (shape, sizes) = (x.shape(), grid.shape());
        let axes = shape.len().saturating_sub(2);
        let fits = (1..=3).contains(&axes)
            && sizes.len() == shape.len()
            && sizes.last() == Some(&axes)
            && sizes[0] == shape[0]
            && !shape.contains(&0)
            && !sizes.contains(&0);
        if !fits {
            return Err(format!(
                "a grid of shape {sizes:?} does not fit an image of shape {shape:?}"
            ));
        }
        let spatial = &shape[2..];
        let places: usize = sizes[..sizes.len() - 1].iter().product();
        let each = places / sizes[0];
        bounded(&[places, shape[1]])?;
        let grid = grid.reshape(vec![places, axes])?;
        // For each axis: the floors of the places, and what lies between them and the places. The
        // grid names the last axis first.
        let mut around = Vec::with_capacity(axes);
        for (axis, &size) in spatial.iter().enumerate() {
            let size = size as f64;
            let column = axes - 1 - axis;
            let mut place = grid.part(1, column..column + 1)?;
            place = if corners {
                place.plus(1.0).times((size - 1.0) / 2.0)
            } else {
                place.plus(1.0).times(size / 2.0).plus(-0.5)
            };
            let (low, high) = if corners {
                (0.0, size - 1.0)
            } else {
                (-0.5, size - 0.5)
            };
            if mode != Mode::Cubic {
                // A cubic takes its neighbours first and moves each of them inside.
                place = match outside {
                    Outside::Zeros => place,
                    Outside::Border => place.clamp(0.0, size - 1.0),
                    Outside::Reflection => {
                        // Where it is folded back, the place moves the other way.
                        let numbers = place.numbers()?;
                        let moved: Vec<f64> =
                            numbers.iter().map(|&p| reflected(p, low, high)).collect();
                        let signs: Vec<f64> = numbers
                            .iter()
                            .zip(&moved)
                            .map(|(&place, &moved)| {
                                let step = reflected(place + 1e-3, low, high) - moved;
                                if step < 0.0 { -1.0 } else { 1.0 }
                            })
                            .collect();
                        let offsets = numbers.iter().zip(&moved).zip(&signs);
                        let offsets: Vec<f64> = offsets.map(|((&p, &m), &s)| m - s * p).collect();
                        let list = [places, 1];
                        let signs = place.like(TensorData::new(signs, list));
                        let offsets = place.like(TensorData::new(offsets, list));
                        let folded = place.mul(&signs)?.add(&offsets)?;
                        folded.clamp(0.0, size - 1.0)
                    }
                };
            }
            let floors: Vec<f64> = place
                .numbers()?
                .iter()
                .map(|&place| match mode {
                    Mode::Nearest => place.round_ties_even(),
                    _ => place.floor(),
                })
                .collect();
            let floor = place.like(TensorData::new(floors.clone(), [places, 1]));
            let fraction = place.sub(&floor)?;
            around.push((floors, taps(mode, &fraction)?, (low, high)));
        }
        let image = rows(x)?;
        let positions: usize = spatial.iter().product();
        let mut sum: Option<Floats> = None;
        let combinations: usize = around.iter().map(|(_, taps, _)| taps.len()).product();
        for combination in 0..combinations {
            let mut rest = combination;
            let mut chosen = vec![0_i64; places];
            let mut absent = vec![false; places];
            let mut weight: Option<Floats> = None;
            for (axis, (floors, taps, (low, high))) in around.iter().enumerate() {
                let (step, factor) = &taps[rest % taps.len()];
                rest /= taps.len();
                let last = spatial[axis] as f64 - 1.0;
                for (index, floor) in floors.iter().enumerate() {
                    let mut place = floor + *step as f64;
                    match outside {
                        Outside::Zeros => absent[index] |= !(0.0..=last).contains(&place),
                        Outside::Border => {}
                        Outside::Reflection if mode == Mode::Cubic => {
                            place = reflected(place, *low, *high).round_ties_even();
                        }
                        Outside::Reflection => {}
                    }
                    let inside = if place.is_nan() {
                        0.0
                    } else {
                        place.clamp(0.0, last)
                    };
                    chosen[index] = chosen[index] * spatial[axis] as i64 + inside as i64;
                }
                if let Some(factor) = factor {
                    weight = Some(match weight {
                        None => factor.clone(),
                        Some(weight) => weight.mul(factor)?,
                    });
                }
            }
            for (index, position) in chosen.iter_mut().enumerate() {
                *position += (index / each * positions) as i64;
            }
            let mut taken = image.clone().select(0, chosen)?;
            if absent.contains(&true) {
                taken = taken.replaced(TensorData::new(absent, [places, 1]), 0.0)?;
            }
            if let Some(weight) = weight {
                taken = taken.mul(&weight)?;
            }
            sum = Some(match sum {
                None => taken,
                Some(sum) => sum.add(&taken)?,
            });
        }
        let sum = sum.ok_or("nothing to look at")?;
        let y = sum
            .reshape(vec![sizes[0], each, shape[1]])?
            .permute(&[0, 2, 1])?;
        let mut result = vec![shape[0], shape[1]];
        result.extend(&sizes[1..=axes]);
        Ok(vec![y.reshape(result)?.value()])
    }))
}

/// Regions of images, each as a grid of means (or of the largest) over places within its cells.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__RoiAlign.html>.
pub(super) fn roi_align(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let largest = match attributes.string("mode", "avg")? {
        "avg" => false,
        "max" => true,
        other => return invalid(format!("attribute 'mode' is '{other}'")),
    };
    let half = match attributes.string("coordinate_transformation_mode", "half_pixel")? {
        _ if request.opset < 16 => 0.0,
        "half_pixel" => 0.5,
        "output_half_pixel" => 0.0,
        other => {
            return invalid(format!(
                "attribute 'coordinate_transformation_mode' is '{other}'"
            ));
        }
    };
    let (height, width) = (
        attributes.size("output_height", 1)?.max(1),
        attributes.size("output_width", 1)?.max(1),
    );
    let ratio = attributes.size("sampling_ratio", 0)?;
    let scale = attributes.float("spatial_scale", 1.0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let regions = Floats::from(inputs.float(1)?);
        let samples = inputs.ints(2)?;
        let shape = x.shape();
        let &[images, channels, rows_of, columns_of] = &shape[..] else {
            return Err(format!("input of shape {shape:?}, expected images"));
        };
        if regions.shape() != [samples.len(), 4] || shape.contains(&0) || samples.is_empty() {
            return Err(format!(
                "regions of shape {:?} for {} images of shape {shape:?}",
                regions.shape(),
                samples.len()
            ));
        }
        let numbers = regions.numbers()?;
        let image = rows(x)?;
        let mut cells = Vec::with_capacity(samples.len());
        for (corners, &sample) in numbers.chunks(4).zip(&samples) {
            let sample = usize::try_from(sample)
                .ok()
                .filter(|&sample| sample < images)
                .ok_or_else(|| format!("image {sample} of {images}"))?;
            let at = |index: usize| corners[index] * scale - half;
            let (x0, y0) = (at(0), at(1));
            let least = if half == 0.0 { 1.0 } else { f64::NEG_INFINITY };
            let (w, h) = ((at(2) - x0).max(least), (at(3) - y0).max(least));
            let count = |size: f64, cells: usize| -> usize {
                match ratio {
                    0 => (size / cells as f64).ceil().clamp(1.0, 1e6).max(1.0) as usize,
                    ratio => ratio,
                }
            };
            let (down, across) = (count(h, height), count(w, width));
            bounded(&[height, width, down, across, 4, channels])?;
            let (mut chosen, mut weights) = (Vec::new(), Vec::new());
            let places =
                |start: f64, size: f64, cells: usize, each: usize, cell: usize, i: usize| {
                    let step = size / cells as f64;
                    start + cell as f64 * step + (i as f64 + 0.5) * step / each as f64
                };
            for cell in 0..height * width {
                for point in 0..down * across {
                    let y = places(y0, h, height, down, cell / width, point / across);
                    let x = places(x0, w, width, across, cell % width, point % across);
                    for ((row, down), (column, right)) in corners_of(y, x, rows_of, columns_of) {
                        let position = (sample * rows_of + row) * columns_of + column;
                        chosen.push(position as i64);
                        weights.push(down * right);
                    }
                }
            }
            let taken = weights.len();
            let weights = image.like(TensorData::new(weights, [taken, 1]));
            let taken = image.clone().select(0, chosen)?.mul(&weights)?;
            let points = down * across;
            let cell = if largest {
                // ONNX takes the largest of the weighted neighbours themselves.
                taken
                    .reshape(vec![height * width, points * 4, channels])?
                    .max(&[1])?
            } else {
                taken
                    .reshape(vec![height * width, points * 4, channels])?
                    .sum(&[1])?
                    .times(1.0 / points as f64)
            };
            cells.push(cell.reshape(vec![1, height * width, channels])?);
        }
        let y = Floats::concatenate(cells, 0)?.permute(&[0, 2, 1])?;
        let y = y.reshape(vec![samples.len(), channels, height, width])?;
        Ok(vec![y.value()])
    }))
}

/// An element along each axis, and its weight.
type Corner = ((usize, f64), (usize, f64));

/// The four elements around a place, with their weights; without weight far outside of the image.
fn corners_of(y: f64, x: f64, rows: usize, columns: usize) -> [Corner; 4] {
    let between = |place: f64, size: usize| -> [(usize, f64); 2] {
        let last = (size - 1) as f64;
        if !(-1.0..=size as f64).contains(&place) {
            return [(0, 0.0); 2];
        }
        let place = place.clamp(0.0, last);
        let low = place.floor();
        let high = (low + 1.0).min(last);
        [
            (low as usize, 1.0 - (place - low)),
            (high as usize, place - low),
        ]
    };
    let (down, across) = (between(y, rows), between(x, columns));
    [
        (down[0], across[0]),
        (down[0], across[1]),
        (down[1], across[0]),
        (down[1], across[1]),
    ]
}

/// The places of a grid under affine maps.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__AffineGrid.html>.
pub(super) fn affine_grid(request: &Request) -> Result<Run, Refusal> {
    let corners = request.attributes.flag("align_corners", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let maps = Floats::from(inputs.float(0)?);
        let sizes = inputs.ints(1)?;
        let sizes: Option<Vec<usize>> = sizes
            .iter()
            .map(|&size| usize::try_from(size).ok().filter(|&size| size > 0))
            .collect();
        let sizes = sizes.ok_or("a size is not above zero")?;
        let axes = sizes.len().saturating_sub(2);
        if !(2..=3).contains(&axes) || maps.shape() != [sizes[0], axes, axes + 1] {
            return Err(format!(
                "maps of shape {:?} do not fit an image of shape {sizes:?}",
                maps.shape()
            ));
        }
        bounded(&sizes)?;
        let spatial = &sizes[2..];
        let places: usize = spatial.iter().product();
        let mut base = Vec::with_capacity(places * (axes + 1));
        for place in super::picking::places(spatial) {
            // The last axis is named first.
            for axis in (0..axes).rev() {
                let (index, size) = (place[axis] as f64, spatial[axis] as f64);
                base.push(match corners {
                    true if spatial[axis] == 1 => 0.0,
                    true => 2.0 * index / (size - 1.0) - 1.0,
                    false => (2.0 * index + 1.0) / size - 1.0,
                });
            }
            base.push(1.0);
        }
        let base = maps.like(TensorData::new(base, [1, places, axes + 1]));
        let base = base.value().expand(vec![sizes[0], places, axes + 1]);
        let grid = Floats::try_from(base)?.matmul(maps.transposed()?)?;
        let mut shape = vec![sizes[0]];
        shape.extend(spatial);
        shape.push(axes);
        Ok(vec![grid.reshape(shape)?.value()])
    }))
}
