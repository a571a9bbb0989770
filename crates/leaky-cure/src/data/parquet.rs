//! Tables of numbers in Parquet files, as pandas writes them.

mod column;
mod pages;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use burn::tensor::DType;
use parquet::basic::{Compression, Type};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;

use super::answers;
use super::entry::Entry;
use super::error::DataError;
use super::storage::{SCRATCH_IN_MEMORY, Scratch, Storage};
use crate::text::printable;
use pages::{CheckedPages, Source};

/// How many numbers are held at a time on their way from columns to rows.
const HELD: usize = 1 << 20;

/// How many rows are read at a time at most.
const ROWS: usize = 4096;

/// The arrays of a table, by the rules of tables in text files: `x` holds a row of numbers for each row, `y`
/// the column of answers, as integers where it holds integers. pandas' index without a name is left out.
pub(super) fn list(storage: &Arc<Storage>) -> Result<Vec<Entry>, DataError> {
    // The reader of the format gives errors, and here and there panics where a file contradicts itself.
    catch_unwind(AssertUnwindSafe(|| read(storage)))
        .unwrap_or_else(|_| Err(storage.damaged("its pages do not hold together")))
}

fn read(storage: &Arc<Storage>) -> Result<Vec<Entry>, DataError> {
    let wrong = |error: ParquetError| storage.damaged(error.to_string());
    let file = SerializedFileReader::new(Source(storage.clone())).map_err(wrong)?;
    let schema = file.metadata().file_metadata().schema_descr();
    let table = Table::of(schema, storage)?;
    let mut rows = 0_usize;
    for group in file.metadata().row_groups() {
        rows = table
            .check(group)?
            .checked_add(rows)
            .ok_or_else(|| storage.damaged("it describes more rows than can be counted"))?;
    }
    let scratch = |array: &str, columns: usize| {
        let bytes = (rows as u64).saturating_mul(columns as u64 * 8);
        Scratch::for_bytes(bytes, SCRATCH_IN_MEMORY).map_err(|error| unpack(storage, array, error))
    };
    let (mut x, mut y) = (scratch("x", table.features.len())?, scratch("y", 1)?);
    let step = (HELD / schema.num_columns().max(1)).clamp(1, ROWS);
    let mut first = 0;
    for (number, metadata) in file.metadata().row_groups().iter().enumerate() {
        let group = file.get_row_group(number).map_err(wrong)?;
        let open = |column: usize| {
            let pages = group.get_column_page_reader(column).map_err(wrong)?;
            let pages = Box::new(CheckedPages(pages));
            Ok(get_column_reader(schema.column(column), pages))
        };
        let features = table.features.iter().map(|&column| open(column));
        let mut features: Vec<ColumnReader> = features.collect::<Result<_, DataError>>()?;
        let mut answer = table.answer.map(open).transpose()?;
        let end = first + metadata.num_rows() as usize;
        while first < end {
            let count = step.min(end - first);
            let mut numbers = vec![0.0; count * features.len()];
            for (place, reader) in features.iter_mut().enumerate() {
                let column = table.numbers(reader, table.features[place], first, count)?;
                let places = numbers.iter_mut().skip(place).step_by(table.features.len());
                places.zip(column).for_each(|(to, number)| *to = number);
            }
            x.write_all(bytemuck::cast_slice(&numbers))
                .map_err(|error| unpack(storage, "x", error))?;
            if let (Some(reader), Some(column)) = (&mut answer, table.answer) {
                let answers = table.numbers(reader, column, first, count)?;
                let bytes: Vec<u8> = match table.whole(column) {
                    true => answers
                        .iter()
                        .flat_map(|&answer| (answer as i64).to_ne_bytes())
                        .collect(),
                    false => answers
                        .iter()
                        .flat_map(|answer| answer.to_ne_bytes())
                        .collect(),
                };
                y.write_all(&bytes)
                    .map_err(|error| unpack(storage, "y", error))?;
            }
            first += count;
        }
    }
    let native = |name: &str, dtype, shape, scratch: Scratch| {
        Entry::native(
            name,
            dtype,
            shape,
            Arc::new(scratch.into_storage(storage.name())),
        )
    };
    let mut entries = vec![native("x", DType::F64, vec![rows, table.features.len()], x)];
    if let Some(column) = table.answer {
        let dtype = match table.whole(column) {
            true => DType::I64,
            false => DType::F64,
        };
        entries.push(native("y", dtype, vec![rows], y));
    }
    Ok(entries)
}

