//! Whatever bytes a file holds, opening and running it ends in a network or in a reason.
//!
//! Sound files are changed at random, many times in a row: bytes, whole pieces, and the numbers that a
//! message of ONNX is made of. `FUZZ_SECONDS=3600 cargo test --release -p leaky-onnx --test any_file` does
//! so for an hour, each time with other changes, and names the seed of a file that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use burn::backend::{DispatchDevice, FlexDevice};
use burn::tensor::{DType, TensorData};
use leaky_onnx::{Model, Network};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// How many changed files are opened where no time is given.
const FILES: u64 = 600;

/// Changes some bytes: one by another, a piece by a piece from elsewhere, or leaves a piece out.
fn changed(bytes: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..8) {
        if bytes.is_empty() {
            break;
        }
        let place = random.random_range(0..bytes.len());
        let length = random.random_range(1..16).min(bytes.len() - place);
        match random.random_range(0..5) {
            0 => bytes[place] = random.random(),
            1 => bytes[place] ^= 1 << random.random_range(0..8),
            2 => drop(bytes.drain(place..place + length)),
            3 => {
                let piece = bytes[place..place + length].to_vec();
                let to = random.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
            // A number of several bytes grows beyond all bounds.
            _ => bytes[place..place + length].fill(0xff),
        }
    }
    bytes
}

/// Opens bytes as a model, and runs it once on zeros and once on ones of its shapes.
fn open(bytes: &[u8]) {
    let cpu: DispatchDevice = FlexDevice.into();
    let Ok(model) = Model::from_bytes(bytes) else {
        return;
    };
    let Ok(network) = Network::new(&model, &cpu) else {
        return;
    };
    drop(network.rectifiers());
    let shape = |shape: &[Option<usize>]| -> Vec<usize> {
        shape.iter().map(|size| size.unwrap_or(1)).collect()
    };
    let shapes: Vec<Vec<usize>> = network.inputs().iter().map(|i| shape(&i.shape)).collect();
    let count = |shape: &Vec<usize>| shape.iter().try_fold(1_usize, |n, &s| n.checked_mul(s));
    if !shapes.iter().all(|s| count(s).is_some_and(|n| n < 1 << 16)) {
        return;
    }
    for number in [0.0, 1.0] {
        let inputs = network.inputs().iter().zip(&shapes);
        let inputs = inputs.map(|(input, shape)| {
            let count: usize = shape.iter().product();
            let dtype = if input.dtype == DType::F64 {
                DType::F64
            } else {
                DType::F32
            };
            let numbers = TensorData::new(vec![number as f32; count], shape.as_slice());
            match input.dtype {
                DType::I64 => numbers.convert_dtype(DType::I64),
                kind if kind.is_bool() => {
                    TensorData::new(vec![number > 0.0; count], shape.as_slice())
                }
                _ => numbers.convert_dtype(dtype),
            }
        });
        drop(network.run(inputs.collect()));
    }
    if let Ok(written) = model.to_bytes() {
        assert!(
            Model::from_bytes(&written).is_ok(),
            "it reads what it wrote"
        );
    }
}

fn sound_files() -> Vec<PathBuf> {
    let folders = ["gradients", "control-flow", "born-dead"];
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let files = folders.iter().flat_map(|folder| {
        std::fs::read_dir(fixtures.join(folder))
            .expect("the fixtures")
            .map(|entry| entry.expect("an entry").path())
    });
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "onnx"))
        .collect();
    files.sort();
    files
}

#[test]
fn no_bytes_make_reading_or_running_a_network_panic() {
    let files: Vec<Vec<u8>> = sound_files()
        .iter()
        .map(|path| std::fs::read(path).expect("a fixture"))
        .collect();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut failures = Vec::new();
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let seconds: Option<u64> = seconds.and_then(|text| text.parse().ok());
    let start = Instant::now();
    // Without a time the files are the same in every run.
    let first = seconds.map_or(0, |_| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(0, |since| since.as_secs() << 24)
    });
    for seed in first.. {
        let over = match seconds {
            Some(seconds) => start.elapsed() > Duration::from_secs(seconds),
            None => seed >= FILES,
        };
        if over {
            break;
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let file = &files[random.random_range(0..files.len())];
        let bytes = changed(file, &mut random);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| open(&bytes))) {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or(panic.downcast_ref::<&str>().map(|m| (*m).to_owned()));
            failures.push(format!("seed {seed}: {}", message.unwrap_or_default()));
        }
    }
    std::panic::set_hook(hook);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
