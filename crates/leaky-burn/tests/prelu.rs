//! The PReLU: slopes of every shape that broadcasts, learned or not.

mod common;

use burn::tensor::{DType, Device, Tensor, activation};
use common::{assert_close, assert_same, devices, precision, random, values};
use leaky_burn::dispatch;

fn recording() -> impl Iterator<Item = Device> {
    devices().into_iter().flat_map(|device| {
        [
            device.clone().autodiff(),
            device.autodiff().gradient_checkpointing(),
        ]
    })
}

/// The PReLU from its definition.
fn defined<const D: usize>(input: Tensor<D>, alpha: Tensor<D>) -> Tensor<D> {
    let above_zero = input.clone().greater_scalar(0.0);
    (input.clone() * alpha).mask_where(above_zero, input)
}

/// The rank-free PReLU over tensors of known ranks.
fn rank_free<const D: usize, const A: usize>(input: Tensor<D>, alpha: Tensor<A>) -> Tensor<D> {
    Tensor::from_dispatch(dispatch::prelu(
        input.into_dispatch(),
        alpha.into_dispatch(),
    ))
}

#[test]
fn equals_burns_own() {
    for device in recording() {
        for dtype in [DType::F32, DType::F64] {
            let input = random([3, 4, 5, 2], dtype, &device);
            for slopes in [1, 4] {
                let alpha = random([slopes], dtype, &device);
                assert_same(
                    "gradient of the input",
                    &input,
                    |x| leaky_burn::prelu(x, alpha.clone()),
                    |x| activation::prelu(x, alpha.clone()),
                );
                assert_same(
                    "gradient of the slopes",
                    &alpha,
                    |alpha| leaky_burn::prelu(input.clone(), alpha),
                    |alpha| activation::prelu(input.clone(), alpha),
                );
                let view = input.clone().permute([3, 1, 0, 2]);
                assert_same(
                    "gradient of the slopes over a view",
                    &alpha,
                    |alpha| leaky_burn::prelu(view.clone(), alpha),
                    |alpha| activation::prelu(view.clone(), alpha),
                );
            }
        }
    }
}

#[test]
fn half_types() {
    let device = Device::flex().autodiff();
    for dtype in [DType::F16, DType::BF16] {
        let input = random([3, 4, 5], dtype, &device);
        let alpha = random([4], dtype, &device);
        assert_same(
            "half",
            &input,
            |x| leaky_burn::prelu(x, alpha.clone()),
            |x| activation::prelu(x, alpha.clone()),
        );
        // The kernels sum the gradient of the slopes in double precision, Burn in its own type.
        let wide = |tensor: &Tensor<3>| tensor.clone().cast(DType::F64);
        let leaf = alpha.clone().require_grad();
        let gradients = leaky_burn::prelu(input.clone(), leaf.clone())
            .sum()
            .backward();
        let found = values(&leaf.grad(&gradients).expect("a gradient"));
        let leaf = alpha.clone().cast(DType::F64).require_grad();
        let gradients = leaky_burn::prelu(wide(&input), leaf.clone())
            .sum()
            .backward();
        let expected = values(&leaf.grad(&gradients).expect("a gradient"));
        assert_close("half", &found, &expected, precision(dtype));
    }
}

#[test]
fn slopes_of_every_shape_that_broadcasts() {
    for device in recording() {
        let input = random([2, 3, 4, 5], DType::F32, &device);
        for shape in [
            [1, 1, 1, 1],
            [1, 3, 1, 1],
            [1, 1, 1, 5],
            [2, 1, 1, 1],
            [1, 3, 4, 5],
            [1, 3, 4, 1],
            [2, 3, 4, 5],
            // Axes with slopes of their own that are not neighbours.
            [2, 1, 4, 1],
            [1, 3, 1, 5],
        ] {
            let what = format!("{shape:?}");
            let alpha = random(shape, DType::F32, &device);
            assert_same(
                &what,
                &input,
                |x| rank_free(x, alpha.clone()),
                |x| defined(x, alpha.clone()),
            );
            assert_same(
                &what,
                &alpha,
                |alpha| rank_free(input.clone(), alpha),
                |alpha| defined(input.clone(), alpha),
            );
        }
        let channels = random([3, 1, 1], DType::F32, &device);
        assert_same(
            "aligned at the last axis",
            &channels,
            |alpha| rank_free(input.clone(), alpha),
            |alpha| defined(input.clone(), alpha.unsqueeze()),
        );
    }
}

#[test]
fn input_and_slopes_learn_together() {
    for device in recording() {
        let input = random([6, 3], DType::F32, &device);
        let alpha = random([3], DType::F32, &device);
        let both = |f: fn(Tensor<2>, Tensor<1>) -> Tensor<2>| {
            let (x, a) = (input.clone().require_grad(), alpha.clone().require_grad());
            // The slopes act twice, so their gradients add.
            let y = f(f(x.clone().mul_scalar(3.0), a.clone()), a.clone());
            let gradients = (y.clone() * y).sum().backward();
            [
                values(&x.grad(&gradients).expect("a gradient")),
                values(&a.grad(&gradients).expect("a gradient")),
            ]
        };
        let (found, expected) = (both(leaky_burn::prelu), both(activation::prelu));
        assert_close("input", &found[0], &expected[0], 1e-5);
        assert_close("slopes", &found[1], &expected[1], 1e-5);
    }
}

#[test]
#[should_panic(
    expected = "3 slopes for a tensor of shape [2, 4], whose axis 1 is not of that length"
)]
fn as_many_slopes_as_channels() {
    let device = Device::flex();
    leaky_burn::prelu(
        Tensor::<2>::zeros([2, 4], &device),
        Tensor::zeros([3], &device),
    );
}

#[test]
#[should_panic(expected = "slopes of shape [2, 3] do not broadcast to a tensor of shape [3]")]
fn slopes_that_do_not_broadcast() {
    let device = Device::flex();
    rank_free(
        Tensor::<1>::zeros([3], &device),
        Tensor::<2>::zeros([2, 3], &device),
    );
}
