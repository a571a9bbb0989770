//! The network as an ONNX file, for the engine to work on and for a person to keep.
//!
//! The numbers of the fields are those of `onnx.proto`.

use protobuf::{CodedOutputStream, Result};

use super::layer::Layer;
use super::network::Network;
use super::rectifier::Rectifier;

/// The operator set that the file is written for.
const OPSET: i64 = 18;
/// The version of the file format that came with it.
const IR_VERSION: i64 = 8;
/// `TensorProto.DataType.FLOAT`
const FLOAT: i32 = 1;
/// `AttributeProto.AttributeType.FLOAT`
const FLOAT_ATTRIBUTE: i32 = 1;

/// The name of a layer's rectifier, as diagnoses call it.
pub(super) fn rectifier_name(layer: usize) -> String {
    format!("layer{}", layer + 1)
}

/// The names of a layer's parameters: weight, bias, slopes.
pub(super) fn parameter_names(layer: usize) -> [String; 3] {
    ["weight", "bias", "slopes"].map(|name| format!("layer{}.{name}", layer + 1))
}

/// The bytes of the file, with a sigmoid at the end or without.
///
/// # Errors
///
/// None that can happen in memory.
pub(crate) fn onnx(network: &Network, sigmoid: bool) -> Result<Vec<u8>> {
    message(|model| {
        model.write_int64(1, IR_VERSION)?;
        model.write_string(2, "leaky-playground")?;
        model.write_bytes(7, &graph(network, sigmoid)?)?;
        model.write_bytes(8, &message(|opset| opset.write_int64(2, OPSET))?)
    })
}

fn graph(network: &Network, sigmoid: bool) -> Result<Vec<u8>> {
    let last = network.layers.len() - 1;
    let result = if sigmoid { "logit" } else { "output" };
    message(|graph| {
        let mut input = "x".to_owned();
        for (place, layer) in network.layers.iter().enumerate() {
            let [weight, bias, slopes] = parameter_names(place);
            let output = match place == last {
                true => result.to_owned(),
                false => format!("layer{}.before", place + 1),
            };
            graph.write_bytes(1, &node("Gemm", &[&input, &weight, &bias], &output, None)?)?;
            input = output;
            if let Some(rectifier) = &layer.rectifier {
                let output = rectifier_name(place);
                let (operator, inputs): (_, &[&str]) = match rectifier {
                    Rectifier::Relu => ("Relu", &[&input]),
                    Rectifier::LeakyRelu(_) => ("LeakyRelu", &[&input]),
                    Rectifier::PRelu => ("PRelu", &[&input, &slopes]),
                    Rectifier::Elu(_) => ("Elu", &[&input]),
                };
                graph.write_bytes(1, &node(operator, inputs, &output, rectifier.alpha())?)?;
                input = output;
            }
        }
        if sigmoid {
            graph.write_bytes(1, &node("Sigmoid", &[result], "output", None)?)?;
        }
        graph.write_string(2, "playground")?;
        for (place, layer) in network.layers.iter().enumerate() {
            for tensor in tensors(place, layer)? {
                graph.write_bytes(5, &tensor)?;
            }
        }
        graph.write_bytes(11, &value("x", 2)?)?;
        graph.write_bytes(12, &value("output", 1)?)
    })
}

/// A node that is named after its output.
fn node(operator: &str, inputs: &[&str], output: &str, alpha: Option<f32>) -> Result<Vec<u8>> {
    message(|node| {
        for input in inputs {
            node.write_string(1, input)?;
        }
        node.write_string(2, output)?;
        node.write_string(3, output)?;
        node.write_string(4, operator)?;
        match alpha {
            None => Ok(()),
            Some(alpha) => node.write_bytes(
                5,
                &message(|attribute| {
                    attribute.write_string(1, "alpha")?;
                    attribute.write_float(2, alpha)?;
                    attribute.write_enum(20, FLOAT_ATTRIBUTE)
                })?,
            ),
        }
    })
}

/// The initializers of a layer.
fn tensors(place: usize, layer: &Layer) -> Result<Vec<Vec<u8>>> {
    let (inputs, outputs) = (layer.inputs as i64, layer.outputs as i64);
    let shapes: [&[i64]; 3] = [&[inputs, outputs], &[outputs], &[outputs]];
    let arrays = layer.parameters.arrays().into_iter();
    arrays
        .zip(shapes)
        .zip(parameter_names(place))
        .filter(|((numbers, _), _)| !numbers.is_empty())
        .map(|((numbers, shape), name)| {
            message(|tensor| {
                for &size in shape {
                    tensor.write_int64(1, size)?;
                }
                tensor.write_enum(2, FLOAT)?;
                tensor.write_string(8, &name)?;
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
                tensor.write_bytes(9, &bytes.collect::<Vec<u8>>())
            })
        })
        .collect()
}

/// A tensor of floats of any number of samples.
fn value(name: &str, features: i64) -> Result<Vec<u8>> {
    let samples = message(|size| size.write_string(2, "N"))?;
    let features = message(|size| size.write_int64(1, features))?;
    let shape = message(|shape| {
        shape.write_bytes(1, &samples)?;
        shape.write_bytes(1, &features)
    })?;
    let tensor = message(|tensor| {
        tensor.write_enum(1, FLOAT)?;
        tensor.write_bytes(2, &shape)
    })?;
    message(|value| {
        value.write_string(1, name)?;
        value.write_bytes(2, &message(|kind| kind.write_bytes(1, &tensor))?)
    })
}

fn message(write: impl FnOnce(&mut CodedOutputStream) -> Result<()>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stream = CodedOutputStream::vec(&mut bytes);
    write(&mut stream)?;
    stream.flush()?;
    drop(stream);
    Ok(bytes)
}
