//! The network as an ONNX file, for the engine to work on and for a person to keep.

use burn::tensor::{DType, TensorData};
use leaky_onnx::{Error, ModelBuilder, Setting};

use super::layer::Layer;
use super::network::Network;
use super::rectifier::Rectifier;

/// The name of a layer's rectifier, as diagnoses call it.
pub(super) fn rectifier_name(layer: usize) -> String {
    format!("layer{}", layer + 1)
}

/// The names of a layer's parameters: weight, bias, slopes.
pub(super) fn parameter_names(layer: usize) -> [String; 3] {
    ["weight", "bias", "slopes"].map(|name| format!("layer{}.{name}", layer + 1))
}

/// The bytes of the file, with an operator at the end that makes probabilities of the outputs, or none.
///
/// # Errors
///
/// None that can happen in memory.
pub(crate) fn onnx(network: &Network, probabilities: Option<&str>) -> Result<Vec<u8>, Error> {
    let mut model = ModelBuilder::new("playground");
    let features = network.layers.first().map_or(0, |layer| layer.inputs);
    let outputs = network.layers.last().map_or(0, |layer| layer.outputs);
    let mut x = model.input("x", DType::F32, &[features]);
    for (place, layer) in network.layers.iter().enumerate() {
        let [weight, bias, slopes] = initializers(&mut model, place, layer)?;
        let name = match (&layer.rectifier, probabilities) {
            (Some(_), _) => format!("layer{}.before", place + 1),
            (None, Some(_)) => "logit".to_owned(),
            (None, None) => "output".to_owned(),
        };
        x = model.node(&name, "Gemm", &[&x, &weight, &bias], &[]);
        if let Some(rectifier) = &layer.rectifier {
            let (operator, inputs): (_, &[&str]) = match rectifier {
                Rectifier::Relu => ("Relu", &[&x]),
                Rectifier::LeakyRelu(_) => ("LeakyRelu", &[&x]),
                Rectifier::PRelu => ("PRelu", &[&x, &slopes]),
                Rectifier::Elu(_) => ("Elu", &[&x]),
            };
            let alpha = rectifier
                .alpha()
                .map(|alpha| ("alpha", Setting::Float(alpha)));
            x = model.node(&rectifier_name(place), operator, inputs, alpha.as_slice());
        }
    }
    if let Some(operator) = probabilities {
        x = model.node("output", operator, &[&x], &[]);
    }
    model.output(&x, DType::F32, &[outputs]);
    model.build()?.to_bytes()
}

/// Puts the parameters of a layer into the file: weight, bias, slopes; gives their names.
fn initializers(
    model: &mut ModelBuilder,
    place: usize,
    layer: &Layer,
) -> Result<[String; 3], Error> {
    let names = parameter_names(place);
    let shapes = [
        vec![layer.inputs, layer.outputs],
        vec![layer.outputs],
        vec![layer.outputs],
    ];
    let arrays = layer.parameters.arrays().into_iter().zip(shapes);
    for ((numbers, shape), name) in arrays.zip(&names) {
        // Only a PReLU has slopes.
        if !numbers.is_empty() {
            model.initializer(name, &TensorData::new(numbers.to_vec(), shape))?;
        }
    }
    Ok(names)
}
