//! Small models put together in code, for tests of what networks may look like.

use burn::backend::DispatchDevice;
use protobuf::Message;

use crate::proto::attribute_proto::AttributeType;
use crate::proto::tensor_proto::DataType;
use crate::proto::tensor_shape_proto::Dimension;
use crate::proto::{
    AttributeProto, FunctionProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    ValueInfoProto,
};
use crate::{Model, Network, Result, ValueId};

/// The operator set that the models are written for.
pub(crate) const OPSET: i64 = 18;

/// A model that grows with each call.
#[derive(Default)]
pub(crate) struct Graph(pub(crate) ModelProto);

impl Graph {
    pub(crate) fn new() -> Self {
        let mut message = ModelProto::new();
        message.opset_import.push(opset("", OPSET));
        Self(message)
    }

    /// An input of floats; `None` leaves a size open.
    pub(crate) fn input(mut self, name: &str, shape: &[Option<i64>]) -> Self {
        let mut info = ValueInfoProto::new();
        info.set_name(name.into());
        let kind = info.type_.mut_or_insert_default().mut_tensor_type();
        kind.set_elem_type(DataType::FLOAT as i32);
        kind.shape.mut_or_insert_default().dim = shape
            .iter()
            .map(|size| {
                let mut dimension = Dimension::new();
                match size {
                    Some(size) => dimension.set_dim_value(*size),
                    None => dimension.set_dim_param("N".into()),
                }
                dimension
            })
            .collect();
        self.0.graph.mut_or_insert_default().input.push(info);
        self
    }

    /// An initializer of floats: 0, 0.25, 0.5 and so on.
    pub(crate) fn floats(self, name: &str, shape: &[i64]) -> Self {
        let count: i64 = shape.iter().product();
        let numbers = (0..count).map(|number| number as f32 / 4.0);
        let mut tensor = TensorProto::new();
        tensor.set_data_type(DataType::FLOAT as i32);
        tensor.float_data = numbers.collect();
        self.initializer(name, shape, tensor)
    }

    /// An initializer of integers of rank 1.
    pub(crate) fn ints(self, name: &str, numbers: &[i64]) -> Self {
        let mut tensor = TensorProto::new();
        tensor.set_data_type(DataType::INT64 as i32);
        tensor.int64_data = numbers.to_vec();
        self.initializer(name, &[numbers.len() as i64], tensor)
    }

    fn initializer(mut self, name: &str, shape: &[i64], mut tensor: TensorProto) -> Self {
        tensor.set_name(name.into());
        tensor.dims = shape.to_vec();
        let graph = self.0.graph.mut_or_insert_default();
        graph.initializer.push(tensor);
        self
    }

    /// A node of ONNX's own operators, named after its output.
    pub(crate) fn node(self, operator: &str, inputs: &[&str], output: &str) -> Self {
        self.proto(node(operator, inputs, output))
    }

    pub(crate) fn proto(mut self, node: NodeProto) -> Self {
        self.0.graph.mut_or_insert_default().node.push(node);
        self
    }

    pub(crate) fn function(mut self, function: FunctionProto) -> Self {
        self.0.functions.push(function);
        self
    }

    /// Makes a value an output of the network.
    pub(crate) fn output(mut self, name: &str) -> Self {
        let mut info = ValueInfoProto::new();
        info.set_name(name.into());
        self.0.graph.mut_or_insert_default().output.push(info);
        self
    }

    pub(crate) fn model(&self) -> Result<Model> {
        Model::from_bytes(&self.0.write_to_bytes().expect("a message"))
    }

    pub(crate) fn network(&self) -> Network {
        let network = self
            .model()
            .and_then(|model| Network::new(&model, &DispatchDevice::default()));
        network.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A node of ONNX's own operators, named after its output.
pub(crate) fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    let mut node = NodeProto::new();
    node.set_op_type(operator.into());
    node.set_name(output.into());
    node.input = inputs.iter().map(ToString::to_string).collect();
    node.output = vec![output.into()];
    node
}

/// A node with a list of integers among its attributes.
pub(crate) fn with_ints(mut node: NodeProto, name: &str, numbers: &[i64]) -> NodeProto {
    let mut attribute = AttributeProto::new();
    attribute.set_name(name.into());
    attribute.set_type(AttributeType::INTS);
    attribute.ints = numbers.to_vec();
    node.attribute.push(attribute);
    node
}

/// An operator set that a model or a function imports.
pub(crate) fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    let mut import = OperatorSetIdProto::new();
    import.set_domain(domain.into());
    import.set_version(version);
    import
}

/// The value of this name.
pub(crate) fn value(network: &Network, name: &str) -> ValueId {
    let found = (0..network.values())
        .map(ValueId)
        .find(|&id| network.value_name(id) == name);
    found.unwrap_or_else(|| panic!("no value '{name}'"))
}
