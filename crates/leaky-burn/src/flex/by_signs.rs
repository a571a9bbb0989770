//! Rectifiers whose gradient needs the signs of their input alone: ReLU and Leaky ReLU.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use leaky_relu::{Alpha, SignBits};

use super::dense::{AxisOrder, Dense, Number, with_number};

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
        with_number!(input.dtype(), E => {
            let kernel = self.kernel::<E>();
            Dense::new(input)
                .apply::<E, _>(|x| kernel.forward_in_place(x), |x| (kernel.forward_to_vec(x), ()))
                .0
        })
    }

    /// As [`forward`](Self::forward), and the signs of the input.
    pub(super) fn forward_with_signs(self, input: FlexTensor) -> (FlexTensor, Kept) {
        with_number!(input.dtype(), E => {
            let kernel = self.kernel::<E>();
            let input = Dense::new(input);
            let order = input.order().clone();
            let (output, signs) = input.apply::<E, _>(
                |x| kernel.forward_in_place_with_signs(x),
                |x| kernel.forward_to_vec_with_signs(x),
            );
            (output, Kept { signs: Arc::new(signs), order })
        })
    }

    /// The gradient of the input, in the memory of the output's where nobody else holds it.
    pub(super) fn backward(self, kept: Kept, gradient: FlexTensor) -> FlexTensor {
        with_number!(gradient.dtype(), E => {
            let kernel = self.kernel::<E>();
            Dense::in_order(gradient, kept.order)
                .apply::<E, _>(
                    |dy| kernel.backward_in_place(&kept.signs, dy),
                    |dy| (kernel.backward_to_vec(&kept.signs, dy), ()),
                )
                .0
        })
    }

    /// The function, in place.
    pub(super) fn rectify<E: Number>(self, x: &mut [E]) {
        self.kernel::<E>().forward_in_place(x);
    }

    /// As [`rectify`](Self::rectify), and the signs of what stood there.
    pub(super) fn rectify_with_signs<E: Number>(self, x: &mut [E]) -> SignBits {
        self.kernel::<E>().forward_in_place_with_signs(x)
    }

    /// The gradient of the input from that of the output, in place.
    pub(super) fn pass_back<E: Number>(self, signs: &SignBits, gradient: &mut [E]) {
        self.kernel::<E>().backward_in_place(signs, gradient);
    }

    fn kernel<E: Number>(self) -> Kernel<E> {
        match self {
            BySigns::Relu => Kernel::Relu,
            BySigns::LeakyRelu { negative_slope } => Kernel::LeakyRelu(
                leaky_relu::LeakyRelu::new(E::Alpha::from_f64(negative_slope))
                    .expect("the slope was found finite when this value was made"),
            ),
        }
    }
}

/// The kernels of a rectifier for one element type.
enum Kernel<E: Number> {
    Relu,
    LeakyRelu(leaky_relu::LeakyRelu<E::Alpha>),
}

impl<E: Number> Kernel<E> {
    fn forward_to_vec(&self, x: &[E]) -> Vec<E> {
        match self {
            Kernel::Relu => leaky_relu::Relu.forward_to_vec(x),
            Kernel::LeakyRelu(f) => f.forward_to_vec(x),
        }
    }

    fn forward_in_place(&self, x: &mut [E]) {
        match self {
            Kernel::Relu => leaky_relu::Relu.forward_in_place(x),
            Kernel::LeakyRelu(f) => f.forward_in_place(x),
        }
    }

    fn forward_to_vec_with_signs(&self, x: &[E]) -> (Vec<E>, SignBits) {
        let mut signs = SignBits::new();
        let y = match self {
            Kernel::Relu => leaky_relu::Relu.forward_to_vec_with_signs(x, &mut signs),
            Kernel::LeakyRelu(f) => f.forward_to_vec_with_signs(x, &mut signs),
        };
        (y, signs)
    }

    fn forward_in_place_with_signs(&self, x: &mut [E]) -> SignBits {
        let mut signs = SignBits::new();
        match self {
            Kernel::Relu => leaky_relu::Relu.forward_in_place_with_signs(x, &mut signs),
            Kernel::LeakyRelu(f) => f.forward_in_place_with_signs(x, &mut signs),
        }
        signs
    }

    fn backward_to_vec(&self, signs: &SignBits, dy: &[E]) -> Vec<E> {
        match self {
            Kernel::Relu => leaky_relu::Relu.backward_from_signs_to_vec(signs, dy),
            Kernel::LeakyRelu(f) => f.backward_from_signs_to_vec(signs, dy),
        }
    }

    fn backward_in_place(&self, signs: &SignBits, dy: &mut [E]) {
        match self {
            Kernel::Relu => leaky_relu::Relu.backward_from_signs_in_place(signs, dy),
            Kernel::LeakyRelu(f) => f.backward_from_signs_in_place(signs, dy),
        }
    }
}
