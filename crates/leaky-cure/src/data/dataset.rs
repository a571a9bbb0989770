//! Data checked against a network: what to feed its inputs, batch by batch.

use burn::tensor::{DType, TensorData};
use leaky_onnx::Network;

use super::array::Array;
use super::arrays::Arrays;
use super::convert::{self, Layout};
use super::entry::Entry;
use super::error::{DataError, shape_text};
use super::expected::{ExpectedInput, ExpectedOutput};
use super::load::load;
use super::normalization::Normalization;
use super::target::Target;
use crate::text::printable;

/// Samples for every input of a network, and what it should answer where the files say so.
///
/// Names, types, shapes and values were checked; rows are read from the files by position, so
/// that memory is bounded by the batch. (A compressed or Fortran-ordered array is unpacked when
/// the dataset is made: in memory up to 64 MiB, in a temporary file beyond.)
#[derive(Debug)]
pub struct Dataset {
    file: String,
    found: String,
    inputs: Vec<Column>,
    target: Option<Entry>,
    /// The names of the classes, where the file tells them.
    classes: Vec<String>,
    samples: usize,
}

/// The array behind one input.
#[derive(Debug)]
struct Column {
    /// The input's name.
    name: String,
    array: Array,
    dtype: DType,
    /// What the input is given in place of the array's numbers.
    normalization: Option<Normalization>,
    /// Where the network wants the axis of samples, or `None` where all samples share the array.
    samples: Option<usize>,
}

impl Arrays {
    /// The arrays that fit a network, as samples of it: [`dataset`](Self::dataset) for its inputs.
    ///
    /// # Errors
    ///
    /// As [`dataset`](Self::dataset).
    pub fn for_network(&self, network: &Network) -> Result<Dataset, DataError> {
        let inputs = network.inputs().iter();
        let expected: Vec<ExpectedInput> = inputs.map(ExpectedInput::from).collect();
        self.dataset(&expected)
    }

    /// Finds the arrays that fit a network's inputs and checks them, reading each to its end.
    ///
    /// Each input takes the array of its name; the only input of a network takes `x`, whatever the
    /// input's name, before an array of its own name. The target is the array `y`, unless that is
    /// an input, or the labels given apart.
    ///
    /// # Errors
    ///
    /// Where an input has no array, an array does not fit in type, rank or size of an axis other
    /// than the first, arrays differ in their number of samples, or an array is empty, damaged, or
    /// holds NaN, infinities or values that the input's type cannot hold.
    pub fn dataset(&self, expected: &[ExpectedInput]) -> Result<Dataset, DataError> {
        if expected.is_empty() {
            return Err(DataError::NoInputs);
        }
        let chosen = expected
            .iter()
            .map(|input| self.choose(input, expected.len() == 1))
            .collect::<Result<Vec<&Entry>, _>>()?;
        let target = self.labels.as_ref().or_else(|| {
            let free = |entry: &&Entry| chosen.iter().all(|taken| taken.name != entry.name);
            self.get("y").filter(free)
        });
        for (entry, input) in chosen.iter().zip(expected) {
            check_fit(entry, input)?;
        }
        let counting = chosen.iter().zip(expected);
        let counting = counting.filter(|(_, input)| input.samples.is_some());
        let samples = same_length(counting.map(|(entry, _)| *entry).chain(target))?;

        let mut inputs = Vec::with_capacity(chosen.len());
        for (entry, input) in chosen.iter().zip(expected) {
            let array = match input.samples {
                Some(_) => load(entry)?,
                None => {
                    // One row that holds it all.
                    let mut whole = (*entry).clone();
                    whole.shape.insert(0, 1);
                    load(&whole)?
                }
            };
            array.check_values(input.dtype)?;
            inputs.push(Column {
                name: input.name.clone(),
                array,
                dtype: input.dtype,
                normalization: None,
                samples: input.samples,
            });
        }
        Ok(Dataset {
            file: self.file.clone(),
            found: self.describe(),
            inputs,
            target: target.cloned(),
            classes: self.classes.clone(),
            samples,
        })
    }

    /// The array for one input of the network.
    fn choose(&self, input: &ExpectedInput, only: bool) -> Result<&Entry, DataError> {
        let x = only.then(|| self.get("x")).flatten();
        x.or_else(|| self.get(&input.name))
            .ok_or_else(|| DataError::MissingInput {
                file: self.file.clone(),
                input: input.name.clone(),
                expected: match only && input.name != "x" {
                    true => format!("`x` or `{}`", input.name),
                    false => format!("`{}`", input.name),
                },
                found: self.describe(),
            })
    }
}

