//! A convolution or its transpose, of given shapes, with the rectifier behind it.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::backend::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{DType, Shape};
use leaky_relu::SignBits;

use super::correlation::{Correlation, WeightOrder};
use super::geometry::{Phases, Window};
use super::weight_gradient::WeightGradient;
use crate::flex::by_signs::BySigns;
use crate::flex::single::{contiguous, numbers, tensor};
use crate::flex::threads;
use crate::rectifier::Rectifier;
use crate::unit_counts;

/// The shapes of a convolution. Its transpose is described as the convolution that it transposes:
/// what is the input of one is the output of the other.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    batch: usize,
    groups: usize,
    /// Channels on the side that the kernel slides over, and on the side of the positions, each in
    /// one group.
    wide_channels: usize,
    narrow_channels: usize,
    wide: [usize; 2],
    narrow: [usize; 2],
    window: Window,
    transposed: bool,
    rectifier: Option<BySigns>,
}

/// What the rectifier's backward pass needs: the signs of each piece that was computed together.
pub(super) type Signs = Arc<Vec<SignBits>>;

/// The gradients that were asked for.
pub(super) struct Gradients {
    pub(super) input: Option<FlexTensor>,
    pub(super) weight: Option<FlexTensor>,
    pub(super) bias: Option<FlexTensor>,
}

/// Which gradients are asked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) input: bool,
    pub(super) weight: bool,
    pub(super) bias: bool,
}

