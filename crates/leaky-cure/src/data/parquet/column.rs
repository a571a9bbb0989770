//! A column of a Parquet file: what it holds, and its numbers.

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::Result;
use parquet::schema::types::ColumnDescriptor;

/// The next numbers of a column, and where the first is missing.
pub(super) fn numbers(
    reader: &mut ColumnReader,
    column: &ColumnDescriptor,
    count: usize,
) -> Result<(Vec<f64>, Option<usize>)> {
    let unsigned = match column.logical_type_ref() {
        Some(LogicalType::Integer(integer)) => !integer.is_signed,
        _ => matches!(
            column.converted_type(),
            ConvertedType::UINT_32 | ConvertedType::UINT_64
        ),
    };
    match reader {
        ColumnReader::BoolColumnReader(reader) => {
            next(reader, count, |&flag| f64::from(u8::from(flag)))
        }
        ColumnReader::Int32ColumnReader(reader) => match unsigned {
            true => next(reader, count, |&number| f64::from(number as u32)),
            false => next(reader, count, |&number| f64::from(number)),
        },
        ColumnReader::Int64ColumnReader(reader) => match unsigned {
            true => next(reader, count, |&number| number as u64 as f64),
            false => next(reader, count, |&number| number as f64),
        },
        ColumnReader::FloatColumnReader(reader) => next(reader, count, |&number| f64::from(number)),
        ColumnReader::DoubleColumnReader(reader) => next(reader, count, |&number| number),
        _ => unreachable!("columns of other types were refused"),
    }
}

/// The same of a column whose type is known.
fn next<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    number: impl Fn(&T::T) -> f64,
) -> Result<(Vec<f64>, Option<usize>)> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    reader.read_records(count, Some(&mut levels), None, &mut values)?;
    // A column without missing values has no levels, and one of a flat table no other than 0 and 1.
    let missing = levels.iter().position(|&level| level == 0);
    Ok((values.iter().map(number).collect(), missing))
}

/// What a column holds instead of numbers.
pub(super) fn no_numbers(column: &ColumnDescriptor) -> Option<&'static str> {
    if column.path().parts().len() > 1 || column.max_rep_level() > 0 {
        return Some("lists or records");
    }
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal(_)), _) | (_, ConvertedType::DECIMAL) => {
            return Some("decimals");
        }
        (Some(LogicalType::Date | LogicalType::Time(_) | LogicalType::Timestamp(_)), _)
        | (
            _,
            ConvertedType::DATE
            | ConvertedType::TIME_MILLIS
            | ConvertedType::TIME_MICROS
            | ConvertedType::TIMESTAMP_MILLIS
            | ConvertedType::TIMESTAMP_MICROS,
        ) => return Some("dates or times"),
        (Some(LogicalType::Float16), _) => return Some("float16"),
        _ => {}
    }
    match column.physical_type() {
        Type::BYTE_ARRAY => Some("text"),
        Type::FIXED_LEN_BYTE_ARRAY => Some("bytes"),
        Type::INT96 => Some("dates or times"),
        _ => None,
    }
}
