//! What a node names by an attribute in old operator sets and by an input in newer ones.

use burn::tensor::TensorData;

use super::inputs::Inputs;
use super::operator::{Refusal, Request};
use crate::value::Value;

/// A setting that became an input of its operator in some operator set.
pub(super) struct Moved<T> {
    input: usize,
    /// Whether the model is older, and what its attribute says then.
    attribute: Option<Option<T>>,
    take: fn(&mut Inputs, usize) -> Result<Option<T>, String>,
}

impl<T: Clone> Moved<T> {
    fn new(
        request: &Request,
        (since, input): (i64, usize),
        attribute: impl FnOnce() -> Result<Option<T>, String>,
        take: fn(&mut Inputs, usize) -> Result<Option<T>, String>,
    ) -> Result<Self, Refusal> {
        let attribute = (request.opset < since).then(attribute).transpose()?;
        Ok(Self {
            input,
            attribute,
            take,
        })
    }

    /// What the node says, if it says anything.
    pub(super) fn read(&self, inputs: &mut Inputs) -> Result<Option<T>, String> {
        match &self.attribute {
            Some(attribute) => Ok(attribute.clone()),
            None => (self.take)(inputs, self.input),
        }
    }

    /// What the node says.
    pub(super) fn required(&self, inputs: &mut Inputs, what: &str) -> Result<T, String> {
        self.read(inputs)?
            .ok_or_else(|| format!("{what} are missing"))
    }
}

impl Moved<Vec<i64>> {
    /// Integers that stand at an input since an operator set.
    pub(super) fn ints(
        request: &Request,
        name: &str,
        moved: (i64, usize),
    ) -> Result<Self, Refusal> {
        let attribute = || Ok(request.attributes.ints(name)?.map(<[i64]>::to_vec));
        Self::new(request, moved, attribute, Inputs::optional_ints)
    }
}

impl Moved<Vec<f64>> {
    /// Numbers that stand at an input since an operator set.
    pub(super) fn floats(
        request: &Request,
        name: &str,
        moved: (i64, usize),
    ) -> Result<Self, Refusal> {
        let wide = |list: &[f32]| list.iter().map(|&number| f64::from(number)).collect();
        let attribute = || Ok(request.attributes.floats(name)?.map(wide));
        Self::new(request, moved, attribute, Inputs::optional_floats)
    }
}

impl Moved<Value> {
    /// One number that stands at an input since an operator set.
    pub(super) fn number(
        request: &Request,
        name: &str,
        moved: (i64, usize),
    ) -> Result<Self, Refusal> {
        let lone =
            |number: f64| Value::from_data(TensorData::from([number as f32]), &request.device);
        let attribute = || Ok(request.attributes.optional_float(name)?.map(lone));
        Self::new(request, moved, attribute, |inputs, index| {
            let value = inputs.optional(index);
            match value {
                Some(value) if value.len() != 1 => Err(format!(
                    "input {index} has shape {:?}, expected one number",
                    value.shape()
                )),
                value => Ok(value),
            }
        })
    }
}