/// Compares what the headers say: type, emptiness, rank, sizes.
fn check_fit(entry: &Entry, input: &ExpectedInput) -> Result<(), DataError> {
    let (array, name) = (&entry.name, &input.name);
    if !convert::supported(input.dtype) {
        return Err(DataError::UnsupportedInput {
            input: name.clone(),
            dtype: convert::dtype_name(input.dtype).to_owned(),
        });
    }
    // A type that no network takes is refused, with its spelling, when the array is loaded.
    if let Ok(from) = entry.dtype
        && !convert::compatible(Layout {
            from,
            to: input.dtype,
        })
    {
        return Err(DataError::Dtype {
            array: array.clone(),
            input: name.clone(),
            expected: convert::dtype_name(input.dtype),
            found: convert::dtype_name(from),
        });
    }
    if entry.shape.contains(&0) {
        return Err(entry.empty());
    }
    if !input.ranked {
        return Ok(());
    }
    let counted = input.samples.is_some();
    if entry.shape.len() != input.shape.len() || (counted && input.shape.is_empty()) {
        return Err(DataError::Rank {
            array: array.clone(),
            input: name.clone(),
            expected: format!(
                "{}, shape {}{}",
                input.shape.len(),
                expected_text(&input.shape),
                reshape_hint(&entry.shape, &input.shape)
            ),
            found: format!(
                "{} axes, shape {}",
                entry.shape.len(),
                shape_text(&entry.shape)
            ),
        });
    }
    let sizes = entry.shape.iter().zip(&input.shape).enumerate();
    let sizes = sizes.skip(usize::from(counted));
    for (axis, (&found, &size)) in sizes {
        if let Some(expected) = size
            && expected != found
        {
            return Err(DataError::AxisSize {
                array: array.clone(),
                input: name.clone(),
                axis,
                expected,
                found,
                expected_shape: expected_text(&input.shape),
            });
        }
    }
    Ok(())
}

/// A network's shape as messages show it: `N` for the samples, `?` where any size will do.
fn expected_text(shape: &[Option<usize>]) -> String {
    let axis = |(axis, size): (usize, &Option<usize>)| match size {
        _ if axis == 0 => "N".to_owned(),
        Some(size) => size.to_string(),
        None => "?".to_owned(),
    };
    let axes: Vec<String> = shape.iter().enumerate().map(axis).collect();
    format!("[{}]", axes.join(", "))
}

/// What to do where only axes of size 1 are missing or too many, as with single-channel images, or
/// where the same numbers of a sample stand in fewer or more axes.
fn reshape_hint(found: &[usize], expected: &[Option<usize>]) -> String {
    if expected.is_empty() {
        return "; an input needs an axis for the samples".to_owned();
    }
    let Some((_, row)) = found.split_first() else {
        return String::new();
    };
    let Some(sizes) = expected.get(1..).and_then(|sizes| {
        let sizes: Option<Vec<usize>> = sizes.iter().copied().collect();
        sizes
    }) else {
        return String::new();
    };
    let product = |sizes: &[usize]| sizes.iter().try_fold(1_usize, |all, &n| all.checked_mul(n));
    if product(row).is_some() && product(row) == product(&sizes) {
        format!(
            "; the sizes agree once it is reshaped to {}",
            expected_text(expected)
        )
    } else {
        String::new()
    }
}

/// The common length of the first axes.
fn same_length<'a>(mut entries: impl Iterator<Item = &'a Entry>) -> Result<usize, DataError> {
    let length = |entry: &Entry| entry.shape.first().copied();
    let Some((first, samples)) = entries
        .next()
        .and_then(|entry| Some((entry, length(entry)?)))
    else {
        return Err(DataError::NoInputs);
    };
    for other in entries {
        let found = length(other).unwrap_or(0);
        if found != samples {
            return Err(DataError::SampleCount {
                first: first.name.clone(),
                first_samples: samples,
                second: other.name.clone(),
                second_samples: found,
            });
        }
    }
    Ok(samples)
}

