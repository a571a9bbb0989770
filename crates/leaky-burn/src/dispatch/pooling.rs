//! Pooling over rank-free tensors.

use burn::backend::{Dispatch, DispatchTensor};

use super::rows::{of_one_row, without_rows};
use crate::backend::Pooling;
use crate::max_pool::MaxPool;

/// The largest number of each window over the last axis of `[batch, channels, length]`.
///
/// # Panics
/// If the input has not three axes, or a window does not fit into it.
pub fn max_pool1d(
    input: DispatchTensor,
    [kernel, stride, padding, dilation]: [usize; 4],
    ceil_mode: bool,
) -> DispatchTensor {
    let output = max_pool2d(
        of_one_row(input),
        [[1, kernel], [1, stride], [0, padding], [1, dilation]],
        ceil_mode,
    );
    without_rows(output)
}

/// The largest number of each window over the last two axes of `[batch, channels, height, width]`:
/// the sizes of the kernel, its strides, what is added before and behind each axis, and its dilations.
/// One that is not a number is larger than any. With `ceil_mode`, a last window that reaches behind the
/// image counts.
///
/// # Panics
/// If the input has not four axes, or a window does not fit into it.
pub fn max_pool2d(
    input: DispatchTensor,
    [kernel, stride, padding, dilation]: [[usize; 2]; 4],
    ceil_mode: bool,
) -> DispatchTensor {
    Dispatch::pool_max(
        input,
        MaxPool {
            kernel,
            stride,
            padding,
            dilation,
            ceil_mode,
        },
    )
}
