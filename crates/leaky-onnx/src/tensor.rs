//! Tensors as they lie in a file, and as host arrays.
//!
//! A network computes in `float32`, or in `float64` where the file holds `float64`: half precision
//! numbers are widened when they are read and rounded once when they are written back. Every
//! integer type is held as `int64`.

use std::path::{Path, PathBuf};

use burn::tensor::{BoolStore, DType, Element, TensorData};
use half::{bf16, f16};
use protobuf::{Enum, Message};

use crate::error::{Error, Result};
use crate::proto::TensorProto;
use crate::proto::tensor_proto::{DataLocation, DataType};

/// What kind of numbers a tensor in the file holds.
///
/// # Errors
///
/// Names the type when this crate does not compute with it.
pub(crate) fn data_type(value: i32) -> std::result::Result<DataType, String> {
    match DataType::from_i32(value) {
        Some(
            known @ (DataType::FLOAT
            | DataType::DOUBLE
            | DataType::FLOAT16
            | DataType::BFLOAT16
            | DataType::INT8
            | DataType::INT16
            | DataType::INT32
            | DataType::INT64
            | DataType::UINT8
            | DataType::UINT16
            | DataType::UINT32
            | DataType::UINT64
            | DataType::BOOL),
        ) => Ok(known),
        Some(other) => Err(format!("element type {other:?} is not supported")),
        None => Err(format!("element type number {value} is not known to ONNX")),
    }
}

/// The type in which this crate computes with elements of an ONNX type.
pub(crate) fn compute_type(stored: DataType) -> DType {
    match stored {
        DataType::FLOAT | DataType::FLOAT16 | DataType::BFLOAT16 => DType::F32,
        DataType::DOUBLE => DType::F64,
        DataType::BOOL => DType::Bool(BoolStore::Native),
        _ => DType::I64,
    }
}

/// Bytes of one element in `raw_data`.
fn element_size(stored: DataType) -> usize {
    match stored {
        DataType::DOUBLE | DataType::INT64 | DataType::UINT64 => 8,
        DataType::FLOAT | DataType::INT32 | DataType::UINT32 => 4,
        DataType::FLOAT16 | DataType::BFLOAT16 | DataType::INT16 | DataType::UINT16 => 2,
        _ => 1,
    }
}

/// The dimensions of a tensor, checked to be sizes whose product can be addressed.
pub(crate) fn dimensions(proto: &TensorProto) -> std::result::Result<Vec<usize>, String> {
    let shape = proto
        .dims
        .iter()
        .map(|&d| usize::try_from(d).map_err(|_| format!("dimension {d} is negative")))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    shape
        .iter()
        .try_fold(1_usize, |n, &d| n.checked_mul(d))
        .and_then(|n| n.checked_mul(8))
        .ok_or_else(|| format!("its shape {shape:?} is larger than memory can be"))?;
    Ok(shape)
}

/// Reads a tensor of the file into a host array; `folder` is where external data lies.
pub(crate) fn read(proto: &TensorProto, folder: &Path) -> Result<TensorData> {
    let wrong = |reason: String| Error::Tensor {
        name: proto.name().to_owned(),
        reason,
    };
    let stored = data_type(proto.data_type()).map_err(wrong)?;
    let shape = dimensions(proto).map_err(wrong)?;
    let count: usize = shape.iter().product();
    let external;
    let raw = if proto.data_location() == DataLocation::EXTERNAL {
        external = read_external(proto, folder, count * element_size(stored))?;
        Some(external.as_slice())
    } else {
        proto.raw_data.as_deref()
    };
    let data = match raw {
        Some(raw) => from_raw(raw, stored, &shape),
        None => from_fields(proto, stored, &shape),
    };
    data.map_err(wrong)
}

/// Reads a tensor from the bytes of a file that holds nothing else, as ONNX's tests keep their data:
/// its name, and its numbers in the type that a network computes with.
///
/// # Errors
///
/// If the bytes are not a tensor, or its element type is not supported.
pub fn read_tensor(bytes: &[u8]) -> Result<(String, TensorData)> {
    let proto = TensorProto::parse_from_bytes(bytes)
        .map_err(|error| Error::Invalid(format!("the bytes are not a tensor: {error}")))?;
    let data = read(&proto, Path::new(""))?;
    Ok((proto.name().to_owned(), data))
}

/// A host array of `values`, which must be as many as the shape says.
fn array<T: Element>(values: Vec<T>, shape: &[usize]) -> std::result::Result<TensorData, String> {
    let expected: usize = shape.iter().product();
    if values.len() != expected {
        return Err(format!(
            "its shape {shape:?} asks for {expected} elements, the file holds {}",
            values.len()
        ));
    }
    Ok(TensorData::new(values, shape))
}

