//! Elements as a file holds them, turned into the type that a network wants.
//!
//! Floats are rounded to the nearest value of the wanted float type; a finite value that would
//! become infinite is refused. Integers and booleans given for a float are refused unless they
//! are converted exactly, and integers given for another integer type unless it holds them.

use std::fmt::Display;

use burn::tensor::{BoolStore, DType, TensorData};
use half::{bf16, f16};

/// The type in the file and the type that is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub from: DType,
    pub to: DType,
}

/// An element that the wanted type cannot hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Which element, counted from 0 in C order.
    pub position: usize,
    pub value: String,
    /// What the user can do.
    pub advice: &'static str,
}

/// NumPy's name of an element type.
pub(crate) fn dtype_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F64 => "float64",
        DType::F32 | DType::Flex32 => "float32",
        DType::F16 => "float16",
        DType::BF16 => "bfloat16",
        DType::I64 => "int64",
        DType::I32 => "int32",
        DType::I16 => "int16",
        DType::I8 => "int8",
        DType::U64 => "uint64",
        DType::U32 => "uint32",
        DType::U16 => "uint16",
        DType::U8 => "uint8",
        DType::Bool(_) => "bool",
        DType::QFloat(_) => "quantised",
    }
}

/// Whether data of the type `from` can stand for data of the type `to` without changing what they
/// mean: floats, integers and booleans for a float, integers and booleans for an integer, booleans
/// for a boolean.
pub(super) fn compatible(layout: Layout) -> bool {
    match layout.to {
        DType::Bool(BoolStore::Native) => is_bool(layout.from),
        to if is_float(to) => true,
        to => is_integer(to) && !is_float(layout.from),
    }
}

/// Whether data can be given in this type at all.
pub(super) fn supported(dtype: DType) -> bool {
    is_float(dtype) || is_integer(dtype) || is_bool(dtype)
}

fn is_float(dtype: DType) -> bool {
    matches!(dtype, DType::F64 | DType::F32 | DType::F16 | DType::BF16)
}

pub(super) fn is_integer(dtype: DType) -> bool {
    dtype.is_int() || dtype.is_uint()
}

pub(super) fn is_bool(dtype: DType) -> bool {
    dtype == DType::Bool(BoolStore::Native)
}

/// The elements of a byte slice in this machine's byte order.
macro_rules! elements {
    ($bytes:expr, $element:ty) => {
        $bytes
            .as_chunks::<{ size_of::<$element>() }>()
            .0
            .iter()
            .map(|bytes| <$element>::from_ne_bytes(*bytes))
    };
}

/// Elements in this machine's byte order as a tensor of the wanted type.
///
/// # Panics
///
/// Where the two types are not [`compatible`], or the bytes do not fill the shape.
pub(super) fn tensor(bytes: &[u8], shape: &[usize], layout: Layout) -> Result<TensorData, Misfit> {
    let shape = shape.to_vec();
    if layout.from == layout.to {
        return Ok(unchanged(bytes, shape, layout.to));
    }
    match layout.to {
        DType::F64 => narrow(bytes, layout.from, |v| v, |v| v).map(|v| TensorData::new(v, shape)),
        DType::F32 => {
            narrow(bytes, layout.from, |v| v as f32, f64::from).map(|v| TensorData::new(v, shape))
        }
        DType::F16 => {
            narrow(bytes, layout.from, f16::from_f64, f64::from).map(|v| TensorData::new(v, shape))
        }
        DType::BF16 => {
            narrow(bytes, layout.from, bf16::from_f64, f64::from).map(|v| TensorData::new(v, shape))
        }
        DType::I64 => integers::<i64>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        DType::I32 => integers::<i32>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        DType::I16 => integers::<i16>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        DType::I8 => integers::<i8>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        DType::U64 => integers::<u64>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        DType::U32 => integers::<u32>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        DType::U16 => integers::<u16>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        DType::U8 => integers::<u8>(bytes, layout.from).map(|v| TensorData::new(v, shape)),
        other => unreachable!("{} is refused beforehand", dtype_name(other)),
    }
}

fn unchanged(bytes: &[u8], shape: Vec<usize>, dtype: DType) -> TensorData {
    macro_rules! as_they_are {
        ($element:ty) => {
            TensorData::new(elements!(bytes, $element).collect::<Vec<_>>(), shape)
        };
    }
    match dtype {
        DType::F64 => as_they_are!(f64),
        DType::F32 => as_they_are!(f32),
        DType::F16 => as_they_are!(f16),
        DType::BF16 => as_they_are!(bf16),
        DType::I64 => as_they_are!(i64),
        DType::I32 => as_they_are!(i32),
        DType::I16 => as_they_are!(i16),
        DType::I8 => as_they_are!(i8),
        DType::U64 => as_they_are!(u64),
        DType::U32 => as_they_are!(u32),
        DType::U16 => as_they_are!(u16),
        DType::U8 => as_they_are!(u8),
        // A byte other than 0 and 1 is true, as it is to NumPy.
        DType::Bool(_) => TensorData::new(bytes.iter().map(|&b| b != 0).collect::<Vec<_>>(), shape),
        other => unreachable!("{} is refused beforehand", dtype_name(other)),
    }
}

