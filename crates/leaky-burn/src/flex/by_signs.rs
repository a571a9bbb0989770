//! Rectifiers whose gradient needs the signs of their input alone: ReLU and Leaky ReLU.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use leaky_relu::{LeakyRelu, Number as _, Rectifier as _, Relu, SignBits};

use super::dense::{AxisOrder, Dense, Number, unit_axis, with_number};
use super::passes;
use crate::unit_counts;

/// One of the rectifiers.
#[derive(Clone, Copy, Debug)]
pub(super) enum BySigns {
    Relu,
    LeakyRelu { negative_slope: f64 },
}

/// What the backward pass needs: one bit an element, in the order in which the output lies.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    signs: Arc<SignBits>,
    order: AxisOrder,
}

impl BySigns {
    /// The Leaky ReLU, unless its slope is infinite or NaN, which the kernels refuse.
    pub(super) fn leaky_relu(negative_slope: f64) -> Option<Self> {
        // Half types take their slope in single precision as well.
        (negative_slope as f32)
            .is_finite()
            .then_some(BySigns::LeakyRelu { negative_slope })
    }

    /// The function, in the input's memory where nobody else holds it.
    pub(super) fn forward(self, input: FlexTensor) -> FlexTensor {
        if unit_counts::asked() {
            return self.forward_with_signs(input).0;
        }
        with_number!(input.dtype(), E => {
            let input = Dense::new(input);
            match self {
                BySigns::Relu => passes::forward::<E>(&Relu, input),
                BySigns::LeakyRelu { negative_slope } => {
                    passes::forward::<E>(&kernel::<E>(negative_slope), input)
                }
            }
        })
    }

    /// As [`forward`](Self::forward), and the signs of the input.
    pub(super) fn forward_with_signs(self, input: FlexTensor) -> (FlexTensor, Kept) {
        with_number!(input.dtype(), E => {
            let input = Dense::new(input);
            let order = input.order().clone();
            let lengths = input.lengths().to_vec();
            let (output, signs) = match self {
                BySigns::Relu => passes::forward_with_signs::<E>(&Relu, input),
                BySigns::LeakyRelu { negative_slope } => {
                    passes::forward_with_signs::<E>(&kernel::<E>(negative_slope), input)
                }
            };
            unit_counts::record(&lengths, unit_axis(&lengths, &order), [&signs]);
            (output, Kept { signs: Arc::new(signs), order })
        })
    }

    /// The gradient of the input, in the memory of the output's where nobody else holds it.
    pub(super) fn backward(self, kept: Kept, gradient: FlexTensor) -> FlexTensor {
        with_number!(gradient.dtype(), E => {
            let gradient = Dense::in_order(gradient, kept.order);
            match self {
                BySigns::Relu => passes::backward_from_signs::<E>(&Relu, &kept.signs, gradient),
                BySigns::LeakyRelu { negative_slope } => {
                    let f = kernel::<E>(negative_slope);
                    passes::backward_from_signs::<E>(&f, &kept.signs, gradient)
                }
            }
        })
    }

    /// The function over numbers, in place.
    pub(super) fn rectify(self, x: &mut [f32]) {
        match self {
            BySigns::Relu => Relu.forward_in_place(x),
            BySigns::LeakyRelu { negative_slope } => {
                kernel::<f32>(negative_slope).forward_in_place(x);
            }
        }
    }

    /// As [`rectify`](Self::rectify), and the signs of what stood there.
    pub(super) fn rectify_with_signs(self, x: &mut [f32]) -> SignBits {
        let mut signs = SignBits::new();
        match self {
            BySigns::Relu => Relu.forward_in_place_with_signs(x, &mut signs),
            BySigns::LeakyRelu { negative_slope } => {
                kernel::<f32>(negative_slope).forward_in_place_with_signs(x, &mut signs);
            }
        }
        signs
    }

    /// The gradient of the input from that of the output, in place.
    pub(super) fn pass_back(self, signs: &SignBits, gradient: &mut [f32]) {
        match self {
            BySigns::Relu => Relu.backward_from_signs_in_place(signs, gradient),
            BySigns::LeakyRelu { negative_slope } => {
                kernel::<f32>(negative_slope).backward_from_signs_in_place(signs, gradient);
            }
        }
    }
}

fn kernel<E: Number>(negative_slope: f64) -> LeakyRelu<E::Alpha> {
    LeakyRelu::new(E::Alpha::from_f64(negative_slope))
        .expect("the slope was found finite when the rectifier was made")
}
