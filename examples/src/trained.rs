//! Trained networks as ONNX, and samples to look at them with.

use burn::backend::DispatchDevice;
use burn::tensor::{DType, TensorData};
use leaky_onnx::{Model, ModelBuilder, Network};
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::Result;
use crate::output::Output;
use crate::trials::Trial;

/// By how much the outputs of the file may differ from the network's, as a part of the largest.
const TOLERANCE: f64 = 1e-4;

/// Writes a network as the ONNX file `name`, after it was run on `x` and found to give `y`, what the
/// network itself gives.
///
/// # Errors
/// If the model does not run or gives something else, or the file cannot be written.
pub fn write_network(
    output: &Output,
    name: &str,
    model: ModelBuilder,
    x: &TensorData,
    y: &TensorData,
) -> Result {
    let bytes = model.build()?.to_bytes()?;
    let network = Network::new(&Model::from_bytes(&bytes)?, &DispatchDevice::default())?;
    let found = network.run(vec![x.clone()])?.remove(0);
    let difference = largest_difference(&found, y);
    if difference.is_nan() || difference > TOLERANCE {
        return Err(format!(
            "{name} gives other outputs than the network that was trained: they differ by {difference:e} of the largest"
        )
        .into());
    }
    output.write(name, &bytes)
}

/// Writes the network of each trial as a file named after what was trained, `leaky-relu-0.1.onnx`.
/// `told` gives a network as a model, and what it makes of `x`.
///
/// # Errors
/// Those of `told`, and as [`write_network`].
pub fn write_networks<N>(
    output: &Output,
    trials: &[Trial<N>],
    x: &TensorData,
    told: impl Fn(&N) -> Result<(ModelBuilder, TensorData)>,
) -> Result {
    for trial in trials {
        let (model, y) = told(&trial.network)?;
        write_network(
            output,
            &format!("{}.onnx", file_name(&trial.name)),
            model,
            x,
            &y,
        )?;
    }
    Ok(())
}

/// What is said of a trial in tables, as a part of a file's name.
pub fn file_name(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// The largest difference of two arrays, as a part of the largest number; NaN where one is.
fn largest_difference(found: &TensorData, expected: &TensorData) -> f64 {
    if found.shape() != expected.shape() {
        return f64::NAN;
    }
    let pairs = || found.iter::<f64>().zip(expected.iter::<f64>());
    let scale = pairs()
        .map(|(_, expected)| expected.abs())
        .fold(1e-6, f64::max);
    let larger = |most: f64, (a, b): (f64, f64)| {
        let difference = (a - b).abs() / scale;
        if difference > most || difference.is_nan() {
            difference
        } else {
            most
        }
    };
    pairs().fold(0.0, larger)
}

/// Writes samples as a file that `leaky` takes with `--data`: `x`, and `y` where there are answers.
///
/// # Errors
/// If the arrays are of another type than `f32` or `i64`, or the file cannot be written.
pub fn write_samples(
    output: &Output,
    name: &str,
    x: &TensorData,
    y: Option<&TensorData>,
) -> Result {
    let named = [("x", Some(x)), ("y", y)].into_iter();
    let arrays = named.filter_map(|(name, data)| data.map(|data| (name, data)));
    let views: Vec<(&str, TensorView)> = arrays
        .map(|(name, data)| {
            let dtype = match data.dtype() {
                DType::F32 => Dtype::F32,
                DType::I64 => Dtype::I64,
                other => return Err(format!("samples of {other:?} cannot be written").into()),
            };
            Ok((
                name,
                TensorView::new(dtype, data.shape().to_vec(), data.as_bytes())?,
            ))
        })
        .collect::<Result<_>>()?;
    output.write(name, &serialize(views, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model that doubles two numbers.
    fn doubling() -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("doubling");
        let x = model.input("x", DType::F32, &[2]);
        let two = model.initializer("two", &TensorData::from([2.0_f32]))?;
        let y = model.node("y", "Mul", &[&x, &two], &[]);
        model.output(&y, DType::F32, &[2]);
        Ok(model)
    }

    #[test]
    fn a_file_that_gives_something_else_than_the_network_is_not_written() -> Result {
        let folder = std::env::temp_dir().join(format!("leaky-examples-{}", std::process::id()));
        let output = Output::new(folder.clone())?;
        let x = TensorData::from([[1.0_f32, 2.0], [3.0, 4.0]]);
        let right = TensorData::from([[2.0_f32, 4.0], [6.0, 8.0]]);
        for wrong in [
            TensorData::from([[2.0_f32, 4.0], [6.0, 8.1]]),
            TensorData::from([[2.0_f32, f32::NAN], [6.0, 8.0]]),
            TensorData::from([2.0_f32, 4.0, 6.0, 8.0]),
        ] {
            assert!(write_network(&output, "net.onnx", doubling()?, &x, &wrong).is_err());
            assert!(!output.path("net.onnx").exists());
        }
        write_network(&output, "net.onnx", doubling()?, &x, &right)?;
        write_samples(&output, "x.safetensors", &x, Some(&right))?;
        assert!(output.path("net.onnx").exists());
        leaky_cure::Arrays::open(&output.path("x.safetensors"), None)?;
        Ok(std::fs::remove_dir_all(folder)?)
    }
}
