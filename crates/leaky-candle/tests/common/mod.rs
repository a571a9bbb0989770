//! What the tests share: tensors without zeros, values as `f64`, and comparisons.
#![allow(
    dead_code,
    reason = "each test binary compiles this file and uses its own share of it"
)]

use candle_core::{DType, Device, Result, Shape, Tensor, Var};

pub const FLOATS: [DType; 4] = [DType::F32, DType::F64, DType::F16, DType::BF16];

/// Random numbers of both signs.
pub fn random(shape: impl Into<Shape>, dtype: DType) -> Result<Tensor> {
    Tensor::rand(-3.0_f64, 3.0, shape, &Device::Cpu)?.to_dtype(dtype)
}

/// The elements, in the order of the axes.
pub fn values(tensor: &Tensor) -> Result<Vec<f64>> {
    tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}

/// The output of `f`, and the gradient of its input for an output weighted element by element.
pub fn output_and_gradient(
    input: &Tensor,
    f: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<(Tensor, Tensor)> {
    let input = Var::from_tensor(input)?;
    let output = f(&input)?;
    let count = output.elem_count() as f64;
    let weights = Tensor::arange(0.0, count, &Device::Cpu)?
        .affine(1.0 / count, -0.3)?
        .to_dtype(output.dtype())?
        .reshape(output.shape())?;
    let gradients = (&output * weights)?.sum_all()?.backward()?;
    let gradient = gradients.get(&input).expect("the input has a gradient");
    Ok((output, gradient.clone()))
}

/// Asserts that two rectifiers give the same values and the same gradient.
pub fn assert_same(
    what: &str,
    input: &Tensor,
    ours: impl Fn(&Tensor) -> Result<Tensor>,
    theirs: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<()> {
    let (output, gradient) = output_and_gradient(input, ours)?;
    let (expected_output, expected_gradient) = output_and_gradient(input, theirs)?;
    assert_eq!(output.shape(), expected_output.shape(), "{what}: shape");
    assert_eq!(output.dtype(), expected_output.dtype(), "{what}: type");
    let relative = precision(input.dtype());
    let (output, expected_output) = (values(&output)?, values(&expected_output)?);
    assert_close(what, &output, &expected_output, relative);
    let (gradient, expected_gradient) = (values(&gradient)?, values(&expected_gradient)?);
    assert_close(what, &gradient, &expected_gradient, relative);
    Ok(())
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
