//! ONNX networks: read, run, differentiate, edit and write.
