//! Every operator alone: its outputs against ONNX Runtime's, its gradients against PyTorch's.
//!
//! The cases are made by `tools/make_gradient_fixtures.py`.

mod common;

use burn::backend::ops::FloatTensorOps;
use burn::backend::{AutodiffBackend, Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::TensorData;
use common::{arrays, cpu, difference, fixture, with_prefix};
use leaky_onnx::{Model, Network, Value};

/// What differs in one case.
fn check(name: &str) -> Result<(), String> {
    let path = |ending| fixture(&format!("gradients/{name}.{ending}"));
    let model = Model::read(path("onnx")).map_err(|e| e.to_string())?;
    let network = Network::new(&model, &cpu()).map_err(|e| e.to_string())?;
    let arrays = arrays(&path("safetensors"));
    let find = |prefix: &str, name: &str| -> Result<TensorData, String> {
        let key = format!("{prefix}:{name}");
        arrays.get(&key).cloned().ok_or(format!("no {key}"))
    };

    let mut inputs = Vec::new();
    let mut tracked: Vec<(String, DispatchTensor)> = Vec::new();
    for input in network.inputs() {
        let data = find("input", &input.name)?;
        inputs.push(match Value::from_data(data, &cpu()) {
            Value::Float(tensor) => {
                let tensor = Dispatch::float_set_require_grad(Dispatch::from_inner(tensor), true);
                tracked.push((input.name.clone(), tensor.clone()));
                Value::Float(tensor)
            }
            other => other,
        });
    }
    let wanted: Vec<_> = network
        .outputs()
        .iter()
        .map(|output| output.value)
        .collect();
    let outputs = network
        .forward(inputs, &wanted, |_, _| {})
        .map_err(|e| e.to_string())?;

    let mut loss: Option<DispatchTensor> = None;
    for (output, value) in network.outputs().iter().zip(outputs) {
        let data = value.clone().into_data()?;
        if let Some(reason) = difference(&data, &find("output", &output.name)?, 1e-4) {
            return Err(format!("output {}: {reason}", output.name));
        }
        let (Value::Float(tensor), Ok(weight)) = (value, find("weight", &output.name)) else {
            continue;
        };
        let weight = weight.convert_dtype(tensor.dtype());
        let weight = Dispatch::float_from_data(weight, &cpu());
        let part = Dispatch::float_sum(Dispatch::float_mul(tensor, weight));
        loss = Some(match loss {
            None => part,
            Some(loss) => Dispatch::float_add(loss, part),
        });
    }
    let gradients = Dispatch::backward(loss.ok_or("no output is weighted")?);
    let mut expected = with_prefix(&arrays, "gradient:").count();
    for (name, tensor) in tracked {
        let Ok(wanted) = find("gradient", &name) else {
            continue;
        };
        expected -= 1;
        let found = match Dispatch::grad(&tensor, &gradients) {
            Some(gradient) => Value::Float(gradient).into_data()?,
            None => return Err(format!("no gradient to {name}")),
        };
        if let Some(reason) = difference(&found, &wanted, 1e-4) {
            return Err(format!("gradient to {name}: {reason}"));
        }
    }
    if expected > 0 {
        return Err(format!("{expected} gradients belong to no input"));
    }
    Ok(())
}

#[test]
fn operators_and_their_gradients_agree_with_the_references() {
    let mut names: Vec<String> = std::fs::read_dir(fixture("gradients"))
        .expect("the fixtures")
        .filter_map(|entry| {
            let name = entry.expect("an entry").file_name().into_string().ok()?;
            Some(name.strip_suffix(".onnx")?.to_owned())
        })
        .collect();
    names.sort();
    assert!(names.len() > 150, "only {} cases were found", names.len());
    let failures: Vec<String> = names
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", check(name).err()?)))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases differ:\n{}",
        failures.len(),
        names.len(),
        failures.join("\n")
    );
}
