//! Generates the ONNX message types from `proto/onnx.proto`, the schema that the ONNX project
//! publishes. rust-protobuf is used because it keeps the fields that a schema does not know.

fn main() {
    protobuf_codegen::Codegen::new()
        .pure()
        .include("proto")
        .input("proto/onnx.proto")
        .cargo_out_dir("proto")
        .run_from_script();
}
