//! What the tests share: tensors without zeros, values as `f64`, and Burn's own rectifiers to
//! compare with.
#![allow(
    dead_code,
    reason = "each test binary compiles this file and uses its own share of it"
)]

use burn::tensor::{DType, Device, Distribution, Shape, Tensor, TensorData};

/// The devices that the tests run on: each computes without autodiff, and is the base of those that
/// record.
pub fn devices() -> Vec<Device> {
    vec![
        #[cfg(feature = "flex")]
        Device::flex(),
        #[cfg(feature = "ndarray")]
        Device::ndarray(),
    ]
}

/// Random numbers of both signs, none of them zero.
pub fn random<const D: usize>(shape: [usize; D], dtype: DType, device: &Device) -> Tensor<D> {
    let uniform = Tensor::<D>::random(shape, Distribution::Uniform(-3.0, 3.0), device);
    uniform.cast(dtype).detach()
}

/// The elements, in the order of the axes.
pub fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    elements(tensor.to_data())
}

fn elements(data: TensorData) -> Vec<f64> {
    data.convert_dtype(DType::F64)
        .try_to_vec()
        .expect("the data was converted to f64")
}

/// The output of `f`, and the gradient of its input for an output weighted element by element.
pub fn output_and_gradient<const D: usize, const E: usize>(
    input: &Tensor<D>,
    f: impl Fn(Tensor<D>) -> Tensor<E>,
) -> (Vec<f64>, Vec<f64>, Shape) {
    let input = input.clone().detach().require_grad();
    let output = f(input.clone());
    let found = values(&output);
    let shape = output.shape();
    let count = shape.num_elements() as i64;
    let weights = Tensor::<1, burn::tensor::Int>::arange(0..count, &output.device())
        .float()
        .cast(output.dtype())
        .div_scalar(count as f64)
        .sub_scalar(0.3)
        .reshape(shape.clone());
    let gradients = (output * weights).sum().backward();
    let gradient = input.grad(&gradients).expect("the input has a gradient");
    (found, values(&gradient), shape)
}

/// Asserts that two rectifiers give the same values, bit for bit unless in half types, and the same
/// gradient.
pub fn assert_same<const D: usize, const E: usize>(
    what: &str,
    input: &Tensor<D>,
    ours: impl Fn(Tensor<D>) -> Tensor<E>,
    theirs: impl Fn(Tensor<D>) -> Tensor<E>,
) {
    let (output, gradient, shape) = output_and_gradient(input, ours);
    let (expected_output, expected_gradient, expected_shape) = output_and_gradient(input, theirs);
    assert_eq!(shape, expected_shape, "{what}: shape");
    match input.dtype() {
        DType::F32 | DType::F64 => assert_eq!(output, expected_output, "{what}: output"),
        // Burn rounds the slope itself to the half type.
        half => assert_close(what, &output, &expected_output, precision(half)),
    }
    assert_close(
        what,
        &gradient,
        &expected_gradient,
        precision(input.dtype()),
    );
}

/// Asserts that each pair differs by no more than `relative` of the larger, or of one.
pub fn assert_close(what: &str, found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let scale = found.abs().max(expected.abs()).max(1.0);
        assert!(
            (found - expected).abs() <= relative * scale,
            "{what}: element {i} is {found}, expected {expected}"
        );
    }
}

/// A few units in the last place of the type.
pub fn precision(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-14,
        DType::F32 => 1e-6,
        DType::F16 => 4e-3,
        DType::BF16 => 3e-2,
        other => panic!("no precision is known for {other:?}"),
    }
}
