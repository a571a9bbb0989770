//! What an operator does not do is refused when the network is made, all of it at once and by name.

use burn::backend::FlexDevice;
use protobuf::{Enum, Message};

use super::cases::ints;
use crate::error::{Error, Unsupported};
use crate::model::Model;
use crate::network::Network;
use crate::proto::tensor_proto::DataType;
use crate::proto::{
    AttributeProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
};

fn node(
    operator: &str,
    attributes: Vec<AttributeProto>,
    inputs: &[&str],
    outputs: usize,
) -> NodeProto {
    let mut node = NodeProto::new();
    node.set_op_type(operator.to_owned());
    node.set_name(format!("/{operator}"));
    node.input = inputs.iter().map(|&name| name.to_owned()).collect();
    node.output = (0..outputs).map(|i| format!("{operator}:{i}")).collect();
    node.attribute = attributes;
    node
}

/// What is refused of a network of these nodes.
fn refused(nodes: Vec<NodeProto>) -> Vec<Unsupported> {
    let mut model = ModelProto::new();
    let mut opset = OperatorSetIdProto::new();
    opset.set_version(18);
    model.opset_import.push(opset);
    let graph = model.graph.mut_or_insert_default();
    let info = |name: &str| {
        let mut info = ValueInfoProto::new();
        info.set_name(name.to_owned());
        let kind = info.type_.mut_or_insert_default().mut_tensor_type();
        kind.set_elem_type(DataType::FLOAT.value());
        info
    };
    graph.input.push(info("x"));
    let outputs = nodes.iter().flat_map(|node| &node.output);
    graph.output = outputs.map(|name| info(name)).collect();
    graph.node = nodes;
    let mut flag = TensorProto::new();
    flag.set_name("true".to_owned());
    flag.set_data_type(DataType::BOOL.value());
    flag.int32_data = vec![1];
    graph.initializer.push(flag);
    let bytes = model.write_to_bytes().expect("a message");
    let model = Model::from_bytes(&bytes).expect("a model");
    match Network::new(&model, &FlexDevice.into()) {
        Err(Error::Unsupported(list)) => list,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("nothing is refused"),
    }
}

#[test]
fn everything_that_does_not_run_is_listed_with_the_name_of_its_node() {
    let found = refused(vec![
        node(
            "BatchNormalization",
            vec![ints("training_mode", 1)],
            &["x"; 5],
            1,
        ),
        node(
            "AveragePool",
            vec![ints("kernel_shape", vec![1; 4])],
            &["x"],
            1,
        ),
        node(
            "Cast",
            vec![ints("to", i64::from(DataType::STRING.value()))],
            &["x"],
            1,
        ),
        node("Dropout", Vec::new(), &["x", "", "true"], 1),
        node("StringNormalizer", Vec::new(), &["x"], 1),
    ]);
    let listed: Vec<(&str, &str)> = found
        .iter()
        .map(|item| (item.node.as_deref().unwrap_or(""), item.what.as_str()))
        .collect();
    assert_eq!(
        listed,
        [
            ("/BatchNormalization", "BatchNormalization in training mode"),
            ("/AveragePool", "AveragePool over 4 axes"),
            ("/Cast", "Cast: element type STRING is not supported"),
            ("/Dropout", "Dropout in training mode"),
            ("/StringNormalizer", "operator StringNormalizer"),
        ]
    );
}
