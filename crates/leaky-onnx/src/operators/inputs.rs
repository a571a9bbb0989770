//! The values given to an operator, taken one by one with their kinds checked.

use burn::backend::DispatchTensor;

use crate::tensor;
use crate::value::Value;

/// A node's inputs. One that the node leaves out is `None`.
pub(crate) struct Inputs(Vec<Option<Value>>);

impl Inputs {
    pub(crate) fn new(values: Vec<Option<Value>>) -> Self {
        Self(values)
    }

    /// Takes an input that may be left out.
    pub(crate) fn optional(&mut self, index: usize) -> Option<Value> {
        self.0.get_mut(index).and_then(Option::take)
    }

    /// Takes an input that must be there.
    pub(crate) fn value(&mut self, index: usize) -> Result<Value, String> {
        self.optional(index)
            .ok_or_else(|| format!("input {index} is missing"))
    }

    /// Takes an input of floats.
    pub(crate) fn float(&mut self, index: usize) -> Result<DispatchTensor, String> {
        match self.value(index)? {
            Value::Float(tensor) => Ok(tensor),
            other => Err(format!(
                "input {index} holds {}, expected floats",
                other.kind()
            )),
        }
    }

    /// Takes an input of floats that may be left out.
    pub(crate) fn optional_float(
        &mut self,
        index: usize,
    ) -> Result<Option<DispatchTensor>, String> {
        if self.0.get(index).is_some_and(Option::is_some) {
            self.float(index).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes the numbers of an integer input.
    pub(crate) fn ints(&mut self, index: usize) -> Result<Vec<i64>, String> {
        match self.value(index)? {
            value @ Value::Int(_) => Ok(tensor::values(&value.into_data()?)),
            other => Err(format!(
                "input {index} holds {}, expected integers",
                other.kind()
            )),
        }
    }

    /// Takes the numbers of an integer input that may be left out.
    pub(crate) fn optional_ints(&mut self, index: usize) -> Result<Option<Vec<i64>>, String> {
        if self.0.get(index).is_some_and(Option::is_some) {
            self.ints(index).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes all that are left.
    pub(crate) fn all(self) -> Vec<Value> {
        self.0.into_iter().flatten().collect()
    }
}