/// Which column is what.
struct Table<'a> {
    schema: &'a SchemaDescriptor,
    storage: &'a Storage,
    features: Vec<usize>,
    answer: Option<usize>,
}

impl<'a> Table<'a> {
    fn of(schema: &'a SchemaDescriptor, storage: &'a Storage) -> Result<Self, DataError> {
        let names = schema
            .columns()
            .iter()
            .map(|column| column.path().parts()[0].trim());
        let names: Vec<&str> = names.collect();
        let answer = answers::column(&names);
        // An index without a name, where it does more than count the rows.
        let index = |column: &usize| names[*column].starts_with("__index_level_");
        let features = (0..names.len()).filter(|column| Some(*column) != answer && !index(column));
        let table = Self {
            schema,
            storage,
            features: features.collect(),
            answer,
        };
        for &column in table.features.iter().chain(&table.answer) {
            if let Some(found) = column::no_numbers(&schema.column(column)) {
                return Err(DataError::Column {
                    file: storage.name().to_owned(),
                    column: printable(names[column]),
                    found,
                });
            }
        }
        Ok(table)
    }

    /// The number of rows of a group, whose columns lie within the file and are compressed as can be read.
    fn check(&self, group: &RowGroupMetaData) -> Result<usize, DataError> {
        let rows = group.num_rows();
        for &column in self.features.iter().chain(&self.answer) {
            let chunk = group.column(column);
            let start = chunk
                .dictionary_page_offset()
                .unwrap_or(chunk.data_page_offset());
            let start = u64::try_from(start).ok();
            let length = u64::try_from(chunk.compressed_size()).ok();
            let end = start
                .zip(length)
                .and_then(|(start, length)| start.checked_add(length));
            if end.is_none_or(|end| end > self.storage.len()) || chunk.num_values() != rows {
                let reason = "its footer describes columns that it does not hold";
                return Err(self.storage.damaged(reason));
            }
            let known = [Compression::UNCOMPRESSED, Compression::SNAPPY];
            if !known.contains(&chunk.compression()) {
                // Written with its level behind it, where it has one.
                let name = chunk.compression().to_string().to_lowercase();
                let name = name.split('(').next().unwrap_or_default();
                return Err(DataError::Compression {
                    file: self.storage.name().to_owned(),
                    compression: name.to_owned(),
                });
            }
        }
        usize::try_from(rows).map_err(|_| self.storage.damaged("it describes fewer rows than none"))
    }

    /// Whether a column holds integers.
    fn whole(&self, column: usize) -> bool {
        matches!(
            self.schema.column(column).physical_type(),
            Type::INT32 | Type::INT64
        )
    }

    /// The next numbers of a column, from row `first` of the file on.
    fn numbers(
        &self,
        reader: &mut ColumnReader,
        column: usize,
        first: usize,
        count: usize,
    ) -> Result<Vec<f64>, DataError> {
        let descriptor = self.schema.column(column);
        let read = column::numbers(reader, &descriptor, count);
        let (numbers, missing) = read.map_err(|error| self.storage.damaged(error.to_string()))?;
        match missing {
            Some(place) => Err(DataError::MissingCell {
                file: self.storage.name().to_owned(),
                row: first + place,
                column: printable(descriptor.name()),
            }),
            None if numbers.len() < count => {
                let column = printable(descriptor.name());
                Err(self
                    .storage
                    .damaged(format!("column `{column}` has fewer rows than the file")))
            }
            None => Ok(numbers),
        }
    }
}

fn unpack(storage: &Storage, array: &str, source: std::io::Error) -> DataError {
    DataError::Unpack {
        file: storage.name().to_owned(),
        array: array.to_owned(),
        source,
    }
}