impl Operation {
    /// The convolution of these tensors, if the loops here compute it.
    pub(super) fn convolution(
        input: &FlexTensor,
        weight: &FlexTensor,
        bias: Option<&FlexTensor>,
        options: &ConvOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> Option<Self> {
        if !computes(input, weight, bias) {
            return None;
        }
        let (x, w) = (shape(input), shape(weight));
        let wide = [x[2], x[3]];
        let mut narrow = [0; 2];
        for axis in 0..2 {
            let (begin, end) = options.padding[axis];
            let span = (w[2 + axis] - 1) * options.dilation[axis] + 1;
            let free = (wide[axis] + begin + end).checked_sub(span)?;
            narrow[axis] = free / options.stride[axis] + 1;
        }
        Some(Operation {
            batch: x[0],
            groups: options.groups,
            wide_channels: w[1],
            narrow_channels: w[0] / options.groups,
            wide,
            narrow,
            window: Window {
                kernel: [w[2], w[3]],
                stride: options.stride,
                dilation: options.dilation,
                begin: options.padding_begin(),
            },
            transposed: false,
            rectifier: by_signs(rectifier)?,
        })
    }

    /// The transposed convolution of these tensors, if the loops here compute it.
    pub(super) fn transpose(
        input: &FlexTensor,
        weight: &FlexTensor,
        bias: Option<&FlexTensor>,
        options: &ConvTransposeOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> Option<Self> {
        if !computes(input, weight, bias) {
            return None;
        }
        let (x, w) = (shape(input), shape(weight));
        let narrow = [x[2], x[3]];
        let mut wide = [0; 2];
        for axis in 0..2 {
            let span = (w[2 + axis] - 1) * options.dilation[axis] + 1;
            let whole = (narrow[axis] - 1) * options.stride[axis] + span;
            let whole = whole + options.padding_out[axis];
            wide[axis] = whole.checked_sub(2 * options.padding[axis])?;
            if wide[axis] == 0 {
                return None;
            }
        }
        Some(Operation {
            batch: x[0],
            groups: options.groups,
            wide_channels: w[1],
            narrow_channels: w[0] / options.groups,
            wide,
            narrow,
            window: Window {
                kernel: [w[2], w[3]],
                stride: options.stride,
                dilation: options.dilation,
                begin: options.padding,
            },
            transposed: true,
            rectifier: by_signs(rectifier)?,
        })
    }

    /// The output.
    pub(super) fn forward(
        &self,
        input: &FlexTensor,
        weight: &FlexTensor,
        bias: Option<&FlexTensor>,
    ) -> FlexTensor {
        if self.rectifier.is_some() && unit_counts::asked() {
            return self.forward_with_signs(input, weight, bias).0;
        }
        let (output, _) = self.compute(input, weight, bias, |output| {
            if let Some(rectifier) = self.rectifier {
                rectifier.rectify(output);
            }
        });
        output
    }

    /// As [`forward`](Self::forward), and the signs of what the rectifier was given.
    pub(super) fn forward_with_signs(
        &self,
        input: &FlexTensor,
        weight: &FlexTensor,
        bias: Option<&FlexTensor>,
    ) -> (FlexTensor, Signs) {
        let (output, signs) = self.compute(input, weight, bias, |output| match self.rectifier {
            Some(rectifier) => rectifier.rectify_with_signs(output),
            None => SignBits::new(),
        });
        if self.rectifier.is_some() {
            let lengths = output.layout().shape();
            unit_counts::record(lengths, unit_counts::unit_axis(lengths.len()), &signs);
        }
        (output, Arc::new(signs))
    }

    fn compute<R: Send>(
        &self,
        input: &FlexTensor,
        weight: &FlexTensor,
        bias: Option<&FlexTensor>,
        finish: impl Fn(&mut [f32]) -> R + Sync + Send,
    ) -> (FlexTensor, Vec<R>) {
        let correlation = self.correlation(self.transposed);
        let (input, weight) = (contiguous(input.clone()), contiguous(weight.clone()));
        let bias = bias.cloned().map(contiguous);
        let mut output = vec![0.0; correlation.output_len()];
        let results = correlation.run(
            numbers(&input),
            numbers(&weight),
            bias.as_ref().map(numbers),
            &mut output,
            finish,
        );
        let output = if self.transposed {
            tensor(output, self.wide_shape())
        } else {
            tensor(output, self.narrow_shape())
        };
        (output, results)
    }

    /// The gradients, in the memory of the output's gradient where nobody else holds it.
    pub(super) fn backward(
        &self,
        input: &FlexTensor,
        weight: &FlexTensor,
        signs: &Signs,
        gradient: FlexTensor,
        wanted: Wanted,
    ) -> Gradients {
        let (gradient, bias) = self.before_rectifier(signs, gradient, wanted.bias);
        let input_gradient = wanted.input.then(|| {
            let correlation = self.correlation(!self.transposed);
            let weight = contiguous(weight.clone());
            let mut output = vec![0.0; correlation.output_len()];
            correlation.run(
                numbers(&gradient),
                numbers(&weight),
                None,
                &mut output,
                |_| (),
            );
            tensor(output, input.layout().shape().clone())
        });
        let weight_gradient = wanted.weight.then(|| {
            let input = contiguous(input.clone());
            let (wide, narrow) = if self.transposed {
                (numbers(&gradient), numbers(&input))
            } else {
                (numbers(&input), numbers(&gradient))
            };
            let numbers = self.weight_gradient().run(wide, narrow);
            tensor(numbers, weight.layout().shape().clone())
        });
        Gradients {
            input: input_gradient,
            weight: weight_gradient,
            bias,
        }
    }

    /// The gradient of what the rectifier was given, and its sum for each channel if that is wanted.
    fn before_rectifier(
        &self,
        signs: &Signs,
        gradient: FlexTensor,
        sum: bool,
    ) -> (FlexTensor, Option<FlexTensor>) {
        let mut gradient = contiguous(gradient);
        if self.rectifier.is_none() && !sum {
            return (gradient, None);
        }
        let (size, channels) = if self.transposed {
            (self.wide, self.groups * self.wide_channels)
        } else {
            (self.narrow, self.groups * self.narrow_channels)
        };
        let plane = size[0] * size[1];
        let piece = self.correlation(self.transposed).run_len();
        let pass_back = |index: usize, gradient: &mut [f32]| {
            if let Some(rectifier) = self.rectifier {
                rectifier.pass_back(&signs[index], gradient);
            }
        };
        let sums = |gradient: &[f32]| -> Vec<f32> {
            if sum {
                gradient.chunks_exact(plane).map(sum_of).collect()
            } else {
                Vec::new()
            }
        };
        let start = gradient.layout().start_offset();
        let end = start + gradient.layout().num_elements();
        let work = |index: usize, gradient: &mut [f32]| {
            pass_back(index, gradient);
            sums(gradient)
        };
        let sums = if self.rectifier.is_none() {
            let numbers = numbers(&gradient);
            threads::map(numbers.len().div_ceil(piece), |index| {
                let end = numbers.len().min((index + 1) * piece);
                sums(&numbers[index * piece..end])
            })
        } else if let Some(numbers) = gradient.try_storage_mut::<f32>() {
            threads::map_chunks(&mut numbers[start..end], piece, work)
        } else {
            let mut own = numbers(&gradient).to_vec();
            let sums = threads::map_chunks(&mut own, piece, work);
            gradient = tensor(own, gradient.layout().shape().clone());
            sums
        };
        let bias = sum.then(|| {
            let mut total = vec![0.0; channels];
            for (plane, sum) in sums.into_iter().flatten().enumerate() {
                total[plane % channels] += sum;
            }
            tensor(total, Shape::from([channels]))
        });
        (gradient, bias)
    }

    /// The product that goes from the wide side to the narrow one, which a convolution does, or back.
    fn correlation(&self, back: bool) -> Correlation {
        let taps = self.window.taps();
        let row = self.wide_channels * taps;
        let group = self.narrow_channels * row;
        if back {
            Correlation {
                batch: self.batch,
                groups: self.groups,
                depth: self.narrow_channels,
                channels: self.wide_channels,
                input: self.narrow,
                output: self.wide,
                phases: Phases::of_transpose(&self.window, self.wide),
                weight: WeightOrder {
                    group,
                    output: taps,
                    input: row,
                },
            }
        } else {
            Correlation {
                batch: self.batch,
                groups: self.groups,
                depth: self.wide_channels,
                channels: self.narrow_channels,
                input: self.wide,
                output: self.narrow,
                phases: Phases::of_convolution(&self.window, self.narrow),
                weight: WeightOrder {
                    group,
                    output: row,
                    input: taps,
                },
            }
        }
    }

    fn weight_gradient(&self) -> WeightGradient {
        WeightGradient {
            batch: self.batch,
            groups: self.groups,
            depth: self.wide_channels,
            channels: self.narrow_channels,
            input: self.wide,
            output: self.narrow,
            window: self.window.clone(),
        }
    }

    fn wide_shape(&self) -> Shape {
        let channels = self.groups * self.wide_channels;
        Shape::from([self.batch, channels, self.wide[0], self.wide[1]])
    }

    fn narrow_shape(&self) -> Shape {
        let channels = self.groups * self.narrow_channels;
        Shape::from([self.batch, channels, self.narrow[0], self.narrow[1]])
    }
}

/// Whether these tensors are what the loops here compute: single precision, and nothing empty.
fn computes(input: &FlexTensor, weight: &FlexTensor, bias: Option<&FlexTensor>) -> bool {
    let mut tensors = [input, weight].into_iter().chain(bias);
    tensors.all(|tensor| tensor.dtype() == DType::F32 && tensor.layout().num_elements() > 0)
}

/// The rectifier as the kernels compute it; `None` where they refuse its slope.
#[allow(clippy::option_option, reason = "no rectifier is one of the answers")]
fn by_signs(rectifier: Option<Rectifier>) -> Option<Option<BySigns>> {
    Some(match rectifier {
        None => None,
        Some(Rectifier::Relu) => Some(BySigns::Relu),
        Some(Rectifier::LeakyRelu { negative_slope }) => Some(BySigns::leaky_relu(negative_slope)?),
    })
}

fn shape(tensor: &FlexTensor) -> [usize; 4] {
    let shape = tensor.layout().shape();
    shape.as_slice().try_into().expect("a tensor of four axes")
}

/// The sum, over lanes that the compiler turns into vectors.
fn sum_of(numbers: &[f32]) -> f32 {
    let (chunks, rest) = numbers.as_chunks::<32>();
    let mut lanes = [0.0; 32];
    for chunk in chunks {
        for (lane, &number) in lanes.iter_mut().zip(chunk) {
            *lane += number;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}
