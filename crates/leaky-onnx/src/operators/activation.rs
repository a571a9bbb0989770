//! The rectifiers and the other activations.

use super::{Inputs, Request, Run};
use crate::value::Value;
use burn::backend::DispatchTensor;

/// An operator from one float tensor to one of the same shape.
fn unary(
    apply: impl Fn(DispatchTensor) -> DispatchTensor + Send + Sync + 'static,
) -> Result<Run, String> {
    Ok(Box::new(move |mut inputs: Inputs| {
        Ok(vec![Value::Float(apply(inputs.float(0)?))])
    }))
}

pub(super) fn relu(_: &Request) -> Result<Run, String> {
    unary(leaky_burn::dispatch::relu)
}

pub(super) fn leaky_relu(request: &Request) -> Result<Run, String> {
    let alpha = request.attributes.float("alpha", 0.01)?;
    unary(move |x| leaky_burn::dispatch::leaky_relu(x, alpha))
}
