//! Whatever bytes a file holds: a model, a network and one run of it, or a reason.

#![no_main]

use burn::backend::{DispatchDevice, FlexDevice};
use burn::tensor::{DType, TensorData};
use leaky_onnx::{Input, Model, Network};
use libfuzzer_sys::fuzz_target;

/// Inputs of more numbers are not made: the file asks for them, and its user would have to give them.
const MOST_NUMBERS: usize = 1 << 14;

fuzz_target!(|bytes: &[u8]| {
    let cpu: DispatchDevice = FlexDevice.into();
    let Ok(model) = Model::from_bytes(bytes) else {
        return;
    };
    let Ok(network) = Network::new(&model, &cpu) else {
        return;
    };
    drop(network.rectifiers());
    // A loop may run for as long as it says, which is no fault of who runs it.
    if network.nodes().iter().any(|node| node.operator == "Loop") {
        return;
    }
    let inputs: Option<Vec<TensorData>> = network.inputs().iter().map(ones).collect();
    if let Some(inputs) = inputs {
        drop(network.run(inputs));
    }
});

/// What an input is given: ones of its shape, a sample where the file leaves a size open.
fn ones(input: &Input) -> Option<TensorData> {
    let sizes = input.shape.iter().map(|size| size.unwrap_or(1));
    let shape: Vec<usize> = sizes.collect();
    let count = shape
        .iter()
        .try_fold(1_usize, |all, &size| all.checked_mul(size));
    let count = count.filter(|&count| count <= MOST_NUMBERS)?;
    Some(match input.dtype {
        DType::I64 => TensorData::new(vec![1_i64; count], shape),
        DType::F64 => TensorData::new(vec![1_f64; count], shape),
        kind if kind.is_bool() => TensorData::new(vec![true; count], shape),
        _ => TensorData::new(vec![1_f32; count], shape),
    })
}
