//! Networks and samples as Python has them.

use std::path::PathBuf;
use std::sync::Arc;

use half::{bf16, f16};
use leaky_cure::data::{Arrays, DType, Element, MemoryArray};
use leaky_onnx::Model;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;

use crate::answers::refused;
use crate::arrays::Held;

/// A network: the bytes of an ONNX file, or where one lies.
#[derive(FromPyObject)]
pub(crate) enum Source {
    Bytes(PyBackedBytes),
    Path(PathBuf),
}

impl Source {
    /// The network, and the files that it was read from.
    pub(crate) fn open(self) -> PyResult<(Model, Vec<PathBuf>)> {
        let network = |error: leaky_onnx::Error| match error {
            leaky_onnx::Error::Io { .. } => PyOSError::new_err(error.to_string()),
            error => refused(error),
        };
        match self {
            Self::Bytes(bytes) => Ok((Model::from_bytes(&bytes).map_err(network)?, Vec::new())),
            Self::Path(path) => {
                let model = Model::read(&path).map_err(network)?;
                let mut files = model.external_files();
                files.push(path);
                Ok((model, files))
            }
        }
    }
}

/// The arrays of a dictionary, where they stand.
pub(crate) fn arrays(dictionary: &Bound<'_, PyDict>) -> PyResult<Arrays> {
    let mut found = Vec::new();
    for (name, array) in dictionary {
        let name: String = name.extract()?;
        let (held, shape, kind) = Held::of(&array)
            .ok_or_else(|| PyTypeError::new_err(format!("`{name}` is no array without gaps")))?;
        let dtype = element(&kind)
            .ok_or_else(|| PyTypeError::new_err(format!("`{name}` is an array of {kind}")))?;
        found.push(MemoryArray::shared(&name, dtype, &shape, Arc::new(held)).map_err(refused)?);
    }
    Arrays::in_memory(found).map_err(refused)
}

fn element(kind: &str) -> Option<DType> {
    Some(match kind {
        "float64" => f64::DTYPE,
        "float32" => f32::DTYPE,
        "float16" => f16::DTYPE,
        "bfloat16" => bf16::DTYPE,
        "int64" | "longlong" => i64::DTYPE,
        "int32" | "intc" => i32::DTYPE,
        "int16" => i16::DTYPE,
        "int8" => i8::DTYPE,
        "uint64" | "ulonglong" => u64::DTYPE,
        "uint32" | "uintc" => u32::DTYPE,
        "uint16" => u16::DTYPE,
        "uint8" => u8::DTYPE,
        "bool" | "bool_" => bool::DTYPE,
        _ => return None,
    })
}
