//! Maxima over windows equal Burn's own, in their values and in their gradients.

mod common;

use burn::backend::DispatchTensor;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{DType, Device, Tensor, module};
use common::{assert_same, devices, random, values};
use leaky_burn::dispatch;

fn ours(x: Tensor<4>, sizes: [[usize; 2]; 4], ceil_mode: bool) -> Tensor<4> {
    let pool = |x: DispatchTensor| dispatch::max_pool2d(x, sizes, ceil_mode);
    Tensor::from_dispatch(pool(x.into_dispatch()))
}

fn options<const N: usize>(
    [kernel_size, stride, padding, dilation]: [[usize; N]; 4],
    ceil_mode: bool,
) -> MaxPoolOptions<N> {
    MaxPoolOptions {
        kernel_size,
        stride,
        padding: padding.map(|both| (both, both)),
        dilation,
        ceil_mode,
    }
}

#[test]
fn pooling_over_two_axes_equals_burns() {
    // Kernel, stride, padding, dilation.
    let cases = [
        [[2, 2], [2, 2], [0, 0], [1, 1]],
        [[3, 3], [2, 2], [1, 1], [1, 1]],
        [[3, 2], [1, 3], [1, 0], [2, 1]],
        [[1, 5], [1, 1], [0, 2], [1, 1]],
        [[2, 3], [3, 2], [1, 1], [1, 2]],
    ];
    for device in devices().into_iter().map(Device::autodiff) {
        for sizes in cases {
            for ceil_mode in [false, true] {
                let x = random([2, 3, 9, 11], DType::F32, &device);
                assert_same(
                    &format!("{sizes:?}, ceil {ceil_mode}"),
                    &x,
                    |x| ours(x, sizes, ceil_mode),
                    |x| module::max_pool2d(x, options(sizes, ceil_mode)),
                );
            }
        }
    }
}

#[test]
fn a_permuted_input_is_pooled_by_its_axes() {
    let device = Device::flex().autodiff();
    let x = random([2, 6, 8, 3], DType::F32, &device);
    assert_same(
        "channels last",
        &x,
        |x| {
            ours(
                x.permute([0, 3, 1, 2]),
                [[2, 2], [2, 2], [0, 0], [1, 1]],
                false,
            )
        },
        |x| {
            let sizes = [[2, 2], [2, 2], [0, 0], [1, 1]];
            module::max_pool2d(x.permute([0, 3, 1, 2]), options(sizes, false))
        },
    );
}

#[test]
fn pooling_over_one_axis_equals_burns() {
    let device = Device::flex().autodiff();
    let x = random([2, 3, 17], DType::F32, &device);
    assert_same(
        "one axis",
        &x,
        |x| Tensor::from_dispatch(dispatch::max_pool1d(x.into_dispatch(), [3, 2, 1, 1], false)),
        |x| module::max_pool1d(x, options([[3], [2], [1], [1]], false)),
    );
}

#[test]
fn the_first_of_equals_takes_the_gradient_and_a_number_that_is_none_wins() {
    let device = Device::flex().autodiff();
    let numbers = [[
        1.0,
        1.0,
        f32::NAN,
        5.0,
        f32::NEG_INFINITY,
        f32::NEG_INFINITY,
    ]];
    let x = Tensor::<2>::from_floats(numbers, &device)
        .reshape([1, 1, 1, 6])
        .detach()
        .require_grad();
    let y = ours(x.clone(), [[1, 2], [1, 2], [0, 0], [1, 1]], false);
    let found = values(&y);
    assert!(
        found[0] == 1.0 && found[1].is_nan() && found[2] == f64::NEG_INFINITY,
        "{found:?}"
    );
    let gradient = x.grad(&y.sum().backward()).expect("a gradient");
    assert_eq!(values(&gradient), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
}
