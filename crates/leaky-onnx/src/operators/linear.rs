//! Matrix products.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};

use super::{Inputs, Request, Run};
use crate::value::{Value, broadcast_shape, with_rank};

/// `Y = alpha * A' * B' + beta * C`.
pub(super) fn gemm(request: &Request) -> Result<Run, String> {
    let attributes = &request.attributes;
    let alpha = attributes.float("alpha", 1.0)?;
    let beta = attributes.float("beta", 1.0)?;
    let transpose_a = attributes.flag("transA", false)?;
    let transpose_b = attributes.flag("transB", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let a = matrix(inputs.float(0)?, transpose_a)?;
        let b = matrix(inputs.float(1)?, transpose_b)?;
        let c = inputs.optional_float(2)?;
        let mut y = product(a, b)?;
        if alpha != 1.0 {
            y = Dispatch::float_mul_scalar(y, alpha.into());
        }
        if let Some(mut c) = c {
            let shape = y.shape().to_vec();
            if broadcast_shape(&[c.shape().to_vec(), shape.clone()])? != shape {
                return Err(format!(
                    "C of shape {:?} does not broadcast to {shape:?}",
                    c.shape().to_vec()
                ));
            }
            if beta != 1.0 {
                c = Dispatch::float_mul_scalar(c, beta.into());
            }
            let Value::Float(c) = with_rank(Value::Float(c), 2)? else {
                unreachable!("floats stay floats")
            };
            y = Dispatch::float_add(y, c);
        }
        Ok(vec![Value::Float(y)])
    }))
}

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
pub(super) fn matmul(_: &Request) -> Result<Run, String> {
    Ok(Box::new(|mut inputs: Inputs| {
        let (a, b) = (
            Value::Float(inputs.float(0)?),
            Value::Float(inputs.float(1)?),
        );
        let (vector_a, vector_b) = (a.rank() == 1, b.rank() == 1);
        if a.rank() == 0 || b.rank() == 0 {
            return Err("a scalar cannot be a factor".into());
        }
        let b = if vector_b {
            let size = b.len();
            b.reshape(vec![size, 1])?
        } else {
            b
        };
        let rank = a.rank().max(b.rank()).max(2);
        let (Value::Float(a), Value::Float(b)) = (with_rank(a, rank)?, with_rank(b, rank)?) else {
            unreachable!("floats stay floats")
        };
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

/// The product of two stacks of matrices of one rank.
fn product(a: DispatchTensor, b: DispatchTensor) -> Result<DispatchTensor, String> {
    let (left, right) = (a.shape().to_vec(), b.shape().to_vec());
    let rank = left.len();
    if left[rank - 1] != right[rank - 2] {
        return Err(format!(
            "matrices of shapes {left:?} and {right:?} cannot be multiplied"
        ));
    }
    broadcast_shape(&[left[..rank - 2].to_vec(), right[..rank - 2].to_vec()])?;
    Ok(Dispatch::float_matmul(a, b))
}
