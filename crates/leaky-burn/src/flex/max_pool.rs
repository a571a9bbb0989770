//! Maxima over windows on the flex backend. What the backward pass keeps is a byte an element of the
//! output: which place of its window held the maximum.

use std::ops::Range;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::conv::calculate_pool_output_size;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Shape};

use super::checkpointing::recomputes;
use super::single::{contiguous, numbers, tensor};
use super::threads;
use crate::backend::Pooling;
use crate::composed;
use crate::max_pool::MaxPool;

/// Planes are worked on together until they have about so many numbers.
const TOGETHER: usize = 32 * 1024;

/// The pooling of tensors of one shape.
#[derive(Clone, Debug)]
struct Operation {
    /// Images times channels.
    planes: usize,
    shape: [usize; 4],
    output: [usize; 2],
    pool: MaxPool,
}

impl Pooling for Flex {
    fn pool_max(input: FloatTensor<Self>, pool: MaxPool) -> FloatTensor<Self> {
        match Operation::new(&input, &pool) {
            Some(operation) => operation.forward(input, None),
            None => composed::pool_max::<Self>(input, pool),
        }
    }
}

impl<C: CheckpointStrategy> Pooling for Autodiff<Flex, C> {
    fn pool_max(input: FloatTensor<Self>, pool: MaxPool) -> FloatTensor<Self> {
        match Operation::new(input.primitive(), &pool) {
            Some(operation) if !recomputes::<C>() => record::<C>(operation, input),
            _ => composed::pool_max::<Self>(input, pool),
        }
    }
}

fn record<C: CheckpointStrategy>(
    operation: Operation,
    input: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let (input, node) = input.into_parts();
    match MaxPoolGradient
        .prepare::<C>([node])
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(tracked) => {
            let mut places = vec![0; operation.output_len()];
            let output = operation.forward(input, Some(&mut places));
            tracked.finish((operation, Arc::new(places)), output)
        }
        OpsKind::UnTracked(untracked) => untracked.finish(operation.forward(input, None)),
    }
}

#[derive(Debug)]
struct MaxPoolGradient;

impl Backward<Flex, 1> for MaxPoolGradient {
    type State = (Operation, Arc<Vec<u8>>);

    fn backward(
        self,
        operation: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (pool, places) = operation.state;
        unary::<Flex, _>(operation.parents, operation.node, gradients, |gradient| {
            pool.backward(&places, gradient)
        });
    }
}

impl Operation {
    /// The pooling of this tensor, if the loops here compute it: of single precision, nothing empty, and
    /// windows whose places a byte can name.
    fn new(input: &FlexTensor, pool: &MaxPool) -> Option<Self> {
        let shape: [usize; 4] = input.layout().shape().as_slice().try_into().ok()?;
        let output = [0, 1].map(|axis| {
            calculate_pool_output_size(
                pool.kernel[axis],
                pool.stride[axis],
                pool.padding[axis],
                pool.dilation[axis],
                shape[2 + axis],
                pool.ceil_mode,
            )
        });
        let empty = shape.contains(&0) || output.contains(&0);
        let nameable = pool.kernel[0] * pool.kernel[1] < 1 << 8;
        (input.dtype() == DType::F32 && !empty && nameable).then(|| Operation {
            planes: shape[0] * shape[1],
            shape,
            output,
            pool: pool.clone(),
        })
    }

    fn output_len(&self) -> usize {
        self.planes * self.output[0] * self.output[1]
    }

    /// The maxima, and the places where they lie if these are asked for. Of equal numbers the first is
    /// the maximum; one that is not a number is larger than any.
    fn forward(&self, input: FlexTensor, places: Option<&mut Vec<u8>>) -> FlexTensor {
        let input = contiguous(input);
        let numbers = numbers(&input);
        let (inner, outer) = (
            self.shape[2] * self.shape[3],
            self.output[0] * self.output[1],
        );
        let together = (TOGETHER / inner).max(1);
        let mut output = vec![0.0; self.output_len()];
        let arch = pulp::Arch::new();
        let work = |index: usize, maxima: &mut [f32], places: &mut [u8]| {
            arch.dispatch(
                #[inline(always)]
                || {
                    let mut line = Vec::with_capacity(self.shape[3]);
                    let from = numbers[index * together * inner..].chunks_exact(inner);
                    let maxima = maxima.chunks_exact_mut(outer);
                    let own = places.chunks_exact_mut(outer);
                    for ((plane, maxima), places) in from.zip(maxima).zip(own) {
                        self.plane(plane, maxima, places, &mut line);
                    }
                },
            );
        };
        let len = together * outer;
        match places {
            Some(places) => {
                let pieces = output.chunks_mut(len).zip(places.chunks_mut(len));
                threads::map_items(pieces.collect(), |index, (maxima, places)| {
                    work(index, maxima, places);
                });
            }
            None => {
                threads::map_chunks(&mut output, len, |index, maxima| {
                    work(index, maxima, &mut vec![0; maxima.len()]);
                });
            }
        }
        let [images, channels, ..] = self.shape;
        let shape = [images, channels, self.output[0], self.output[1]];
        tensor(output, Shape::from(shape))
    }

