//! Generates the ONNX message types from `crates/leaky-onnx/proto/onnx.proto`, the schema that the ONNX
//! project publishes. rust-protobuf is used because it keeps the fields that a schema does not know.
//!
//! ```text
//! cargo run --manifest-path tools/onnx-messages/Cargo.toml
//! ```

use std::path::Path;

use protobuf_codegen::{Codegen, Customize};

fn main() {
    let leaky_onnx = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/leaky-onnx");
    Codegen::new()
        .pure()
        .include(leaky_onnx.join("proto"))
        .input(leaky_onnx.join("proto/onnx.proto"))
        .out_dir(leaky_onnx.join("src/proto"))
        .customize(Customize::default().gen_mod_rs(false))
        .run_from_script();
}
