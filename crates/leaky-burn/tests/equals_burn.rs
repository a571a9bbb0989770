//! Values and gradients equal those of Burn's own Leaky ReLU and ReLU, whatever the rank, the type
//! and the layout.

mod common;

use burn::tensor::{DType, Device, Tensor, activation, s};
use common::{assert_same, devices, output_and_gradient, random, values};

const SLOPES: [f64; 5] = [0.01, 0.3, 0.0, -0.2, 1.5];

/// A recording device on each backend, with and without gradient checkpointing.
fn recording() -> impl Iterator<Item = Device> {
    devices().into_iter().flat_map(|device| {
        [
            device.clone().autodiff(),
            device.autodiff().gradient_checkpointing(),
        ]
    })
}

fn assert_equals_burn<const D: usize, const E: usize>(
    what: &str,
    input: &Tensor<D>,
    view: impl Fn(Tensor<D>) -> Tensor<E>,
) {
    for slope in SLOPES {
        assert_same(
            what,
            input,
            |x| leaky_burn::leaky_relu(view(x), slope),
            |x| activation::leaky_relu(view(x), slope),
        );
    }
    assert_same(
        what,
        input,
        |x| leaky_burn::relu(view(x)),
        |x| activation::relu(view(x)),
    );
}

#[test]
fn ranks_one_to_five() {
    for device in recording() {
        assert_equals_burn("rank 1", &random([37], DType::F32, &device), |x| x);
        assert_equals_burn("rank 2", &random([5, 13], DType::F32, &device), |x| x);
        assert_equals_burn("rank 3", &random([3, 4, 7], DType::F32, &device), |x| x);
        assert_equals_burn("rank 4", &random([2, 3, 5, 4], DType::F32, &device), |x| x);
        assert_equals_burn(
            "rank 5",
            &random([2, 3, 2, 3, 5], DType::F32, &device),
            |x| x,
        );
    }
}

#[test]
fn every_float_type() {
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        let device = Device::flex().autodiff();
        let input = random([7, 19], dtype, &device);
        assert_equals_burn(&format!("{dtype:?}"), &input, |x| x);
        let output = leaky_burn::leaky_relu(input, 0.1);
        assert_eq!(output.dtype(), dtype);
    }
}

#[test]
fn half_types_are_computed_in_f32_and_rounded_once() {
    let device = Device::flex();
    for dtype in [DType::F16, DType::BF16] {
        let input = random([211], dtype, &device);
        let wide = leaky_burn::leaky_relu(input.clone().cast(DType::F32), 0.01);
        let found = leaky_burn::leaky_relu(input, 0.01);
        assert_eq!(values(&found), values(&wide.cast(dtype)));
    }
}

#[test]
fn views_of_every_kind() {
    for device in recording() {
        let input = random([4, 6, 5], DType::F32, &device);
        assert_equals_burn("transposed", &input, |x| x.swap_dims(0, 1));
        assert_equals_burn("permuted", &input, |x| x.permute([2, 0, 1]));
        assert_equals_burn("reversed", &input, |x| x.flip([1]));
        assert_equals_burn("narrowed on the first axis", &input, |x| x.narrow(0, 1, 2));
        assert_equals_burn("narrowed on an inner axis", &input, |x| x.narrow(1, 2, 3));
        assert_equals_burn("narrowed and permuted", &input, |x| {
            x.narrow(0, 1, 3).permute([1, 2, 0])
        });
        assert_equals_burn("every second", &input, |x| x.slice(s![.., 0..6;2, ..]));
        assert_equals_burn("reshaped", &input, |x| x.reshape([8, 15]));
        assert_equals_burn("reshaped after a transpose", &input, |x| {
            x.swap_dims(1, 2).reshape([20, 6])
        });
        let column = random([4, 1, 5], DType::F32, &device);
        assert_equals_burn("broadcast", &column, |x| x.expand([4, 6, 5]));
        assert_equals_burn("broadcast to a higher rank", &column, |x| {
            x.expand([3, 4, 2, 5])
        });
        assert_equals_burn("with axes of one", &column, |x| x.permute([1, 2, 0]));
    }
}

