//! Arrays in a `.safetensors` file.
//!
//! Only the header is read, by the format's own crate; elements are taken by position afterwards.

use std::sync::Arc;

use burn::tensor::{BoolStore, DType};
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::entry::{Entry, Place};
use super::error::DataError;
use super::storage::Storage;
use crate::text::printable;

/// The format's own limit on the header.
const MAX_HEADER: u64 = 100_000_000;

/// The bytes before the header: its length.
const PREFIX: u64 = 8;

/// Lists the arrays of the file, in the order of their bytes.
pub(super) fn list(storage: &Arc<Storage>) -> Result<Vec<Entry>, DataError> {
    let mut prefix = [0; PREFIX as usize];
    storage.read_at(0, &mut prefix)?;
    let length = u64::from_le_bytes(prefix);
    let held = storage.len() - PREFIX;
    if length > held.min(MAX_HEADER) {
        return Err(storage.damaged(format!(
            "its header claims {length} bytes, but {held} bytes follow"
        )));
    }
    let mut text = vec![0; length as usize];
    storage.read_at(PREFIX, &mut text)?;
    let metadata: Metadata = serde_json::from_slice(&text)
        .map_err(|error| storage.damaged(format!("its header does not hold together ({error})")))?;
    let start = PREFIX + length;
    let (described, held) = (metadata.data_len() as u64, storage.len() - start);
    if described != held {
        return Err(storage.damaged(format!(
            "its header describes {described} bytes of arrays, but it holds {held}"
        )));
    }
    let entries = metadata.offset_keys().into_iter().filter_map(|name| {
        let info = metadata.info(&name)?;
        Some(Entry {
            name: printable(&name),
            dtype: element_type(info.dtype).ok_or_else(|| info.dtype.to_string()),
            big_endian: false,
            fortran_order: false,
            shape: info.shape.clone(),
            storage: storage.clone(),
            place: Place::Plain {
                offset: start + info.data_offsets.0 as u64,
            },
        })
    });
    Ok(entries.collect())
}

/// Whether a file of unknown kind begins like a `.safetensors` file: a length that fits, then an
/// object.
pub(super) fn begins(storage: &Storage) -> bool {
    let mut start = [0; PREFIX as usize + 1];
    storage.read_at(0, &mut start).is_ok() && start[PREFIX as usize] == b'{'
}

/// The element type, where it is one that networks compute with.
fn element_type(dtype: Dtype) -> Option<DType> {
    Some(match dtype {
        Dtype::BOOL => DType::Bool(BoolStore::Native),
        Dtype::U8 => DType::U8,
        Dtype::I8 => DType::I8,
        Dtype::I16 => DType::I16,
        Dtype::U16 => DType::U16,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I32 => DType::I32,
        Dtype::U32 => DType::U32,
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        Dtype::I64 => DType::I64,
        Dtype::U64 => DType::U64,
        _ => return None,
    })
}
