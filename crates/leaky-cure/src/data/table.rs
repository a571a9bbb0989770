//! Tables of numbers in text files, as pandas and spreadsheets write them.

use std::io::{BufReader, Write};
use std::sync::Arc;

use burn::tensor::DType;
use csv::{ReaderBuilder, StringRecord};

use super::entry::Entry;
use super::error::DataError;
use super::storage::{SCRATCH_IN_MEMORY, Scratch, Storage, Stream};
use crate::text::printable;

/// What a column of answers may be called; the first of these that the table has is it.
const ANSWERS: [&str; 3] = ["y", "label", "target"];

/// The arrays of a table: `x` holds a row of numbers for each line, `y` the column of answers, as integers
/// where all of them are. A first column without a name is pandas' index, and left out.
pub(super) fn list(storage: &Arc<Storage>, delimiter: u8) -> Result<Vec<Entry>, DataError> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(BufReader::new(Stream::new(storage.clone())));
    let header = reader.headers().map_err(|error| wrong(storage, &error))?;
    let columns = Columns::of(header, storage)?;
    // A number of one digit and its comma become eight bytes.
    let mut x = Scratch::for_bytes(storage.len().saturating_mul(4), SCRATCH_IN_MEMORY)
        .map_err(|source| unpack(storage, source))?;
    let (mut answers, mut whole, mut rows) = (Vec::new(), true, 0);
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| wrong(storage, &error))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        let mut numbers = Vec::with_capacity(columns.features.len() * 8);
        for &column in &columns.features {
            let number = columns.number(&record, column, line, storage)?;
            numbers.extend_from_slice(&number.to_ne_bytes());
        }
        x.write_all(&numbers)
            .map_err(|source| unpack(storage, source))?;
        if let Some(column) = columns.answer {
            answers.push(columns.number(&record, column, line, storage)?);
            whole &= record[column].trim().parse::<i64>().is_ok();
        }
        rows += 1;
    }
    let shape = vec![rows, columns.features.len()];
    let x = Arc::new(x.into_storage(storage.name()));
    let mut entries = vec![Entry::native("x", DType::F64, shape, x)];
    if columns.answer.is_some() {
        let (dtype, bytes): (DType, Vec<u8>) = match whole {
            true => {
                let answers = answers.iter().map(|&answer| answer as i64);
                (DType::I64, answers.flat_map(i64::to_ne_bytes).collect())
            }
            false => {
                let answers = answers.iter().copied();
                (DType::F64, answers.flat_map(f64::to_ne_bytes).collect())
            }
        };
        let answers = Arc::new(Storage::memory(storage.name(), bytes));
        entries.push(Entry::native("y", dtype, vec![rows], answers));
    }
    Ok(entries)
}

/// Which column is what.
struct Columns {
    names: Vec<String>,
    features: Vec<usize>,
    answer: Option<usize>,
}

impl Columns {
    fn of(header: &StringRecord, storage: &Storage) -> Result<Self, DataError> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        if names.iter().any(|name| name.parse::<f64>().is_ok()) {
            return Err(DataError::NoHeader {
                file: storage.name().to_owned(),
            });
        }
        let place = |name: &&str| {
            names
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name))
        };
        let answer = ANSWERS.iter().find_map(place);
        let features = (0..names.len())
            .filter(|&column| Some(column) != answer)
            .filter(|&column| column > 0 || !names[0].is_empty());
        Ok(Self {
            features: features.collect(),
            answer,
            names,
        })
    }

    /// The number in a column of a line.
    fn number(
        &self,
        record: &StringRecord,
        column: usize,
        line: u64,
        storage: &Storage,
    ) -> Result<f64, DataError> {
        let text = record[column].trim();
        let number = match text {
            "True" | "true" => Some(1.0),
            "False" | "false" => Some(0.0),
            text => text.parse().ok(),
        };
        number.ok_or_else(|| DataError::Cell {
            file: storage.name().to_owned(),
            line,
            column: printable(&self.names[column]),
            found: match text {
                "" => "nothing".to_owned(),
                text => format!("'{}'", printable(text)),
            },
        })
    }
}

fn wrong(storage: &Storage, error: &csv::Error) -> DataError {
    storage.damaged(error.to_string())
}

fn unpack(storage: &Storage, source: std::io::Error) -> DataError {
    DataError::Unpack {
        file: storage.name().to_owned(),
        array: "x".to_owned(),
        source,
    }
}
