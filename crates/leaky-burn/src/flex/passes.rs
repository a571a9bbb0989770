//! The passes of any rectifier over a tensor: in its memory where nobody else holds that, into new
//! memory elsewhere.

use burn::backend::flex::FlexTensor;
use leaky_relu::{BySigns, Rectifier, SignBits};

use super::dense::{Dense, Number};

/// The function.
pub(super) fn forward<E: Number>(f: &impl Rectifier<E>, input: Dense) -> FlexTensor {
    let (output, ()) = input.apply(|x| f.forward_in_place(x), |x| (f.forward_to_vec(x), ()));
    output
}

/// The function, and the signs of the input in the order in which it lies.
pub(super) fn forward_with_signs<E: Number>(
    f: &(impl Rectifier<E> + BySigns<E>),
    input: Dense,
) -> (FlexTensor, SignBits) {
    input.apply(
        |x| {
            let mut signs = SignBits::new();
            f.forward_in_place_with_signs(x, &mut signs);
            signs
        },
        |x| {
            let mut signs = SignBits::new();
            (f.forward_to_vec_with_signs(x, &mut signs), signs)
        },
    )
}

/// The gradient of the input, from its signs and that of the output, which lies in the same order.
pub(super) fn backward_from_signs<E: Number>(
    f: &(impl Rectifier<E> + BySigns<E>),
    signs: &SignBits,
    gradient: Dense,
) -> FlexTensor {
    let (gradient, ()) = gradient.apply(
        |dy| f.backward_from_signs_in_place(signs, dy),
        |dy| (f.backward_from_signs_to_vec(signs, dy), ()),
    );
    gradient
}
