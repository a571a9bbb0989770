//! What a network should answer.

use burn::tensor::{DType, TensorData};

use super::array::Array;
use super::convert::{self, dtype_name};
use super::error::{DataError, element_text, shape_text};
use super::expected::ExpectedOutput;

/// What a target holds, told from its type and shape and the shape of the network's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A class label for each sample, or for each position of it, below this number of classes:
    /// integers of shape `[N]` for an output of shape `[N, classes]`, of shape `[N, H, W]` for one of
    /// shape `[N, classes, H, W]` or `[N, H, W, classes]`, and so for any other positions.
    Classes(usize),
    /// One of two classes for each sample, 0 or 1: integers or booleans for an output of one number
    /// a sample.
    Binary,
    /// A value for each element of the output.
    Values,
}

/// The right answers for the samples of a dataset, checked against the network's output.
#[derive(Debug)]
pub struct Target {
    array: Array,
    kind: TargetKind,
    /// The axis of the network's output that counts classes, where the target holds labels of these.
    class_axis: usize,
    /// The shape of one sample's answer: that of the output for values, that of the positions for
    /// labels.
    row_shape: Vec<usize>,
    dtype: DType,
}

impl Target {
    /// Integers are class labels where the output is shaped like them but for one more axis, the
    /// second or the last, that counts more than one class; what is shaped like the output, or holds
    /// one number a sample where the output does, is values; but integers and booleans, one a sample,
    /// for an output of one number are of two classes.
    pub(super) fn new(array: Array, output: &ExpectedOutput) -> Result<Self, DataError> {
        let (answer, dtype) = (output.shape.get(1..).unwrap_or(&[]), output.dtype);
        let one_number = answer.iter().all(|&size| size == 1);
        let class_axis = match array.shape.get(1..) {
            Some(positions) if convert::is_integer(array.dtype) => class_axis(positions, answer),
            _ => None,
        };
        if let Some(axis) = class_axis {
            let classes = output.shape[axis];
            check_labels(&array, classes)?;
            return Ok(Self {
                kind: TargetKind::Classes(classes),
                class_axis: axis,
                row_shape: array.row_shape().to_vec(),
                array,
                dtype: DType::I64,
            });
        }
        match array.shape.as_slice() {
            [_, row @ ..] if row == answer || (row.is_empty() && one_number) => {
                array.check_values(dtype)?;
                let whole = convert::is_integer(array.dtype) || convert::is_bool(array.dtype);
                Ok(Self {
                    kind: if one_number && whole {
                        TargetKind::Binary
                    } else {
                        TargetKind::Values
                    },
                    array,
                    class_axis: 1,
                    row_shape: answer.to_vec(),
                    dtype,
                })
            }
            _ => Err(misshapen(&array, output)),
        }
    }

    /// Labels or values.
    pub fn kind(&self) -> TargetKind {
        self.kind
    }

    /// The axis of the network's output that counts classes, where the target holds labels of these:
    /// the second where both would do, as PyTorch's loss has it.
    pub fn class_axis(&self) -> usize {
        self.class_axis
    }

    /// How often each class is named; none where values are given.
    ///
    /// # Errors
    ///
    /// Where a file can no longer be read as it was.
    pub fn class_counts(&self) -> Result<Option<Vec<u64>>, DataError> {
        let classes = match self.kind {
            TargetKind::Classes(classes) => classes,
            TargetKind::Binary => 2,
            TargetKind::Values => return Ok(None),
        };
        let mut counts = vec![0; classes];
        self.array.scan_integers(|_, label| {
            if let Some(count) = usize::try_from(label).ok().and_then(|c| counts.get_mut(c)) {
                *count += 1;
            }
        })?;
        Ok(Some(counts))
    }

