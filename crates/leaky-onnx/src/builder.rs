//! A model built node by node: for networks that were made elsewhere, and are to become an ONNX file.

use std::path::PathBuf;

use burn::tensor::{DType, TensorData};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::proto::attribute_proto::AttributeType;
use crate::proto::tensor_proto::DataType;
use crate::proto::tensor_shape_proto::Dimension;
use crate::proto::{
    AttributeProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
};
use crate::tensor::{set_raw, values};

/// The operator set that models are built for.
const OPSET: i64 = 18;
/// The version of the file format that came with it.
const IR_VERSION: i64 = 8;
/// What the size of a batch is called.
const SAMPLES: &str = "N";

/// An attribute of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A number.
    Float(f32),
    /// A whole number.
    Int(i64),
    /// Whole numbers, such as the lengths of a kernel.
    Ints(Vec<i64>),
    /// A word, such as `SAME_UPPER`.
    Text(String),
}

/// A model in the making, for ONNX's operator set 18. Values are known by their names.
///
/// ```
/// use burn::backend::DispatchDevice;
/// use burn::tensor::{DType, TensorData};
/// use leaky_onnx::{ModelBuilder, Network, Setting};
///
/// let mut builder = ModelBuilder::new("doubles");
/// let x = builder.input("x", DType::F32, &[2]);
/// let weight = builder.initializer("weight", &TensorData::from([[2.0_f32, 0.0], [0.0, 2.0]]))?;
/// let y = builder.node("product", "MatMul", &[&x, &weight], &[]);
/// let y = builder.node("leak", "LeakyRelu", &[&y], &[("alpha", Setting::Float(0.5))]);
/// builder.output(&y, DType::F32, &[2]);
///
/// let network = Network::new(&builder.build()?, &DispatchDevice::default())?;
/// let y = network.run(vec![TensorData::from([[3.0_f32, -1.0]])])?;
/// assert_eq!(y[0].try_to_vec::<f32>().unwrap(), [6.0, -1.0]);
/// # Ok::<(), leaky_onnx::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelBuilder {
    message: ModelProto,
}

impl ModelBuilder {
    /// A model without nodes, whose graph has this name.
    pub fn new(name: &str) -> Self {
        let mut message = ModelProto::new();
        message.set_ir_version(IR_VERSION);
        message.set_producer_name("leaky-onnx".to_owned());
        message
            .graph
            .mut_or_insert_default()
            .set_name(name.to_owned());
        let mut opset = OperatorSetIdProto::new();
        opset.set_version(OPSET);
        message.opset_import.push(opset);
        Self { message }
    }

    /// Any number of samples, each of this shape, that the model is given. Gives back the name.
    pub fn input(&mut self, name: &str, dtype: DType, sample: &[usize]) -> String {
        let value = samples(name, dtype, sample);
        self.message.graph.mut_or_insert_default().input.push(value);
        name.to_owned()
    }

    /// A value that the model gives: for each sample one of this shape.
    pub fn output(&mut self, name: &str, dtype: DType, sample: &[usize]) {
        let value = samples(name, dtype, sample);
        self.message
            .graph
            .mut_or_insert_default()
            .output
            .push(value);
    }

    /// Numbers that stand in the file: weights, or what an operator takes as an input. Gives back the
    /// name.
    ///
    /// # Errors
    ///
    /// If they are neither `f32` nor `i64`.
    pub fn initializer(&mut self, name: &str, data: &TensorData) -> Result<String> {
        let bytes: Vec<u8> = match data.dtype() {
            DType::F32 => values::<f32>(data)
                .into_iter()
                .flat_map(f32::to_le_bytes)
                .collect(),
            DType::I64 => values::<i64>(data)
                .into_iter()
                .flat_map(i64::to_le_bytes)
                .collect(),
            other => {
                return Err(Error::Tensor {
                    name: name.to_owned(),
                    reason: format!("is of {other:?}: models are built of f32 and i64 numbers"),
                });
            }
        };
        let mut tensor = TensorProto::new();
        tensor.set_name(name.to_owned());
        tensor.set_data_type(element_type(data.dtype()));
        tensor.dims = data.shape().iter().map(|&size| size as i64).collect();
        set_raw(&mut tensor, bytes);
        self.message
            .graph
            .mut_or_insert_default()
            .initializer
            .push(tensor);
        Ok(name.to_owned())
    }

    /// A node of an operator with one output, which is named like the node. Gives back the name.
    pub fn node(
        &mut self,
        name: &str,
        operator: &str,
        inputs: &[&str],
        settings: &[(&str, Setting)],
    ) -> String {
        let mut node = NodeProto::new();
        node.set_name(name.to_owned());
        node.set_op_type(operator.to_owned());
        node.input = inputs.iter().map(ToString::to_string).collect();
        node.output = vec![name.to_owned()];
        node.attribute = settings
            .iter()
            .map(|(name, value)| attribute(name, value))
            .collect();
        self.message.graph.mut_or_insert_default().node.push(node);
        name.to_owned()
    }

    /// The model.
    ///
    /// # Errors
    ///
    /// If it calls itself without end; no model that is built here does.
    pub fn build(self) -> Result<Model> {
        Model::from_message(self.message, PathBuf::new())
    }
}

fn samples(name: &str, dtype: DType, sample: &[usize]) -> ValueInfoProto {
    let mut value = ValueInfoProto::new();
    value.set_name(name.to_owned());
    let tensor = value.type_.mut_or_insert_default().mut_tensor_type();
    tensor.set_elem_type(element_type(dtype));
    let mut any = Dimension::new();
    any.set_dim_param(SAMPLES.to_owned());
    let lengths = sample.iter().map(|&length| {
        let mut dimension = Dimension::new();
        dimension.set_dim_value(length as i64);
        dimension
    });
    tensor.shape.mut_or_insert_default().dim = [any].into_iter().chain(lengths).collect();
    value
}

fn element_type(dtype: DType) -> i32 {
    match dtype {
        DType::I64 => DataType::INT64 as i32,
        _ => DataType::FLOAT as i32,
    }
}

fn attribute(name: &str, setting: &Setting) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.set_name(name.to_owned());
    match setting {
        Setting::Float(value) => {
            attribute.set_type(AttributeType::FLOAT);
            attribute.set_f(*value);
        }
        Setting::Int(value) => {
            attribute.set_type(AttributeType::INT);
            attribute.set_i(*value);
        }
        Setting::Ints(values) => {
            attribute.set_type(AttributeType::INTS);
            attribute.ints.clone_from(values);
        }
        Setting::Text(value) => {
            attribute.set_type(AttributeType::STRING);
            attribute.set_s(value.clone().into_bytes());
        }
    }
    attribute
}
