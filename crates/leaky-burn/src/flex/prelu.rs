//! The PReLU on flex tensors.

use std::sync::Arc;

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use leaky_relu::SignBits;

use super::dense::{AxisOrder, Dense, Number, memory_order, unit_axis, with_number};
use super::passes;
use crate::unit_counts;

/// A PReLU that the kernels can compute: one slope a channel over `[outer, channels, inner]`, as the
/// input lies in memory.
#[derive(Clone, Debug)]
pub(super) struct PRelu {
    alpha: Dense,
    inner: usize,
}

impl PRelu {
    /// Takes slopes of the input's rank that broadcast to its shape.
    ///
    /// `None` where the axes that have their own slopes do not stand together, there are no
    /// elements, or the types differ: that is for Burn's own operations.
    pub(super) fn new(input: &FlexTensor, alpha: &FlexTensor) -> Option<Self> {
        if input.dtype() != alpha.dtype() || input.rank() != alpha.rank() {
            return None;
        }
        let order = memory_order(input.layout());
        let alpha = Dense::in_order(alpha.clone(), order.clone());
        let inner = inner_length(&lengths(input, &order), alpha.lengths())?;
        Some(PRelu { alpha, inner })
    }

    /// The function, in the input's memory where nobody else holds it.
    pub(super) fn forward(&self, input: FlexTensor) -> FlexTensor {
        if unit_counts::asked() {
            return self.forward_with_signs(input).0;
        }
        with_number!(input.dtype(), E => {
            passes::forward::<E>(&self.kernel::<E>(), Dense::new(input))
        })
    }

    /// As [`forward`](Self::forward), and the signs of the input.
    pub(super) fn forward_with_signs(&self, input: FlexTensor) -> (FlexTensor, Arc<SignBits>) {
        with_number!(input.dtype(), E => {
            let input = Dense::new(input);
            let (lengths, order) = (input.lengths().to_vec(), input.order().clone());
            let (output, signs) = passes::forward_with_signs::<E>(&self.kernel::<E>(), input);
            unit_counts::record(&lengths, unit_axis(&lengths, &order), [&signs]);
            (output, Arc::new(signs))
        })
    }

    /// The gradient of the input, in the memory of the output's where nobody else holds it.
    pub(super) fn backward_from_signs(&self, signs: &SignBits, gradient: FlexTensor) -> FlexTensor {
        with_number!(gradient.dtype(), E => {
            let gradient = self.dense(gradient);
            passes::backward_from_signs::<E>(&self.kernel::<E>(), signs, gradient)
        })
    }

    /// The gradients of the input and of the slopes.
    pub(super) fn backward_with_alpha(
        &self,
        input: FlexTensor,
        gradient: FlexTensor,
    ) -> (FlexTensor, FlexTensor) {
        with_number!(gradient.dtype(), E => {
            let kernel = self.kernel::<E>();
            let input = self.dense(input);
            let x = input.elements::<E>();
            let (gradient, slopes) = self.dense(gradient).apply::<E, _>(
                |dy| {
                    let mut slopes = bytemuck::zeroed_vec::<E>(self.alpha.len());
                    kernel.backward_with_alpha_in_place(x, dy, &mut slopes);
                    slopes
                },
                |dy| {
                    let mut slopes = bytemuck::zeroed_vec::<E>(self.alpha.len());
                    (kernel.backward_with_alpha_to_vec(x, dy, &mut slopes), slopes)
                },
            );
            (gradient, self.alpha.clone().with_elements(slopes))
        })
    }

    /// The tensor in the order in which the input lies.
    fn dense(&self, tensor: FlexTensor) -> Dense {
        Dense::in_order(tensor, self.alpha.order().clone())
    }

    fn kernel<E: Number>(&self) -> leaky_relu::PRelu<'_, E> {
        leaky_relu::PRelu::new(self.alpha.elements(), self.inner)
            .expect("there are slopes and elements, as was found when this value was made")
    }
}

/// The lengths of the axes in the given order.
fn lengths(tensor: &FlexTensor, order: &AxisOrder) -> Vec<usize> {
    let shape = tensor.layout().shape();
    match order {
        Some(order) => order.iter().map(|&axis| shape[axis]).collect(),
        None => shape.to_vec(),
    }
}

/// How many elements of the input stand together under one slope, where the axes that have their
/// own slopes are neighbours.
fn inner_length(input: &[usize], alpha: &[usize]) -> Option<usize> {
    if input.contains(&0) {
        return None;
    }
    let own = |length: &usize| *length != 1;
    let (Some(first), Some(last)) = (alpha.iter().position(own), alpha.iter().rposition(own))
    else {
        return Some(input.iter().product());
    };
    (input[first..=last] == alpha[first..=last]).then(|| input[last + 1..].iter().product())
}
