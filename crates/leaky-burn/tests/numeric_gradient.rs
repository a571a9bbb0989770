//! Gradients equal numeric differentiation.

mod common;

use burn::tensor::{DType, Device, Tensor};
use common::{assert_close, devices, random, values};

const STEP: f64 = 1e-6;

/// A smooth loss of the output, so that each element has a gradient of its own.
fn loss<const D: usize>(output: Tensor<D>) -> Tensor<1> {
    output.clone().sin().sum() + output.powi_scalar(2).sum()
}

/// Asserts that the gradient of `input` under `f` equals central differences.
fn assert_numeric<const D: usize, const E: usize>(
    what: &str,
    input: &Tensor<D>,
    f: impl Fn(Tensor<D>) -> Tensor<E>,
) {
    let leaf = input.clone().require_grad();
    let gradients = loss(f(leaf.clone())).backward();
    let found = values(&leaf.grad(&gradients).expect("a gradient"));

    let flat: Tensor<1> = input.clone().flatten(0, D - 1);
    let count = flat.dims()[0];
    let at = |element: usize, step: f64| {
        let moved = Tensor::<1>::zeros([count], &flat.device())
            .cast(DType::F64)
            .slice_fill(element..element + 1, step);
        let input = (flat.clone() + moved).reshape(input.shape());
        values(&loss(f(input)))[0]
    };
    let expected: Vec<f64> = (0..count)
        .map(|element| (at(element, STEP) - at(element, -STEP)) / (2.0 * STEP))
        .collect();
    assert_close(what, &found, &expected, 1e-7);
}

fn recording() -> impl Iterator<Item = Device> {
    devices().into_iter().map(Device::autodiff)
}

/// Random numbers of which none is so near zero that a step crosses it.
fn away_from_zero<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let input = random(shape, DType::F64, device);
    let sign = input.clone().sign();
    input + sign.mul_scalar(1e-3)
}

#[test]
fn of_the_input() {
    for device in recording() {
        let input = away_from_zero([3, 4, 2], &device);
        assert_numeric("leaky_relu", &input, |x| leaky_burn::leaky_relu(x, 0.2));
        assert_numeric("relu", &input, leaky_burn::relu);
        assert_numeric("leaky_relu of a view", &input, |x| {
            leaky_burn::leaky_relu(x.permute([2, 0, 1]), -0.7)
        });
        let alpha = Tensor::<1>::from_floats([0.1, 0.2, -0.3, 1.4], &device).cast(DType::F64);
        assert_numeric("prelu", &input, |x| leaky_burn::prelu(x, alpha.clone()));
    }
}

#[test]
fn of_the_slopes() {
    for device in recording() {
        let input = away_from_zero([3, 4, 2], &device);
        let alpha = away_from_zero([4], &device);
        assert_numeric("one a channel", &alpha, |alpha| {
            leaky_burn::prelu(input.clone(), alpha)
        });
        let alpha = away_from_zero([1], &device);
        assert_numeric("one for all", &alpha, |alpha| {
            leaky_burn::prelu(input.clone(), alpha)
        });
        let view = input.clone().swap_dims(0, 2);
        let alpha = away_from_zero([4], &device);
        assert_numeric("one a channel of a view", &alpha, |alpha| {
            leaky_burn::prelu(view.clone(), alpha)
        });
    }
}