fn from_raw(
    raw: &[u8],
    stored: DataType,
    shape: &[usize],
) -> std::result::Result<TensorData, String> {
    let expected = shape.iter().product::<usize>() * element_size(stored);
    if raw.len() != expected {
        return Err(format!(
            "its shape {shape:?} asks for {expected} bytes of {stored:?}, the file holds {}",
            raw.len()
        ));
    }
    macro_rules! numbers {
        ($stored:ty as $held:ty) => {
            array(
                elements(raw, <$stored>::from_le_bytes)
                    .map(<$held>::from)
                    .collect(),
                shape,
            )
        };
    }
    match stored {
        DataType::FLOAT => numbers!(f32 as f32),
        DataType::DOUBLE => numbers!(f64 as f64),
        DataType::FLOAT16 => numbers!(f16 as f32),
        DataType::BFLOAT16 => numbers!(bf16 as f32),
        DataType::INT8 => numbers!(i8 as i64),
        DataType::INT16 => numbers!(i16 as i64),
        DataType::INT32 => numbers!(i32 as i64),
        DataType::INT64 => numbers!(i64 as i64),
        DataType::UINT8 => numbers!(u8 as i64),
        DataType::UINT16 => numbers!(u16 as i64),
        DataType::UINT32 => numbers!(u32 as i64),
        DataType::UINT64 => array(
            elements(raw, u64::from_le_bytes)
                .map(signed)
                .collect::<std::result::Result<_, _>>()?,
            shape,
        ),
        _ => array(raw.iter().map(|&byte| byte != 0).collect(), shape),
    }
}

/// The elements of a tensor that lie in the typed fields of the message.
fn from_fields(
    proto: &TensorProto,
    stored: DataType,
    shape: &[usize],
) -> std::result::Result<TensorData, String> {
    let half_bits = || proto.int32_data.iter().map(|&bits| bits as u16);
    match stored {
        DataType::FLOAT => array(proto.float_data.clone(), shape),
        DataType::DOUBLE => array(proto.double_data.clone(), shape),
        DataType::INT64 => array(proto.int64_data.clone(), shape),
        DataType::UINT32 | DataType::UINT64 => {
            let values = proto.uint64_data.iter().map(|&v| signed(v));
            array(values.collect::<std::result::Result<_, _>>()?, shape)
        }
        DataType::FLOAT16 => array(
            half_bits().map(|b| f16::from_bits(b).to_f32()).collect(),
            shape,
        ),
        DataType::BFLOAT16 => array(
            half_bits().map(|b| bf16::from_bits(b).to_f32()).collect(),
            shape,
        ),
        DataType::BOOL => array(proto.int32_data.iter().map(|&v| v != 0).collect(), shape),
        _ => array(
            proto.int32_data.iter().map(|&v| i64::from(v)).collect(),
            shape,
        ),
    }
}

fn elements<'a, T: 'a, const N: usize>(
    raw: &'a [u8],
    decode: fn([u8; N]) -> T,
) -> impl Iterator<Item = T> + 'a {
    raw.as_chunks::<N>()
        .0
        .iter()
        .map(move |bytes| decode(*bytes))
}

fn signed(value: u64) -> std::result::Result<i64, String> {
    i64::try_from(value)
        .map_err(|_| format!("the number {value} is too large for a signed integer"))
}

