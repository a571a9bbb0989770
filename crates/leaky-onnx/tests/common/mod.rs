//! What the tests against fixtures share: reading arrays, and comparing them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::backend::{DispatchDevice, FlexDevice};
use burn::tensor::TensorData;
use safetensors::{Dtype, SafeTensors};

/// A file of the repository's fixtures.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(path)
}

/// The CPU.
pub fn cpu() -> DispatchDevice {
    FlexDevice.into()
}

/// The arrays of a file, by name. Integers of every width become `i64`, half precision `f32`.
pub fn arrays(path: &Path) -> BTreeMap<String, TensorData> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let read = |(name, view): (String, safetensors::tensor::TensorView)| {
        let shape = view.shape().to_vec();
        let bytes = view.data();
        macro_rules! numbers {
            ($stored:ty as $held:ty) => {
                TensorData::new(
                    bytes
                        .chunks_exact(size_of::<$stored>())
                        .map(|b| <$stored>::from_le_bytes(b.try_into().expect("a chunk")) as $held)
                        .collect::<Vec<$held>>(),
                    shape,
                )
            };
        }
        let data = match view.dtype() {
            Dtype::F32 => numbers!(f32 as f32),
            Dtype::F64 => numbers!(f64 as f64),
            Dtype::I64 => numbers!(i64 as i64),
            Dtype::I32 => numbers!(i32 as i64),
            Dtype::U8 => numbers!(u8 as i64),
            Dtype::BOOL => TensorData::new(bytes.iter().map(|&b| b != 0).collect(), shape),
            Dtype::F16 => TensorData::new(
                bytes
                    .chunks_exact(2)
                    .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32())
                    .collect::<Vec<f32>>(),
                shape,
            ),
            other => panic!("{name} holds {other:?}"),
        };
        (name, data)
    };
    file.tensors().into_iter().map(read).collect()
}

/// The arrays whose names begin with `prefix`, without it.
pub fn with_prefix<'a>(
    arrays: &'a BTreeMap<String, TensorData>,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a str, &'a TensorData)> {
    arrays
        .iter()
        .filter_map(move |(name, data)| Some((name.strip_prefix(prefix)?, data)))
}

/// How far an array is from the expected one: `None` where they agree to `relative` (and to a
/// hundredth of that of the largest element, for what cancels), else what differs.
pub fn difference(found: &TensorData, expected: &TensorData, relative: f64) -> Option<String> {
    if found.shape() != expected.shape() {
        return Some(format!(
            "shape {:?}, expected {:?}",
            found.shape(),
            expected.shape()
        ));
    }
    let wanted: Vec<f64> = expected.iter::<f64>().collect();
    let largest = wanted
        .iter()
        .filter(|v| v.is_finite())
        .fold(0.0, |most: f64, v| most.max(v.abs()));
    found
        .iter::<f64>()
        .zip(wanted)
        .enumerate()
        .find_map(|(index, (found, wanted))| {
            let allowed = relative * (wanted.abs() + 0.01 * largest) + f64::MIN_POSITIVE;
            let agrees = found == wanted
                || (found.is_nan() && wanted.is_nan())
                || (found - wanted).abs() <= allowed;
            (!agrees).then(|| format!("element {index} is {found}, expected {wanted}"))
        })
}