/// Float elements of the wanted type, by way of `f64`, which holds every float and every integer
/// of up to 53 bits exactly.
fn narrow<T: Copy>(
    bytes: &[u8],
    from: DType,
    to: impl Fn(f64) -> T,
    back: impl Fn(T) -> f64,
) -> Result<Vec<T>, Misfit> {
    if matches!(from, DType::I64 | DType::U64) {
        return narrow_long_integers(bytes, from, to, back);
    }
    let wide = widen(bytes, from);
    let narrow: Vec<T> = wide.iter().map(|&value| to(value)).collect();
    let mut pairs = wide.iter().zip(&narrow);
    if is_float(from) {
        match pairs.position(|(wide, &narrow)| wide.is_finite() && !back(narrow).is_finite()) {
            Some(position) => Err(Misfit {
                position,
                value: format!("{:?}", wide[position]),
                advice: ": it would become infinite; scale the data",
            }),
            None => Ok(narrow),
        }
    } else {
        match pairs.position(|(&wide, &narrow)| back(narrow) != wide) {
            Some(position) => Err(inexact(position, wide[position])),
            None => Ok(narrow),
        }
    }
}

fn inexact(position: usize, value: impl Display) -> Misfit {
    Misfit {
        position,
        value: value.to_string(),
        advice: " exactly; store the array as floats if rounding is meant",
    }
}

/// Integers of 64 bits, which `f64` may not hold.
fn narrow_long_integers<T: Copy>(
    bytes: &[u8],
    from: DType,
    to: impl Fn(f64) -> T,
    back: impl Fn(T) -> f64,
) -> Result<Vec<T>, Misfit> {
    let mut floats = Vec::with_capacity(bytes.len() / from.size());
    for_each_integer(bytes, from, |position, value| {
        let float = to(value as f64);
        floats.push(float);
        match back(float) as i128 == value {
            true => Ok(()),
            false => Err(inexact(position, value)),
        }
    })?;
    Ok(floats)
}

/// Elements of a type whose every value `f64` holds.
fn widen(bytes: &[u8], from: DType) -> Vec<f64> {
    match from {
        DType::F64 => elements!(bytes, f64).collect(),
        DType::F32 => elements!(bytes, f32).map(f64::from).collect(),
        DType::F16 => elements!(bytes, f16).map(f64::from).collect(),
        DType::BF16 => elements!(bytes, bf16).map(f64::from).collect(),
        DType::I32 => elements!(bytes, i32).map(f64::from).collect(),
        DType::I16 => elements!(bytes, i16).map(f64::from).collect(),
        DType::I8 => elements!(bytes, i8).map(f64::from).collect(),
        DType::U32 => elements!(bytes, u32).map(f64::from).collect(),
        DType::U16 => elements!(bytes, u16).map(f64::from).collect(),
        DType::U8 => bytes.iter().map(|&value| f64::from(value)).collect(),
        DType::Bool(_) => bytes.iter().map(|&value| f64::from(value != 0)).collect(),
        other => unreachable!("{} is wider than float64", dtype_name(other)),
    }
}

fn integers<T: TryFrom<i128>>(bytes: &[u8], from: DType) -> Result<Vec<T>, Misfit> {
    let mut integers = Vec::with_capacity(bytes.len() / from.size());
    for_each_integer(bytes, from, |position, value| match T::try_from(value) {
        Ok(integer) => {
            integers.push(integer);
            Ok(())
        }
        Err(_) => Err(Misfit {
            position,
            value: value.to_string(),
            advice: "",
        }),
    })?;
    Ok(integers)
}

/// Visits integers or booleans, each with its position.
pub(super) fn for_each_integer<E>(
    bytes: &[u8],
    dtype: DType,
    mut visit: impl FnMut(usize, i128) -> Result<(), E>,
) -> Result<(), E> {
    macro_rules! each {
        ($element:ty) => {
            elements!(bytes, $element)
                .enumerate()
                .try_for_each(|(position, value)| visit(position, i128::from(value)))
        };
    }
    match dtype {
        DType::I64 => each!(i64),
        DType::I32 => each!(i32),
        DType::I16 => each!(i16),
        DType::I8 => each!(i8),
        DType::U64 => each!(u64),
        DType::U32 => each!(u32),
        DType::U16 => each!(u16),
        DType::U8 => each!(u8),
        DType::Bool(_) => (bytes.iter().enumerate())
            .try_for_each(|(position, &value)| visit(position, i128::from(value != 0))),
        other => unreachable!("{} is no integer type", dtype_name(other)),
    }
}

/// What a part of an array holds that is not finite.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NotFinite {
    pub nan: u64,
    pub infinite: u64,
    /// The first of them, counted from 0 in C order.
    pub first: Option<usize>,
}

/// Counts what is NaN or infinite.
pub(super) fn not_finite(data: &TensorData) -> NotFinite {
    fn count<T: Copy>(
        values: Option<&[T]>,
        finite: impl Fn(T) -> bool,
        nan: impl Fn(T) -> bool,
    ) -> NotFinite {
        let values = values.unwrap_or_default();
        // One plain pass for the usual case, where there is nothing to find.
        if values.iter().fold(true, |all, &value| all & finite(value)) {
            return NotFinite::default();
        }
        let nans = values.iter().filter(|&&value| nan(value)).count() as u64;
        let all = values.iter().filter(|&&value| !finite(value)).count() as u64;
        NotFinite {
            nan: nans,
            infinite: all - nans,
            first: values.iter().position(|&value| !finite(value)),
        }
    }
    match data.dtype() {
        DType::F64 => count(data.as_slice::<f64>().ok(), f64::is_finite, f64::is_nan),
        DType::F32 => count(data.as_slice::<f32>().ok(), f32::is_finite, f32::is_nan),
        DType::F16 => count(data.as_slice::<f16>().ok(), f16::is_finite, f16::is_nan),
        DType::BF16 => count(data.as_slice::<bf16>().ok(), bf16::is_finite, bf16::is_nan),
        _ => NotFinite::default(),
    }
}

#[cfg(test)]
mod tests;
