//! The numbers of a value, read where they lie.

use std::borrow::Cow;

use burn::backend::{BackendTensor, DispatchTensor, DispatchTensorKind};
use burn::tensor::{DType, Element, TensorData};

use crate::value::Value;

/// The floats of a value, in the order of its axes: those of the engine where it keeps them so, else
/// copied from its device.
#[derive(Debug)]
pub enum Floats<'a> {
    /// `float32`.
    Single(Cow<'a, [f32]>),
    /// `float64`.
    Double(Cow<'a, [f64]>),
}

impl Value {
    /// The numbers of a value of floats.
    ///
    /// # Errors
    ///
    /// If it holds something else, or the device fails.
    pub fn floats(&self) -> Result<Floats<'_>, String> {
        let Self::Float(tensor) = self else {
            return Err(format!("holds {}, expected floats", self.kind()));
        };
        if let Some(numbers) = in_place(tensor) {
            return Ok(numbers);
        }
        let data = self.clone().into_data()?;
        match data.dtype() {
            DType::F64 => Ok(Floats::Double(Cow::Owned(numbers(data)?))),
            _ => Ok(Floats::Single(Cow::Owned(numbers(data)?))),
        }
    }
}

fn in_place(tensor: &DispatchTensor) -> Option<Floats<'_>> {
    let DispatchTensorKind::Flex(BackendTensor::Float(tensor)) = &tensor.kind else {
        return None;
    };
    let single = || {
        tensor
            .as_slice()
            .map(|numbers| Floats::Single(Cow::Borrowed(numbers)))
    };
    let double = || {
        tensor
            .as_slice()
            .map(|numbers| Floats::Double(Cow::Borrowed(numbers)))
    };
    single().or_else(double)
}

fn numbers<T: Element>(data: TensorData) -> Result<Vec<T>, String> {
    let read = data.try_into_vec::<T>();
    read.map_err(|error| format!("its numbers cannot be read: {error:?}"))
}

#[cfg(test)]
mod tests {
    use burn::backend::DispatchDevice;
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn numbers_are_read_in_the_order_of_the_axes_and_not_copied_where_they_lie_so() {
        let data = TensorData::new((0..6_u8).map(f32::from).collect(), [2, 3]);
        let value = Value::from_data(data, &DispatchDevice::default());
        let Ok(Floats::Single(Cow::Borrowed(numbers))) = value.floats() else {
            panic!("a contiguous tensor of the host is borrowed");
        };
        assert_eq!(numbers, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let turned = value.permute(&[1, 0]).unwrap();
        let Ok(Floats::Single(Cow::Owned(numbers))) = turned.floats() else {
            panic!("a permuted tensor is copied in order");
        };
        assert_eq!(numbers, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }

    #[test]
    fn numbers_of_double_precision_stay_so() {
        let data = TensorData::new(vec![0.1_f64, 0.2], [2]);
        let value = Value::from_data(data, &DispatchDevice::default());
        let Ok(Floats::Double(numbers)) = value.floats() else {
            panic!("float64");
        };
        assert_eq!(*numbers, [0.1, 0.2]);
    }

    #[test]
    fn integers_are_no_floats() {
        let data = TensorData::new(vec![1_i64, 2], [2]);
        let value = Value::from_data(data, &DispatchDevice::default());
        assert!(value.floats().unwrap_err().contains("expected floats"));
    }
}
