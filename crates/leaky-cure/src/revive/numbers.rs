//! Single numbers of large arrays, in the type in which the arrays are held.

use burn::tensor::{DType, TensorData};

/// The numbers of an array in row-major order.
#[derive(Clone)]
pub(super) enum Numbers {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Numbers {
    /// The numbers of an array of floats.
    pub(super) fn of(data: TensorData) -> Self {
        match data.dtype() {
            DType::F64 => Self::Double(data.try_into_vec().unwrap_or_default()),
            _ => Self::Single(data.try_into_vec().unwrap_or_default()),
        }
    }

    pub(super) fn get(&self, place: usize) -> f64 {
        match self {
            Self::Single(numbers) => f64::from(numbers[place]),
            Self::Double(numbers) => numbers[place],
        }
    }

    pub(super) fn set(&mut self, place: usize, value: f64) {
        match self {
            Self::Single(numbers) => numbers[place] = value as f32,
            Self::Double(numbers) => numbers[place] = value,
        }
    }

    /// The array again.
    pub(super) fn to_data(&self, shape: Vec<usize>) -> TensorData {
        match self.clone() {
            Self::Single(numbers) => TensorData::new(numbers, shape),
            Self::Double(numbers) => TensorData::new(numbers, shape),
        }
    }
}
