//! The rank-free entry points, with and without autodiff.

use burn::tensor::{Device, Tensor};
use leaky_burn::dispatch;

const X: [f32; 6] = [-2.0, -0.5, -0.0, 0.0, 0.5, 2.0];

fn apply(
    input: Tensor<2>,
    f: impl Fn(burn::backend::DispatchTensor) -> burn::backend::DispatchTensor,
) -> Tensor<2> {
    Tensor::from_dispatch(f(input.into_dispatch()))
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("a tensor of f32")
}

#[test]
fn values_without_autodiff() {
    let x = Tensor::<1>::from_floats(X, &Device::flex()).reshape([2, 3]);
    let leaky = apply(x.clone(), |x| dispatch::leaky_relu(x, 0.1));
    assert_eq!(values(leaky), [-0.2, -0.05, -0.0, 0.0, 0.5, 2.0]);
    assert_eq!(
        values(apply(x, dispatch::relu)),
        [0.0, 0.0, 0.0, 0.0, 0.5, 2.0]
    );
}

#[test]
fn values_and_gradients_under_autodiff() {
    for device in [
        Device::flex().autodiff(),
        Device::flex().autodiff().gradient_checkpointing(),
    ] {
        let x = Tensor::<1>::from_floats(X, &device)
            .reshape([2, 3])
            .detach()
            .require_grad();
        let y = apply(x.clone(), |x| dispatch::leaky_relu(x, 0.1));
        let loss = (y.clone() * y.clone()).sum();
        assert_eq!(values(y), [-0.2, -0.05, -0.0, 0.0, 0.5, 2.0]);
        let gradient = x.grad(&loss.backward()).expect("a gradient");
        let expected = [2.0 * -0.2 * 0.1, 2.0 * -0.05 * 0.1, 0.0, 0.0, 1.0, 4.0];
        for (found, expected) in values(gradient).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }

        let y = apply(x.clone(), dispatch::relu);
        let gradient = x.grad(&y.sum().backward()).expect("a gradient");
        assert_eq!(values(gradient), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
