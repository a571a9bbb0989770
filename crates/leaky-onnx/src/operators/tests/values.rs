//! Operators that neither ONNX's node tests nor the fixtures try, against numbers worked out by hand.

use std::path::Path;

use burn::backend::FlexDevice;
use burn::tensor::TensorData;

use super::super::{Inputs, Refusal, Request, find};
use crate::attributes::Attributes;
use crate::proto::attribute_proto::AttributeType;
use crate::proto::{AttributeProto, NodeProto};
use crate::value::Value;

/// What an operator of `ai.onnx.ml` gives.
fn run(
    name: &str,
    attributes: &[(&str, &[f32])],
    inputs: &[TensorData],
) -> Result<TensorData, String> {
    let mut proto = NodeProto::new();
    for (name, numbers) in attributes {
        let mut attribute = AttributeProto::new();
        attribute.set_name((*name).to_owned());
        attribute.set_type(AttributeType::FLOATS);
        attribute.floats = numbers.to_vec();
        proto.attribute.push(attribute);
    }
    let operator = find("ai.onnx.ml", name).expect("a supported operator");
    let run = operator
        .build(&Request {
            attributes: Attributes::new(&proto, Path::new("")),
            opset: 15,
            inputs: inputs.len(),
            outputs: 1,
            declared_outputs: 1,
            device: FlexDevice.into(),
            constant: &|_| None,
            element: &|_| None,
            body: &|_| Err(Refusal::Unsupported("graphs inside of nodes".into())),
        })
        .map_err(|refusal| format!("{refusal:?}"))?;
    let values = inputs
        .iter()
        .map(|data| Some(Value::from_data(data.clone(), &FlexDevice.into())));
    let mut outputs = run(Inputs::new(values.collect()))?;
    outputs.remove(0).into_data()
}

fn matrix() -> TensorData {
    TensorData::from([[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]])
}

#[test]
fn a_scaler_moves_then_scales_each_feature() {
    let offset: (&str, &[f32]) = ("offset", &[1.0, 2.0, 3.0]);
    let scale: (&str, &[f32]) = ("scale", &[2.0, 1.0, 0.5]);
    let scaled = run("Scaler", &[offset, scale], &[matrix()]);
    let expected = TensorData::from([[0.0_f32, 0.0, 0.0], [6.0, 3.0, 1.5]]);
    assert_eq!(scaled, Ok(expected));
}

#[test]
fn a_scaler_takes_one_number_for_all_features_and_integers_as_input() {
    let whole = TensorData::from([[1_i64, 2], [3, 4]]);
    let scaled = run("Scaler", &[("offset", &[1.0])], &[whole]);
    assert_eq!(scaled, Ok(TensorData::from([[0.0_f32, 1.0], [2.0, 3.0]])));
}

#[test]
fn a_scaler_of_another_width_is_refused() {
    let refused = run("Scaler", &[("scale", &[1.0, 2.0])], &[matrix()]);
    assert!(refused.is_err_and(|reason| reason.contains("broadcast")));
}

#[test]
fn features_are_picked_from_the_last_axis() {
    let picked = run(
        "ArrayFeatureExtractor",
        &[],
        &[matrix(), TensorData::from([2_i64, 0])],
    );
    let expected = TensorData::from([[3.0_f32, 1.0], [6.0, 4.0]]);
    assert_eq!(picked, Ok(expected));
}

#[test]
fn a_list_of_features_counts_as_one_row() {
    let list = TensorData::from([7_i64, 8, 9]);
    let picked = run(
        "ArrayFeatureExtractor",
        &[],
        &[list, TensorData::from([1_i64])],
    );
    assert_eq!(picked, Ok(TensorData::from([[8_i64]])));
}

#[test]
fn zipped_maps_give_their_numbers() {
    assert_eq!(run("ZipMap", &[], &[matrix()]), Ok(matrix()));
}