/// The first axis moved to another place, by the bytes of the elements.
fn moved(data: TensorData, axis: usize) -> TensorData {
    let (shape, dtype) = (data.shape().to_vec(), data.dtype());
    let axis = axis.min(shape.len() - 1);
    let rows = shape[0];
    let before: usize = shape[1..=axis].iter().product();
    let block = shape[axis + 1..].iter().product::<usize>() * dtype.size();
    let bytes = data.as_bytes();
    let mut result = Vec::with_capacity(bytes.len());
    for outer in 0..before {
        for row in 0..rows {
            let start = (row * before + outer) * block;
            result.extend_from_slice(&bytes[start..start + block]);
        }
    }
    let mut sizes = shape[1..].to_vec();
    sizes.insert(axis, rows);
    TensorData::from_bytes_vec(result, sizes, dtype)
}

impl Dataset {
    /// How many samples there are, at least one.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// How many numbers a sample has in all inputs.
    pub(crate) fn sample_len(&self) -> usize {
        let inputs = self.inputs.iter();
        inputs
            .map(|column| column.array.row_shape().iter().product::<usize>())
            .sum()
    }

    /// The given samples for each of the network's inputs, in the network's order and types. The axis of
    /// samples of each tensor, where the network wants it, is as long as `samples`, and in its order; an
    /// input that all samples share is given whole.
    ///
    /// # Errors
    ///
    /// Where a file can no longer be read as it was.
    ///
    /// # Panics
    ///
    /// Where a sample number is not below [`Dataset::samples`].
    pub fn batch(&self, samples: &[usize]) -> Result<Vec<TensorData>, DataError> {
        self.inputs
            .iter()
            .map(|column| {
                let Column { array, dtype, .. } = column;
                match column.samples {
                    Some(0) => {
                        let rows = array.tensor(samples, array.row_shape(), *dtype)?;
                        Ok(match &column.normalization {
                            Some(normalization) => normalization.apply(rows),
                            None => rows,
                        })
                    }
                    Some(axis) => {
                        let rows = array.tensor(samples, array.row_shape(), *dtype)?;
                        Ok(moved(rows, axis))
                    }
                    None => {
                        let shape = array.row_shape().to_vec();
                        let whole = array.tensor(&[0], &shape, *dtype)?;
                        Ok(TensorData::from_bytes_vec(
                            whole.as_bytes().to_vec(),
                            shape,
                            whole.dtype(),
                        ))
                    }
                }
            })
            .collect()
    }

    /// What the network should answer, checked against the shape of its output; see [`Target`].
    ///
    /// # Errors
    ///
    /// Where there is no target, it is empty or damaged, it fits neither as labels nor as values, labels name classes that
    /// the output does not have, or values are NaN or infinite.
    pub fn target(&self, output: &ExpectedOutput) -> Result<Target, DataError> {
        match &self.target {
            Some(entry) => Target::new(load(entry)?, output),
            None => Err(DataError::MissingTarget {
                file: self.file.clone(),
                found: self.found.clone(),
            }),
        }
    }

    /// The inputs of floats that have their samples first: their places, names and numbers of channels.
    pub(super) fn float_inputs(&self) -> Vec<(usize, String, usize)> {
        let inputs = self.inputs.iter().enumerate();
        inputs
            .filter(|(_, column)| matches!(column.dtype, DType::F32 | DType::F64))
            .filter(|(_, column)| column.samples == Some(0))
            .map(|(place, column)| {
                let channels = column.array.row_shape().first().copied().unwrap_or(1);
                (place, column.name.clone(), channels)
            })
            .collect()
    }

    /// Gives inputs normalised numbers from now on.
    pub(crate) fn normalize(&mut self, normalization: &[Normalization]) {
        for column in &mut self.inputs {
            let own = normalization
                .iter()
                .find(|known| known.input == column.name);
            column.normalization = own.cloned();
        }
    }

    /// What inputs are given in place of the numbers of the arrays.
    pub fn normalization(&self) -> Vec<Normalization> {
        let inputs = self.inputs.iter();
        inputs
            .filter_map(|column| column.normalization.clone())
            .collect()
    }

    /// Checks that classes are counted here as in the data to train on, where both tell their names.
    ///
    /// # Errors
    ///
    /// Where the names differ.
    pub(crate) fn check_classes(&self, training: &Self) -> Result<(), DataError> {
        let (found, expected) = (&self.classes, &training.classes);
        if found.is_empty() || expected.is_empty() || found == expected {
            return Ok(());
        }
        let list = |names: &[String]| printable(&names.join(", "));
        Err(DataError::Classes {
            file: self.file.clone(),
            found: list(found),
            expected: list(expected),
        })
    }

    /// Whether the files hold a target at all.
    pub fn has_target(&self) -> bool {
        self.target.is_some()
    }
}