    /// The class of each sample; none where it has not one.
    ///
    /// # Errors
    ///
    /// Where a file can no longer be read as it was.
    pub fn classes_of_samples(&self) -> Result<Option<Vec<i128>>, DataError> {
        if self.kind == TargetKind::Values || self.array.row_elements() != 1 {
            return Ok(None);
        }
        let mut classes = Vec::with_capacity(self.array.rows());
        self.array.scan_integers(|_, label| classes.push(label))?;
        Ok(Some(classes))
    }

    /// The same in another float type; labels of classes stay as they are.
    pub fn of_type(self, dtype: DType) -> Self {
        match self.kind {
            TargetKind::Classes(_) => self,
            TargetKind::Binary | TargetKind::Values => Self { dtype, ..self },
        }
    }

    /// Checks that every element can be a probability, as binary cross-entropy needs it.
    ///
    /// # Errors
    ///
    /// Where labels are not of two classes, or values lie outside of 0 to 1.
    pub fn check_probabilities(&self) -> Result<(), DataError> {
        if self.kind == TargetKind::Binary {
            return check_labels(&self.array, 2);
        }
        match self.array.first_outside(0.0..=1.0)? {
            None => Ok(()),
            Some((element, value)) => Err(DataError::NotProbability { element, value }),
        }
    }

    /// What it is, for a message: `class labels (int64 of shape [64])`.
    pub fn description(&self) -> String {
        let kind = match self.kind {
            TargetKind::Classes(_) => "class labels",
            TargetKind::Binary => "labels of two classes",
            TargetKind::Values => "values",
        };
        let (dtype, shape) = (dtype_name(self.array.dtype), shape_text(&self.array.shape));
        format!("{kind} ({dtype} of shape {shape})")
    }

    /// The answers for the given samples, in their order: labels as `int64`, one for each position,
    /// values in the shape and type of the network's output.
    ///
    /// # Errors
    ///
    /// Where a file can no longer be read as it was.
    ///
    /// # Panics
    ///
    /// Where a sample number is beyond the dataset.
    pub fn batch(&self, samples: &[usize]) -> Result<TensorData, DataError> {
        self.array.tensor(samples, &self.row_shape, self.dtype)
    }
}

/// The axis that a sample's answer has beside the positions of labels, counted with that of the
/// samples.
fn class_axis(positions: &[usize], answer: &[usize]) -> Option<usize> {
    let last = answer.len().checked_sub(1)?;
    [0, last].into_iter().find_map(|axis| {
        let mut others = answer.to_vec();
        let classes = others.remove(axis);
        (others == positions && classes > 1).then_some(axis + 1)
    })
}

fn check_labels(array: &Array, classes: usize) -> Result<(), DataError> {
    let (mut count, mut first) = (0, None);
    array.scan_integers(|position, label| {
        if !(0..classes as i128).contains(&label) {
            count += 1;
            first.get_or_insert((position, label));
        }
    })?;
    match first {
        None => Ok(()),
        Some((position, value)) => Err(DataError::LabelRange {
            count,
            classes,
            last: classes - 1,
            first: element_text(&array.name, &array.shape, position),
            value: value.to_string(),
        }),
    }
}

fn misshapen(array: &Array, expected: &ExpectedOutput) -> DataError {
    let answer = expected.shape.get(1..).unwrap_or(&[]);
    let name = crate::text::printable(&expected.name);
    let batch = |sizes: &[usize]| {
        let sizes = sizes.iter().map(usize::to_string);
        let sizes: Vec<String> = std::iter::once("N".to_owned()).chain(sizes).collect();
        format!("[{}]", sizes.join(", "))
    };
    let output = batch(answer);
    let expected = match answer {
        [classes, positions @ ..] if *classes > 1 => format!(
            "class labels as integers of shape {}, or values of shape {output}",
            batch(positions)
        ),
        _ => format!("values of shape {output}"),
    };
    DataError::TargetShape {
        dtype: dtype_name(array.dtype),
        found: shape_text(&array.shape),
        name,
        output,
        expected,
    }
}
