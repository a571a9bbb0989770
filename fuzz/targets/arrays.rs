//! Whatever bytes a file holds: arrays from which batches are read, or a reason.

#![no_main]

use burn::tensor::DType;
use leaky_cure::data::{Arrays, ExpectedInput};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(arrays) = Arrays::from_bytes("file", bytes.to_vec()) else {
        return;
    };
    for axes in 1..4 {
        for dtype in [DType::F32, DType::I64] {
            let input = ExpectedInput {
                samples: Some(0),
                ranked: true,
                name: "x".to_owned(),
                shape: vec![None; axes],
                dtype,
            };
            let Ok(data) = arrays.dataset(&[input]) else {
                continue;
            };
            let last = data.samples() - 1;
            let batch = data
                .batch(&[last, 0])
                .expect("the whole array was read before");
            assert_eq!(batch[0].shape()[0], 2);
        }
    }
});
