//! Constants that are written as attributes of a node.

use std::path::Path;

use burn::tensor::TensorData;

use crate::attributes::Attributes;
use crate::error::{Error, Result};
use crate::proto::NodeProto;
use crate::standard::label;

/// The number or list in a `Constant` node that does not hold a tensor.
pub(super) fn scalar_constant(proto: &NodeProto) -> Result<TensorData> {
    let attributes = Attributes::new(proto, Path::new(""));
    let read = || -> std::result::Result<TensorData, String> {
        if attributes.has("value_float") {
            return Ok(TensorData::new(
                vec![attributes.float("value_float", 0.0)? as f32],
                [0; 0],
            ));
        }
        if attributes.has("value_int") {
            return Ok(TensorData::new(
                vec![attributes.int("value_int", 0)?],
                [0; 0],
            ));
        }
        if let Some(list) = attributes.floats("value_floats")? {
            return Ok(TensorData::new(list.to_vec(), [list.len()]));
        }
        if let Some(list) = attributes.ints("value_ints")? {
            return Ok(TensorData::new(list.to_vec(), [list.len()]));
        }
        Err("holds neither a tensor nor numbers".into())
    };
    read().map_err(|reason| Error::Node {
        node: label(proto),
        operator: "Constant".into(),
        reason,
    })
}
