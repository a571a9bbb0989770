//! Matrix products.

use burn::backend::ops::{FloatTensorOps, ModuleOps};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded};
use crate::value::{Value, broadcast_shape, with_rank};

/// `Y = alpha * A' * B' + beta * C`.
pub(super) fn gemm(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let alpha = attributes.float("alpha", 1.0)?;
    let beta = attributes.float("beta", 1.0)?;
    let transpose_a = attributes.flag("transA", false)?;
    let transpose_b = attributes.flag("transB", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let a = matrix(inputs.float(0)?, transpose_a)?;
        let b = matrix(inputs.float(1)?, transpose_b)?;
        let c = inputs.optional_float(2)?;
        let shape = vec![a.shape()[0], b.shape()[1]];
        check_product(&a, &b)?;
        let Some(mut c) = c else {
            let y = Dispatch::float_matmul(a, b);
            return Ok(vec![Value::Float(scaled(y, alpha))]);
        };
        if broadcast_shape(&[c.shape().to_vec(), shape.clone()])? != shape {
            return Err(format!(
                "C of shape {:?} does not broadcast to {shape:?}",
                c.shape().to_vec()
            ));
        }
        c = scaled(c, beta);
        // The usual case, a bias for each column, is one operation with one gradient.
        if alpha == 1.0 && c.shape().to_vec() == shape[1..] {
            return Ok(vec![Value::Float(Dispatch::linear(a, b, Some(c)))]);
        }
        let y = scaled(Dispatch::float_matmul(a, b), alpha);
        let c = with_rank(Value::Float(c), 2)?.into_float()?;
        Ok(vec![Value::Float(Dispatch::float_add(y, c))])
    }))
}

fn scaled(tensor: DispatchTensor, factor: f64) -> DispatchTensor {
    if factor == 1.0 {
        return tensor;
    }
    Dispatch::float_mul_scalar(tensor, factor.into())
}

/// A matrix, transposed as a view where that is asked for.
fn matrix(tensor: DispatchTensor, transpose: bool) -> Result<DispatchTensor, String> {
    if tensor.shape().num_dims() != 2 {
        return Err(format!(
            "expected a matrix, found shape {:?}",
            tensor.shape().to_vec()
        ));
    }
    Ok(if transpose {
        Dispatch::float_transpose(tensor)
    } else {
        tensor
    })
}

/// `NumPy`'s `matmul`: a vector stands for a matrix of one row or one column.
pub(super) fn matmul(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let (a, b) = (
            Value::Float(inputs.float(0)?),
            Value::Float(inputs.float(1)?),
        );
        let (vector_a, vector_b) = (a.rank() == 1, b.rank() == 1);
        if a.rank() == 0 || b.rank() == 0 {
            return Err("a scalar cannot be a factor".into());
        }
        let a = with_rank(a, 2)?.into_float()?;
        let b = if vector_b {
            let size = b.len();
            b.reshape(vec![size, 1])?
        } else {
            b
        }
        .into_float()?;
        let y = Value::Float(product(a, b)?);
        let mut shape = y.shape();
        if vector_b {
            shape.pop();
        }
        if vector_a {
            shape.remove(shape.len() - if vector_b { 1 } else { 2 });
        }
        Ok(vec![y.reshape(shape)?])
    }))
}

/// The product of two stacks of matrices.
pub(super) fn product(a: DispatchTensor, b: DispatchTensor) -> Result<DispatchTensor, String> {
    check_product(&a, &b)?;
    let (left, right) = (a.shape().to_vec(), b.shape().to_vec());
    if right.len() == 2 {
        // One matrix for the whole stack: the stack is one tall matrix.
        let columns = left[left.len() - 1];
        let rows = left[..left.len() - 1].iter().product();
        let a = Value::Float(a).reshape(vec![rows, columns])?.into_float()?;
        let mut shape = left;
        *shape.last_mut().expect("a matrix has axes") = right[1];
        let y = Value::Float(Dispatch::float_matmul(a, b));
        return y.reshape(shape)?.into_float();
    }
    let rank = left.len().max(right.len());
    let (a, b) = (
        with_rank(Value::Float(a), rank)?.into_float()?,
        with_rank(Value::Float(b), rank)?.into_float()?,
    );
    Ok(Dispatch::float_matmul(a, b))
}

/// Refuses stacks of matrices that cannot be multiplied.
fn check_product(a: &DispatchTensor, b: &DispatchTensor) -> Result<(), String> {
    let (left, right) = (a.shape().to_vec(), b.shape().to_vec());
    let (rows, columns) = (left.len() - 2, right.len() - 2);
    if left[rows + 1] != right[columns] {
        return Err(format!(
            "matrices of shapes {left:?} and {right:?} cannot be multiplied"
        ));
    }
    if left.contains(&0) || right.contains(&0) {
        return Err(format!("a matrix of shape {left:?} or {right:?} is empty"));
    }
    let mut shape = broadcast_shape(&[left[..rows].to_vec(), right[..columns].to_vec()])?;
    shape.extend([left[rows], right[columns + 1]]);
    bounded(&shape)
}
