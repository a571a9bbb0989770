//! Values and gradients equal those of candle-nn's own Leaky ReLU and PReLU, whatever the rank, the
//! type and the layout.

mod common;

use candle_core::{D, DType, Device, Module, Result, Tensor, Var};
use candle_nn::ops;
use common::{FLOATS, assert_same, random, values};

const SLOPES: [f64; 5] = [0.01, 0.3, 0.0, -0.2, 1.5];

fn assert_equals_candle(
    what: &str,
    input: &Tensor,
    view: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<()> {
    for slope in SLOPES {
        assert_same(
            what,
            input,
            |xs| leaky_candle::leaky_relu(&view(xs)?, slope),
            |xs| ops::leaky_relu(&view(xs)?, slope),
        )?;
    }
    Ok(())
}

#[test]
fn ranks_none_to_five_and_every_float_type() -> Result<()> {
    for dtype in FLOATS {
        for shape in [
            &[][..],
            &[37],
            &[5, 13],
            &[3, 4, 7],
            &[2, 3, 5, 4],
            &[2, 3, 2, 3, 5],
        ] {
            let what = format!("{dtype:?} {shape:?}");
            assert_equals_candle(&what, &random(shape, dtype)?, |xs| Ok(xs.clone()))?;
        }
    }
    Ok(())
}

#[test]
fn views_of_every_kind() -> Result<()> {
    let input = random((4, 6, 5), DType::F32)?;
    assert_equals_candle("transposed", &input, |xs| xs.transpose(0, 1))?;
    assert_equals_candle("permuted", &input, |xs| xs.permute((2, 0, 1)))?;
    assert_equals_candle("narrowed on the first axis", &input, |xs| {
        xs.narrow(0, 1, 2)
    })?;
    assert_equals_candle("narrowed on an inner axis", &input, |xs| xs.narrow(1, 2, 3))?;
    assert_equals_candle("narrowed and permuted", &input, |xs| {
        xs.narrow(0, 1, 3)?.permute((1, 2, 0))
    })?;
    let column = random((4, 1, 5), DType::F32)?;
    assert_equals_candle("broadcast", &column, |xs| xs.broadcast_as((3, 4, 6, 5)))
}

#[test]
fn gradients_of_any_layout() -> Result<()> {
    let input = random((4, 6, 5), DType::F32)?;
    assert_same(
        "permuted output",
        &input,
        |xs| leaky_candle::leaky_relu(xs, 0.2)?.permute((2, 1, 0)),
        |xs| ops::leaky_relu(xs, 0.2)?.permute((2, 1, 0)),
    )?;
    assert_same(
        "gradient broadcast from a sum",
        &input,
        |xs| leaky_candle::leaky_relu(&xs.transpose(1, 2)?, 0.2)?.sum(1),
        |xs| ops::leaky_relu(&xs.transpose(1, 2)?, 0.2)?.sum(1),
    )
}

#[test]
fn a_tensor_used_twice_keeps_its_values_and_adds_its_gradients() -> Result<()> {
    let twice = |f: fn(&Tensor, f64) -> Result<Tensor>| {
        move |xs: &Tensor| {
            let first = f(xs, 0.1)?;
            f(&first, 0.5)? * f(xs, 0.3)? + xs + first
        }
    };
    let input = random((6, 7), DType::F64)?;
    assert_same(
        "used twice",
        &input,
        twice(leaky_candle::leaky_relu),
        twice(ops::leaky_relu),
    )
}

#[test]
fn prelu_of_every_form_of_slopes() -> Result<()> {
    for dtype in FLOATS {
        let input = random((3, 4, 5), dtype)?;
        for (shape, scalar) in [
            (&[][..], true),
            (&[1], true),
            (&[4], false),
            (&[3, 4, 5], false),
        ] {
            let what = format!("{dtype:?} {shape:?}");
            let weight = random(shape, dtype)?;
            let theirs = |xs: &Tensor, weight: &Tensor| {
                candle_nn::PReLU::new(weight.clone(), scalar).forward(xs)
            };
            assert_same(
                &what,
                &input,
                |xs| leaky_candle::prelu(xs, &weight),
                |xs| theirs(xs, &weight),
            )?;
            // candle sums the gradient of the slopes in the type itself, the kernels in `f64`.
            if matches!(dtype, DType::F32 | DType::F64) {
                assert_same(
                    &what,
                    &weight,
                    |weight| leaky_candle::prelu(&input, weight),
                    |weight| theirs(&input, weight),
                )?;
                let view = input.permute((2, 1, 0))?;
                if scalar || shape == [4] {
                    assert_same(
                        &what,
                        &weight,
                        |weight| leaky_candle::prelu(&view, weight),
                        |weight| theirs(&view, weight),
                    )?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn empty_tensors() -> Result<()> {
    let empty = Tensor::zeros((0, 3), DType::F32, &Device::Cpu)?;
    assert_eq!(leaky_candle::leaky_relu(&empty, 0.1)?.dims(), [0, 3]);
    let slopes = Tensor::zeros(3, DType::F32, &Device::Cpu)?;
    assert_eq!(leaky_candle::prelu(&empty, &slopes)?.dims(), [0, 3]);
    Ok(())
}

#[test]
fn at_zero_and_at_nan_the_gradient_is_the_slope_as_in_pytorch() -> Result<()> {
    let input = Var::from_slice(&[0.0, -0.0, f32::NAN, -1.0, 1.0], 5, &Device::Cpu)?;
    let gradients = leaky_candle::leaky_relu(&input, 0.25)?
        .sum_all()?
        .backward()?;
    let gradient = gradients.get(&input).expect("a gradient");
    assert_eq!(values(gradient)?, [0.25, 0.25, 0.25, 0.25, 1.0]);
    Ok(())
}

#[test]
fn nothing_is_recorded_where_nothing_is_learned() -> Result<()> {
    let input = random((2, 3), DType::F32)?;
    assert!(!leaky_candle::leaky_relu(&input, 0.1)?.track_op());
    assert!(leaky_candle::leaky_relu(Var::from_tensor(&input)?.as_tensor(), 0.1)?.track_op());
    Ok(())
}

#[test]
fn what_cannot_be_computed_is_refused_with_a_word() -> Result<()> {
    let word = |result: Result<Tensor>| result.expect_err("it is refused").to_string();
    let integers = Tensor::arange(0_i64, 4, &Device::Cpu)?;
    let refused = word(leaky_candle::leaky_relu(&integers, 0.1));
    assert!(
        refused.contains("leaky_relu takes a tensor of f32, f64, f16 or bf16; this one is of i64"),
        "{refused}"
    );
    let input = random((2, 3), DType::F32)?;
    let refused = word(leaky_candle::leaky_relu(&input, f64::NAN));
    assert!(refused.contains("alpha"), "{refused}");
    let slopes = random(2, DType::F32)?;
    let refused = word(leaky_candle::prelu(&input, &slopes));
    assert!(
        refused.contains("slopes of shape [2] for a tensor of shape [2, 3]"),
        "{refused}"
    );
    let slopes = random(3, DType::F64)?;
    assert!(leaky_candle::prelu(&input, &slopes).is_err());
    assert_eq!(input.dim(D::Minus1)?, 3);
    Ok(())
}