    /// The maxima of one plane and their places. `line` is memory to work in.
    #[inline(always)]
    fn plane(&self, plane: &[f32], maxima: &mut [f32], places: &mut [u8], line: &mut Vec<f32>) {
        let [height, width] = [self.shape[2], self.shape[3]];
        let [down, across] = self.pool.kernel;
        let along = self.output[1];
        maxima.fill(f32::NEG_INFINITY);
        let rows = maxima
            .chunks_exact_mut(along)
            .zip(places.chunks_exact_mut(along));
        for (row, (maxima, places)) in rows.enumerate() {
            let sources = (0..down).filter_map(|kernel| {
                let from = self.source(0, row, kernel).filter(|&from| from < height);
                from.map(|from| (kernel * across, &plane[from * width..][..width]))
            });
            for (index, (first, numbers)) in sources.enumerate() {
                if index == 0 {
                    // Where all numbers are minus infinity, the first holds the maximum.
                    for kernel in (0..across).rev() {
                        places[self.columns(kernel)].fill((first + kernel) as u8);
                    }
                }
                for kernel in 0..across {
                    let columns = self.columns(kernel);
                    let Some(from) = self.source(1, columns.start, kernel) else {
                        continue;
                    };
                    let numbers = &numbers[from.min(width)..];
                    let (maxima, places) = (&mut maxima[columns.clone()], &mut places[columns]);
                    let place = (first + kernel) as u8;
                    match self.pool.stride[1] {
                        1 => take_larger(numbers, place, maxima, places),
                        stride => {
                            line.clear();
                            match stride {
                                2 => line.extend(numbers.chunks(2).map(|pair| pair[0])),
                                _ => line.extend(numbers.iter().step_by(stride)),
                            }
                            take_larger(line, place, maxima, places);
                        }
                    }
                }
            }
        }
    }

    /// The row or column that a place of the kernel meets for a position, if it does not lie before the
    /// first.
    fn source(&self, axis: usize, position: usize, kernel: usize) -> Option<usize> {
        let place = position * self.pool.stride[axis] + kernel * self.pool.dilation[axis];
        place.checked_sub(self.pool.padding[axis])
    }

    /// The columns of the output for which a column of the kernel meets the image.
    fn columns(&self, kernel: usize) -> Range<usize> {
        let (stride, padding) = (self.pool.stride[1], self.pool.padding[1]);
        let reach = kernel * self.pool.dilation[1];
        let first = padding.saturating_sub(reach).div_ceil(stride);
        let end = (self.shape[3] + padding)
            .saturating_sub(reach)
            .div_ceil(stride);
        let end = end.min(self.output[1]);
        first.min(end)..end
    }

    /// The gradient of the input: each maximum passes its own on to the place where it lay.
    fn backward(&self, places: &[u8], gradient: FlexTensor) -> FlexTensor {
        let gradient = contiguous(gradient);
        let (inner, outer) = (
            self.shape[2] * self.shape[3],
            self.output[0] * self.output[1],
        );
        let (width, along) = (self.shape[3], self.output[1]);
        let together = (TOGETHER / inner).max(1);
        let from = numbers(&gradient);
        let mut numbers = vec![0.0; self.planes * inner];
        let columns = self.pool.kernel[1];
        let shifts: Vec<usize> = (0..self.pool.kernel[0] * columns)
            .map(|place| {
                let down = place / columns * self.pool.dilation[0];
                down * width + place % columns * self.pool.dilation[1]
            })
            .collect();
        threads::map_chunks(&mut numbers, together * inner, |index, numbers| {
            let first = index * together * outer;
            let planes = from[first..]
                .chunks_exact(outer)
                .zip(places[first..].chunks_exact(outer));
            for (numbers, (gradient, places)) in numbers.chunks_exact_mut(inner).zip(planes) {
                let padding = self.pool.padding[0] * width + self.pool.padding[1];
                for (place, (&gradient, &own)) in gradient.iter().zip(places).enumerate() {
                    let (row, column) = (place / along, place % along);
                    let from = row * self.pool.stride[0] * width + column * self.pool.stride[1];
                    numbers[from + shifts[usize::from(own)] - padding] += gradient;
                }
            }
        });
        tensor(numbers, Shape::from(self.shape))
    }
}

/// Puts numbers in the place of maxima that are smaller, and what names their place besides.
#[inline(always)]
fn take_larger(numbers: &[f32], place: u8, maxima: &mut [f32], places: &mut [u8]) {
    for ((maximum, own), &number) in maxima.iter_mut().zip(places).zip(numbers) {
        let larger = number > *maximum || number.is_nan();
        *maximum = if larger { number } else { *maximum };
        *own = if larger { place } else { *own };
    }
}
