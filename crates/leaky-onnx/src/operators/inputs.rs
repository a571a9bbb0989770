//! The values given to an operator, taken one by one with their kinds checked.

use burn::backend::{DispatchTensor, TensorMetadata};
use burn::tensor::DType;

use crate::tensor;
use crate::value::Value;

/// A node's inputs. One that the node leaves out is `None`.
pub(crate) struct Inputs {
    values: Vec<Option<Value>>,
    /// The type of the first float tensor taken: the others must be of the same.
    float: Option<DType>,
}

impl Inputs {
    pub(crate) fn new(values: Vec<Option<Value>>) -> Self {
        Self {
            values,
            float: None,
        }
    }

    /// Whether an input is given and not yet taken.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.values.get(index).is_some_and(Option::is_some)
    }

    /// Whether the node has an input of this number, be it left out or not computed.
    pub(crate) fn has_place(&self, index: usize) -> bool {
        index < self.values.len()
    }

    /// Those at some places, which stay.
    pub(crate) fn places(&self, places: &[usize]) -> Vec<Option<Value>> {
        let at = |&index: &usize| self.values.get(index).cloned().flatten();
        places.iter().map(at).collect()
    }

    /// Takes an input that may be left out.
    pub(crate) fn optional(&mut self, index: usize) -> Option<Value> {
        self.values.get_mut(index).and_then(Option::take)
    }

    /// Takes an input that must be there.
    pub(crate) fn value(&mut self, index: usize) -> Result<Value, String> {
        self.optional(index)
            .ok_or_else(|| format!("input {index} is missing"))
    }

    /// Takes an input of floats, of the type of those taken before.
    pub(crate) fn float(&mut self, index: usize) -> Result<DispatchTensor, String> {
        match self.value(index)? {
            Value::Float(tensor) => {
                let found = tensor.dtype();
                let expected = *self.float.get_or_insert(found);
                if found != expected {
                    return Err(format!(
                        "input {index} holds {found:?}, the inputs before it {expected:?}"
                    ));
                }
                Ok(tensor)
            }
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
        if self.has(index) {
            self.float(index).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes an input of truth values.
    pub(crate) fn bool(&mut self, index: usize) -> Result<DispatchTensor, String> {
        match self.value(index)? {
            Value::Bool(tensor) => Ok(tensor),
            other => Err(format!(
                "input {index} holds {}, expected truth values",
                other.kind()
            )),
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

    /// Takes the numbers of an integer input, with its shape.
    pub(crate) fn shaped_ints(&mut self, index: usize) -> Result<(Vec<i64>, Vec<usize>), String> {
        let shape = self.values.get(index).and_then(Option::as_ref);
        let shape = shape.map(Value::shape).unwrap_or_default();
        Ok((self.ints(index)?, shape))
    }

    /// Takes the numbers of an integer input that may be left out.
    pub(crate) fn optional_ints(&mut self, index: usize) -> Result<Option<Vec<i64>>, String> {
        if self.has(index) {
            self.ints(index).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes the numbers of a float input, of whatever type, that may be left out.
    pub(crate) fn optional_floats(&mut self, index: usize) -> Result<Option<Vec<f64>>, String> {
        match self.optional(index) {
            None => Ok(None),
            Some(value @ Value::Float(_)) => Ok(Some(tensor::values(&value.into_data()?))),
            Some(other) => Err(format!(
                "input {index} holds {}, expected floats",
                other.kind()
            )),
        }
    }

    /// Takes all that are left.
    pub(crate) fn all(self) -> Vec<Value> {
        self.values.into_iter().flatten().collect()
    }
}