/// Reads the bytes of a tensor that the message keeps in a file of its own.
fn read_external(proto: &TensorProto, folder: &Path, expected: usize) -> Result<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};

    let wrong = |reason: String| Error::Tensor {
        name: proto.name().to_owned(),
        reason,
    };
    let field = |key: &str| {
        proto
            .external_data
            .iter()
            .find(|entry| entry.key() == key)
            .map(|entry| entry.value())
    };
    let number = |key: &str| {
        field(key)
            .map(|text| {
                text.parse::<u64>()
                    .map_err(|_| wrong(format!("external data: {key} '{text}' is not a number")))
            })
            .transpose()
    };
    let location =
        field("location").ok_or_else(|| wrong("external data without a location".into()))?;
    let relative = PathBuf::from(location);
    let stays_inside = relative.components().all(|part| {
        matches!(
            part,
            std::path::Component::Normal(_) | std::path::Component::CurDir
        )
    });
    if !stays_inside {
        return Err(wrong(format!(
            "external data at '{location}' lies outside of the model's folder: refused"
        )));
    }
    let offset = number("offset")?.unwrap_or(0);
    if let Some(length) = number("length")?
        && length != expected as u64
    {
        return Err(wrong(format!(
            "external data: its shape asks for {expected} bytes, its length says {length}"
        )));
    }
    let path = folder.join(relative);
    let io = |source| Error::Io {
        path: path.clone(),
        source,
    };
    // A symbolic link may lead anywhere.
    let resolved = |path: &Path| Path::new(".").join(path).canonicalize();
    if let (Ok(target), Ok(folder)) = (resolved(&path), resolved(folder))
        && !target.starts_with(folder)
    {
        return Err(wrong(format!(
            "external data at '{location}' is a link that leads outside of the model's folder: refused"
        )));
    }
    let mut file = std::fs::File::open(&path).map_err(|source| {
        wrong(format!(
            "its external data file {} cannot be opened: {source}",
            path.display()
        ))
    })?;
    let available = file.metadata().map_err(io)?.len();
    if offset
        .checked_add(expected as u64)
        .is_none_or(|end| end > available)
    {
        return Err(wrong(format!(
            "its external data file {} holds {available} bytes, {expected} from byte {offset} on are needed",
            path.display()
        )));
    }
    file.seek(SeekFrom::Start(offset)).map_err(io)?;
    let mut bytes = vec![0; expected];
    file.read_exact(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Replaces the numbers of a float tensor in the message, keeping its type, its name, its
/// documentation and the field its numbers lie in. External data moves into the message.
pub(crate) fn write(proto: &mut TensorProto, data: &TensorData) -> Result<()> {
    let wrong = |reason: String| Error::Tensor {
        name: proto.name().to_owned(),
        reason,
    };
    let stored = data_type(proto.data_type()).map_err(wrong)?;
    let shape = dimensions(proto).map_err(wrong)?;
    if data.shape().as_slice() != shape {
        return Err(wrong(format!(
            "has shape {shape:?}, the new numbers have {:?}",
            data.shape()
        )));
    }
    let typed = proto.raw_data.is_none() && proto.data_location() != DataLocation::EXTERNAL;
    match stored {
        DataType::FLOAT if typed => proto.float_data = values::<f32>(data),
        DataType::DOUBLE if typed => proto.double_data = values::<f64>(data),
        DataType::FLOAT16 if typed => {
            proto.int32_data = values::<f32>(data)
                .into_iter()
                .map(|v| i32::from(f16::from_f32(v).to_bits()))
                .collect();
        }
        DataType::BFLOAT16 if typed => {
            proto.int32_data = values::<f32>(data)
                .into_iter()
                .map(|v| i32::from(bf16::from_f32(v).to_bits()))
                .collect();
        }
        DataType::FLOAT => set_raw(
            proto,
            values::<f32>(data)
                .into_iter()
                .flat_map(f32::to_le_bytes)
                .collect(),
        ),
        DataType::DOUBLE => set_raw(
            proto,
            values::<f64>(data)
                .into_iter()
                .flat_map(f64::to_le_bytes)
                .collect(),
        ),
        DataType::FLOAT16 => {
            set_raw(
                proto,
                values::<f32>(data)
                    .into_iter()
                    .flat_map(|v| f16::from_f32(v).to_le_bytes())
                    .collect(),
            );
        }
        DataType::BFLOAT16 => {
            set_raw(
                proto,
                values::<f32>(data)
                    .into_iter()
                    .flat_map(|v| bf16::from_f32(v).to_le_bytes())
                    .collect(),
            );
        }
        other => {
            return Err(wrong(format!(
                "holds {other:?}: only float tensors are trained"
            )));
        }
    }
    Ok(())
}

/// Makes the message carry the bytes of a tensor itself.
pub(crate) fn set_raw(proto: &mut TensorProto, bytes: Vec<u8>) {
    proto.raw_data = Some(bytes);
    proto.data_location = None;
    proto.external_data.clear();
}

/// The bytes of a tensor that lies outside of the message.
pub(crate) fn external_bytes(proto: &TensorProto, folder: &Path) -> Result<Vec<u8>> {
    let wrong = |reason: String| Error::Tensor {
        name: proto.name().to_owned(),
        reason,
    };
    let stored = data_type(proto.data_type()).map_err(wrong)?;
    let count: usize = dimensions(proto).map_err(wrong)?.iter().product();
    read_external(proto, folder, count * element_size(stored))
}

/// The elements of a host array as one Rust type.
pub(crate) fn values<T: Element>(data: &TensorData) -> Vec<T> {
    data.iter::<T>().collect()
}
