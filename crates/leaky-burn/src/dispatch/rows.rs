//! Signals of one axis as images of one row.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::Shape;

/// `[batch, channels, length]` as images of one row.
pub(super) fn of_one_row(tensor: DispatchTensor) -> DispatchTensor {
    let shape = tensor.shape();
    let &[batch, channels, length] = shape.as_slice() else {
        panic!("an operation over one axis takes three axes, not {shape}");
    };
    Dispatch::float_reshape(tensor, Shape::from([batch, channels, 1, length]))
}

/// The rows as signals again.
pub(super) fn without_rows(tensor: DispatchTensor) -> DispatchTensor {
    let shape = tensor.shape();
    let &[batch, channels, 1, length] = shape.as_slice() else {
        panic!("images of one row have four axes, not {shape}");
    };
    Dispatch::float_reshape(tensor, Shape::from([batch, channels, length]))
}
