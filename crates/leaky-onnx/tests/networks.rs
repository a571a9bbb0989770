//! Whole networks as exporters write them: outputs against ONNX Runtime's, gradients of the
//! parameters against PyTorch's.
//!
//! The networks are made by `tools/make_network_fixtures.py`.

mod common;

use burn::backend::ops::{ActivationOps, FloatTensorOps};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::TensorData;
use common::{arrays, cpu, difference, fixture, with_prefix};
use leaky_onnx::{Model, Network, Value, ValueId};

/// Every network of the fixtures, with the loss that its gradients belong to.
const NETWORKS: [(&str, Loss); 18] = [
    ("audio", Loss::CrossEntropy),
    ("channels-last", Loss::CrossEntropy),
    ("conv", Loss::CrossEntropy),
    ("conv-batch-norm", Loss::CrossEntropy),
    ("conv-fused-batch-norm", Loss::CrossEntropy),
    ("double", Loss::CrossEntropy),
    ("external-data", Loss::CrossEntropy),
    ("gan-discriminator", Loss::BinaryCrossEntropy),
    ("gan-generator", Loss::MeanSquaredError),
    ("half", Loss::CrossEntropy),
    ("keras", Loss::CrossEntropy),
    ("mlp", Loss::CrossEntropy),
    ("residual", Loss::CrossEntropy),
    ("sklearn-classifier", Loss::CrossEntropy),
    ("transformer", Loss::CrossEntropy),
    ("two-inputs", Loss::CrossEntropy),
    ("unet", Loss::BinaryCrossEntropy),
    ("yolo-neck", Loss::MeanSquaredError),
];

/// A table that the reference trains and this crate does not: nothing in the file tells it from a mask.
const NOT_TRAINED: (&str, &str) = ("transformer", "position");

#[derive(Clone, Copy, PartialEq)]
enum Loss {
    CrossEntropy,
    BinaryCrossEntropy,
    MeanSquaredError,
}

/// The value before the last softmax or sigmoid, or the last float output.
fn logits(network: &Network) -> ValueId {
    let last = network.nodes().iter().rfind(|node| {
        matches!(node.operator.as_str(), "Softmax" | "Sigmoid")
            && network
                .consumers(node.outputs[0])
                .iter()
                .all(|&(consumer, _)| network.nodes()[consumer].operator != "MatMul")
    });
    match last {
        Some(node) => node.inputs[0].expect("an input"),
        None => network.outputs()[0].value,
    }
}

/// The loss, averaged over everything.
fn loss(kind: Loss, logits: DispatchTensor, target: TensorData) -> DispatchTensor {
    let dtype = logits.dtype();
    let summands = match kind {
        Loss::CrossEntropy => {
            let classes = logits.shape()[1];
            let labels: Vec<usize> = target.iter::<i64>().map(|label| label as usize).collect();
            let samples = labels.len();
            let mut hot = vec![0.0; samples * classes];
            for (sample, label) in labels.into_iter().enumerate() {
                hot[sample * classes + label] = -(classes as f64);
            }
            let hot = TensorData::new(hot, [samples, classes]).convert_dtype(dtype);
            let hot = Dispatch::float_from_data(hot, &cpu());
            Dispatch::float_mul(Dispatch::log_softmax(logits, 1), hot)
        }
        Loss::MeanSquaredError => {
            let target = Dispatch::float_from_data(target.convert_dtype(dtype), &cpu());
            let error = Dispatch::float_sub(logits, target);
            Dispatch::float_mul(error.clone(), error)
        }
        Loss::BinaryCrossEntropy => {
            let target = Dispatch::float_from_data(target.convert_dtype(dtype), &cpu());
            let rest = Dispatch::float_neg(Dispatch::float_sub_scalar(target.clone(), 1.0.into()));
            let yes = Dispatch::float_mul(target, Dispatch::log_sigmoid(logits.clone()));
            let no = Dispatch::log_sigmoid(Dispatch::float_neg(logits));
            Dispatch::float_neg(Dispatch::float_add(yes, Dispatch::float_mul(rest, no)))
        }
    };
    Dispatch::float_mean(summands)
}

/// What differs in one network.
fn check(name: &str, kind: Loss) -> Result<(), String> {
    let folder = fixture("networks").join(name);
    let model = Model::read(folder.join("model.onnx")).map_err(|e| e.to_string())?;
    let network = Network::new(&model, &cpu()).map_err(|e| e.to_string())?;
    let data = arrays(&folder.join("data.safetensors"));
    let expected = arrays(&folder.join("expected.safetensors"));
    // Half precision is computed with in single precision here, in steps of half by the reference.
    let relative = if name == "half" { 2e-3 } else { 1e-4 };

    let inputs = || -> Vec<Value> {
        let arrays = network.inputs().iter().map(|input| {
            let array = data.get(&input.name).or_else(|| data.get("x"));
            array.expect("an array for each input").clone()
        });
        arrays.map(|a| Value::from_data(a, &cpu())).collect()
    };
    let wanted: Vec<ValueId> = network
        .outputs()
        .iter()
        .map(|output| output.value)
        .collect();
    let outputs = network
        .forward(inputs(), &wanted, |_, _| {})
        .map_err(|e| e.to_string())?;
    for (output, value) in network.outputs().iter().zip(outputs) {
        let wanted = &expected[&format!("output:{}", output.name)];
        if let Some(reason) = difference(&value.into_data()?, wanted, relative) {
            return Err(format!("output {}: {reason}", output.name));
        }
    }

    let parameters = network.tracked();
    let values = network
        .forward_tracked(&parameters, inputs(), &[logits(&network)])
        .map_err(|e| e.to_string())?;
    let Some(Value::Float(logits)) = values.into_iter().next() else {
        return Err("the logits are not floats".into());
    };
    let gradients = parameters.gradients(loss(kind, logits, data["y"].clone()));
    let mut missing: Vec<&str> = with_prefix(&expected, "gradient:")
        .map(|(n, _)| n)
        .collect();
    for (parameter, gradient) in network.parameters().iter().zip(gradients) {
        let Some(wanted) = expected.get(&format!("gradient:{}", parameter.name)) else {
            continue;
        };
        missing.retain(|name| *name != parameter.name);
        if (name, parameter.name.as_str()) == NOT_TRAINED {
            match gradient {
                None => continue,
                Some(_) => return Err(format!("{} is trained", parameter.name)),
            }
        }
        let found = gradient.ok_or(format!("no gradient to {}", parameter.name))?;
        let found = Value::Float(found).into_data()?;
        if let Some(reason) = difference(&found, wanted, 10.0 * relative) {
            return Err(format!("gradient to {}: {reason}", parameter.name));
        }
    }
    if !missing.is_empty() {
        return Err(format!("gradients to {missing:?} belong to no parameter"));
    }
    Ok(())
}

#[test]
fn networks_and_their_gradients_agree_with_the_references() {
    let failures: Vec<String> = NETWORKS
        .iter()
        .filter_map(|&(name, kind)| Some(format!("{name}: {}", check(name, kind).err()?)))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} networks differ:\n{}",
        failures.len(),
        NETWORKS.len(),
        failures.join("\n")
    );
}
