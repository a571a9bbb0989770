use std::path::{Path, PathBuf};

use burn::backend::DispatchDevice;
use protobuf::Message;

use super::{Model, Place};
use crate::proto::{ModelProto, StringStringEntryProto};
use crate::{Error, Network};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(path)
}

fn network(model: &Model) -> Network {
    Network::new(model, &DispatchDevice::default()).expect("it runs")
}

fn parsed(bytes: &[u8]) -> ModelProto {
    ModelProto::parse_from_bytes(bytes).expect("it is a message")
}

/// A model with everything around the graph that a file may carry.
fn decorated() -> Vec<u8> {
    let mut message =
        parsed(&std::fs::read(fixture("networks/conv/model.onnx")).expect("the fixture"));
    message.set_doc_string("what it is for".into());
    let mut entry = StringStringEntryProto::new();
    entry.set_key("author".into());
    entry.set_value("somebody".into());
    message.metadata_props.push(entry);
    // A field that no schema knows, as a later version of ONNX may write it.
    message
        .special_fields
        .mut_unknown_fields()
        .add_varint(4000, 7);
    let graph = message.graph.mut_or_insert_default();
    graph
        .special_fields
        .mut_unknown_fields()
        .add_length_delimited(4001, vec![1, 2, 3]);
    graph.node[0].set_doc_string("the first node".into());
    message.write_to_bytes().expect("it can be written")
}

#[test]
fn a_model_that_is_not_changed_is_written_as_it_was_read() {
    let bytes = decorated();
    let written = Model::from_bytes(&bytes)
        .and_then(|model| model.to_bytes())
        .expect("read and written");
    assert_eq!(parsed(&written), parsed(&bytes));
}

#[test]
fn leaking_changes_the_chosen_nodes_and_nothing_else() {
    let bytes = decorated();
    let mut model = Model::from_bytes(&bytes).expect("it is read");
    let network = network(&model);
    let rectifiers = network.rectifiers().expect("rectifiers");
    model
        .leak(&network, &[&rectifiers[1]], 0.25)
        .expect("a ReLU leaks");
    let changed = model
        .graph()
        .node
        .iter()
        .position(|node| node.op_type() == "LeakyRelu");
    let changed = changed.expect("one node leaks");
    assert_eq!(model.graph().node[changed].attribute[0].f(), 0.25);

    let mut expected = parsed(&bytes);
    let found = parsed(&model.to_bytes().expect("written"));
    expected.graph.mut_or_insert_default().node[changed].set_op_type("LeakyRelu".into());
    expected.graph.mut_or_insert_default().node[changed].attribute =
        found.graph.node[changed].attribute.clone();
    assert_eq!(found, expected);
}

#[test]
fn parameters_that_were_not_changed_keep_their_bits() {
    let mut model = Model::read(fixture("networks/half/model.onnx")).expect("it is read");
    let before = model.graph().initializer.clone();
    let mut network = network(&model);
    let data = network.parameter_data(0).expect("its numbers");
    let halved: Vec<f32> = data.iter::<f32>().map(|value| value / 2.0).collect();
    let shape = data.shape().to_vec();
    network.set_parameter(0, burn::tensor::TensorData::new(halved, shape));
    network.store(&mut model).expect("stored");
    let after = &model.graph().initializer;
    let Place::Initializer(changed) = network.parameters()[0].place else {
        panic!("an initializer")
    };
    for (index, (before, after)) in before.iter().zip(after).enumerate() {
        assert_eq!(before == after, index != changed, "{}", before.name());
        assert_eq!(before.data_type, after.data_type);
    }
}

#[test]
fn external_data_move_into_the_file() {
    let model = Model::read(fixture("networks/external-data/model.onnx")).expect("it is read");
    let alone =
        Model::from_bytes(&model.to_bytes().expect("written")).expect("read without its folder");
    let (before, after) = (network(&model), network(&alone));
    assert!(!before.parameters().is_empty());
    for index in 0..before.parameters().len() {
        assert_eq!(
            before.parameter_data(index).expect("numbers"),
            after.parameter_data(index).expect("numbers")
        );
    }
}

#[test]
fn external_data_stay_outside_of_a_file_in_the_same_folder() {
    let folder = fixture("networks/external-data");
    let path = folder.join("model.onnx");
    let model = Model::read(&path).expect("it is read");
    let original = parsed(&std::fs::read(&path).expect("the fixture"));
    let beside = model.to_bytes_in(&folder).expect("written");
    assert_eq!(parsed(&beside), original);
    let read_again = network(&Model::from_bytes_in(&beside, &folder).expect("it is read"));
    assert_eq!(
        read_again.parameter_data(0).expect("numbers"),
        network(&model).parameter_data(0).expect("numbers")
    );

    let elsewhere = model.to_bytes_in(&fixture("networks")).expect("written");
    assert_eq!(elsewhere, model.to_bytes().expect("written"));
    assert_ne!(parsed(&elsewhere), original);
}

#[test]
fn functions_of_the_model_run_and_stay_in_the_file() {
    let path = fixture("broken/local-function.onnx");
    let model = Model::read(&path).expect("it is read");
    assert!(!model.message().functions.is_empty());
    let written = model.to_bytes().expect("written");
    assert_eq!(
        parsed(&written),
        parsed(&std::fs::read(path).expect("the fixture"))
    );
    network(&model);
}

#[test]
fn no_prefix_of_a_file_makes_the_reader_panic() {
    let bytes = decorated();
    for length in (0..bytes.len()).step_by(97) {
        if let Ok(model) = Model::from_bytes(&bytes[..length]) {
            let _ = Network::new(&model, &DispatchDevice::default());
        }
    }
}

#[test]
fn no_flipped_byte_makes_the_reader_panic() {
    let bytes = decorated();
    for place in (0..bytes.len()).step_by(41) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0xff;
        if let Ok(model) = Model::from_bytes(&damaged) {
            let _ = Network::new(&model, &DispatchDevice::default());
        }
    }
}

#[test]
fn another_file_is_not_taken_for_onnx() {
    for bytes in [
        b"".as_slice(),
        b"PK\x03\x04 an archive",
        b"{\"json\": true}",
    ] {
        assert!(
            matches!(Model::from_bytes(bytes), Err(Error::NotOnnx { .. })),
            "{bytes:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn external_data_behind_a_link_that_leads_outside_is_refused() {
    let folder = std::env::temp_dir().join(format!("leaky-onnx-link-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("model")).expect("a folder");
    let source = fixture("networks/external-data");
    std::fs::copy(source.join("model.onnx"), folder.join("model/model.onnx")).expect("a copy");
    let outside = folder.join("weights");
    std::fs::copy(source.join("model.onnx.data"), &outside).expect("a copy");
    let link = folder.join("model/model.onnx.data");
    std::os::unix::fs::symlink(&outside, &link).expect("a link");
    let open = || {
        let model = Model::read(folder.join("model/model.onnx")).expect("the message is whole");
        Network::new(&model, &DispatchDevice::default())
    };
    let refused = open().err().expect("the link leads outside").to_string();
    // A link that stays inside is as good as a file.
    std::fs::remove_file(&link).expect("the link is gone");
    std::fs::rename(&outside, folder.join("model/elsewhere")).expect("moved inside");
    std::os::unix::fs::symlink("elsewhere", &link).expect("a link");
    let inside = open().is_ok();
    std::fs::remove_dir_all(&folder).expect("the folder is gone");
    assert!(refused.contains("leads outside"), "{refused}");
    assert!(inside);
}