#[test]
fn gradients_of_any_layout() {
    // The output is permuted, so the gradient arrives in another order than the signs were kept in.
    for device in recording() {
        let input = random([4, 6, 5], DType::F32, &device);
        assert_same(
            "permuted output",
            &input,
            |x| leaky_burn::leaky_relu(x, 0.2).permute([2, 1, 0]),
            |x| activation::leaky_relu(x, 0.2).permute([2, 1, 0]),
        );
        assert_same(
            "permuted input, gradient broadcast from a sum",
            &input,
            |x| leaky_burn::leaky_relu(x.permute([1, 2, 0]), 0.2).sum_dim(1),
            |x| activation::leaky_relu(x.permute([1, 2, 0]), 0.2).sum_dim(1),
        );
        assert_same(
            "part of the output",
            &input,
            |x| leaky_burn::leaky_relu(x.swap_dims(0, 2), 0.2).narrow(1, 1, 4),
            |x| activation::leaky_relu(x.swap_dims(0, 2), 0.2).narrow(1, 1, 4),
        );
    }
}

#[test]
fn empty_tensors() {
    for device in recording() {
        let input = Tensor::<2>::zeros([0, 3], &device);
        assert_eq!(leaky_burn::leaky_relu(input.clone(), 0.1).dims(), [0, 3]);
        assert_eq!(leaky_burn::relu(input.clone()).dims(), [0, 3]);
        let alpha = Tensor::<1>::from_floats([0.1, 0.2, 0.3], &device);
        assert_eq!(leaky_burn::prelu(input, alpha).dims(), [0, 3]);
    }
}

#[test]
fn a_tensor_used_twice_keeps_its_values_and_adds_its_gradients() {
    for device in recording() {
        let input = random([6, 7], DType::F32, &device);
        let twice = |f: fn(Tensor<2>, f64) -> Tensor<2>| {
            move |x: Tensor<2>| {
                let hidden = x.mul_scalar(2.0);
                let first = f(hidden.clone(), 0.1);
                let second = f(hidden.clone(), 0.3);
                // The first output is rectified again and used again.
                f(first.clone(), 0.5) * second + hidden + first
            }
        };
        assert_same(
            "used twice",
            &input,
            twice(leaky_burn::leaky_relu),
            twice(activation::leaky_relu),
        );
    }
}

#[test]
fn the_input_stays_as_it_was_while_someone_holds_it() {
    for base in devices() {
        for device in [base.clone(), base.autodiff()] {
            let input = random([3, 8], DType::F32, &device);
            let (before, view) = (values(&input), input.clone().swap_dims(0, 1));
            let _ = leaky_burn::leaky_relu(input.clone(), 0.1);
            let _ = leaky_burn::relu(view.clone());
            let _ = leaky_burn::prelu(input.clone(), Tensor::full([1], 0.1, &device));
            assert_eq!(values(&input), before);
            drop(view);
            assert_eq!(values(&input), before);
        }
    }
}

#[test]
fn at_zero_and_at_nan_the_gradient_is_the_slope_as_in_pytorch() {
    for device in recording() {
        let input = Tensor::<1>::from_floats([0.0, -0.0, f32::NAN, -1.0, 1.0], &device);
        let ones = |f: fn(Tensor<1>, f64) -> Tensor<1>| {
            let input = input.clone().require_grad();
            let gradients = f(input.clone(), 0.25).sum().backward();
            values(&input.grad(&gradients).expect("a gradient"))
        };
        assert_eq!(ones(leaky_burn::leaky_relu), [0.25, 0.25, 0.25, 0.25, 1.0]);
        // Burn selects on `x < 0`: the difference that the crate's documentation names.
        assert_eq!(ones(activation::leaky_relu), [1.0, 1.0, 1.0, 0.25, 1.0]);
    }
}

#[test]
fn a_slope_that_is_not_finite_gives_what_the_arithmetic_gives() {
    for device in recording() {
        let input = Tensor::<1>::from_floats([-2.0, 3.0], &device);
        let (output, gradient, _) =
            output_and_gradient(&input, |x| leaky_burn::leaky_relu(x, f64::INFINITY));
        assert_eq!(output, [f64::NEG_INFINITY, 3.0]);
        assert_eq!(gradient[0], f64::NEG_INFINITY);
        let output = leaky_burn::leaky_relu(input.detach(), f64::NAN);
        assert!(values(&output)[0].is_nan());
    }
}
