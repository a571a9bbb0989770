//! Gradients equal numeric differentiation, and second derivatives those of candle's own operations.

mod common;

use std::process::Command;

use candle_core::{DType, Module, Result, Tensor, Var};
use common::{assert_close, random, values};

const STEP: f64 = 1e-6;

/// A smooth loss of the output, so that each element has a gradient of its own.
fn loss(output: &Tensor) -> Result<Tensor> {
    output.sin()?.sum_all()? + output.sqr()?.sum_all()?
}

/// Asserts that the gradient of `input` under `f` equals central differences.
fn assert_numeric(what: &str, input: &Tensor, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<()> {
    let leaf = Var::from_tensor(input)?;
    let gradients = loss(&f(&leaf)?)?.backward()?;
    let found = values(gradients.get(&leaf).expect("a gradient"))?;
    let elements = values(input)?;
    let at = |element: usize, step: f64| {
        let mut moved = elements.clone();
        moved[element] += step;
        loss(&f(&Tensor::from_vec(
            moved,
            input.shape(),
            input.device(),
        )?)?)?
        .to_scalar::<f64>()
    };
    let expected = (0..elements.len())
        .map(|element| Ok((at(element, STEP)? - at(element, -STEP)?) / (2.0 * STEP)))
        .collect::<Result<Vec<f64>>>()?;
    assert_close(what, &found, &expected, 1e-7);
    Ok(())
}

/// Random numbers of which none is so near zero that a step crosses it.
fn away_from_zero(shape: impl Into<candle_core::Shape>) -> Result<Tensor> {
    let input = random(shape, DType::F64)?;
    &input + input.sign()?.affine(1e-3, 0.0)?
}

#[test]
fn equal_numeric_differentiation() -> Result<()> {
    let input = away_from_zero((3, 4, 2))?;
    assert_numeric("leaky_relu", &input, |xs| leaky_candle::leaky_relu(xs, 0.2))?;
    assert_numeric("leaky_relu of a view", &input, |xs| {
        leaky_candle::leaky_relu(&xs.permute((2, 0, 1))?, -0.7)
    })?;
    for slopes in [1, 4] {
        let weight = away_from_zero(slopes)?;
        assert_numeric("prelu", &input, |xs| leaky_candle::prelu(xs, &weight))?;
        assert_numeric("slopes", &weight, |weight| {
            leaky_candle::prelu(&input, weight)
        })?;
        let view = input.transpose(0, 2)?;
        assert_numeric("slopes of a view", &weight, |weight| {
            leaky_candle::prelu(&view, weight)
        })?;
    }
    Ok(())
}

/// candle records the backward pass itself only where this is set before it starts.
const RECORD_GRADIENTS: &str = "CANDLE_GRAD_DO_NOT_DETACH";

#[test]
fn second_derivatives_equal_those_of_candles_own_operations() -> Result<()> {
    if std::env::var_os(RECORD_GRADIENTS).is_none() {
        let status = Command::new(std::env::current_exe()?)
            .args([
                "--exact",
                "second_derivatives_equal_those_of_candles_own_operations",
            ])
            .env(RECORD_GRADIENTS, "1")
            .status()?;
        assert!(status.success());
        return Ok(());
    }
    let input = away_from_zero((3, 4))?;
    let weight = away_from_zero(4)?;
    let second = |f: &dyn Fn(&Tensor, &Tensor) -> Result<Tensor>| {
        let (xs, slopes) = (Var::from_tensor(&input)?, Var::from_tensor(&weight)?);
        let first = loss(&f(&xs, &slopes)?)?.backward()?;
        let of_xs = first.get(&xs).expect("a gradient").sqr()?.sum_all()?;
        let second = of_xs.backward()?;
        let of = |var: &Var| second.get(var).map(values).transpose();
        Ok::<_, candle_core::Error>((of(&xs)?, of(&slopes)?))
    };
    let ours = second(&|xs, _| leaky_candle::leaky_relu(xs, 0.2))?;
    let theirs = second(&|xs, _| candle_nn::ops::leaky_relu(xs, 0.2))?;
    let both = |a: Option<Vec<f64>>, b: Option<Vec<f64>>| a.zip(b).expect("second derivatives");
    let (found, expected) = both(ours.0, theirs.0);
    assert_close("leaky_relu", &found, &expected, 1e-12);

    let ours = second(&|xs, slopes| leaky_candle::prelu(xs, slopes))?;
    let theirs = second(&|xs, slopes| candle_nn::PReLU::new(slopes.clone(), false).forward(xs))?;
    let (found, expected) = both(ours.0, theirs.0);
    assert_close("prelu, input", &found, &expected, 1e-12);
    let (found, expected) = both(ours.1, theirs.1);
    assert_close("prelu, slopes", &found, &expected, 1e-12);
    Ok(())
}
