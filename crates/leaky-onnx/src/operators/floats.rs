//! Arithmetic on float tensors of any rank, for operators that are composed of simpler ones.
//!
//! Every step checks its shapes, so that whatever a file says ends in a result or in a reason, and
//! every step has Burn's gradient.

use burn::backend::ops::{ActivationOps, FloatTensorOps};
use burn::backend::{Dispatch, DispatchDevice, DispatchTensor, TensorMetadata};
use burn::tensor::{DType, Slice, TensorData};

use super::elementwise::aligned;
use super::linear::product;
use super::reduction;
use crate::value::Value;

/// A float tensor that is computed with.
#[derive(Clone)]
pub(super) struct Floats(DispatchTensor);

type Unary = fn(DispatchTensor) -> DispatchTensor;
type Binary = fn(DispatchTensor, DispatchTensor) -> DispatchTensor;

impl From<DispatchTensor> for Floats {
    fn from(tensor: DispatchTensor) -> Self {
        Self(tensor)
    }
}

impl From<Floats> for Value {
    fn from(floats: Floats) -> Self {
        Self::Float(floats.0)
    }
}

impl TryFrom<Value> for Floats {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        value.into_float().map(Self)
    }
}

impl Floats {
    /// A host array in the type of another tensor, on its device.
    pub(super) fn like(&self, data: TensorData) -> Self {
        let data = data.convert_dtype(self.dtype());
        Self(Dispatch::float_from_data(data, &self.0.device()))
    }

    pub(super) fn tensor(self) -> DispatchTensor {
        self.0
    }

    pub(super) fn value(self) -> Value {
        Value::Float(self.0)
    }

    pub(super) fn shape(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }

    pub(super) fn dtype(&self) -> DType {
        self.0.dtype()
    }

    pub(super) fn device(&self) -> DispatchDevice {
        self.0.device()
    }

    pub(super) fn map(self, apply: Unary) -> Self {
        Self(apply(self.0))
    }

    fn with(self, other: &Self, apply: Binary) -> Result<Self, String> {
        let (a, b) = aligned(self.value(), other.clone().value())?;
        Ok(Self(apply(a.into_float()?, b.into_float()?)))
    }

    pub(super) fn add(self, other: &Self) -> Result<Self, String> {
        self.with(other, Dispatch::float_add)
    }

    pub(super) fn sub(self, other: &Self) -> Result<Self, String> {
        self.with(other, Dispatch::float_sub)
    }

    pub(super) fn mul(self, other: &Self) -> Result<Self, String> {
        self.with(other, Dispatch::float_mul)
    }

    pub(super) fn div(self, other: &Self) -> Result<Self, String> {
        self.with(other, Dispatch::float_div)
    }

    /// Adds a number to every element.
    pub(super) fn plus(self, number: f64) -> Self {
        if number == 0.0 {
            return self;
        }
        Self(Dispatch::float_add_scalar(self.0, number.into()))
    }

    /// Multiplies every element by a number.
    pub(super) fn times(self, number: f64) -> Self {
        if number == 1.0 {
            return self;
        }
        Self(Dispatch::float_mul_scalar(self.0, number.into()))
    }

    pub(super) fn power(self, exponent: f64) -> Self {
        Self(Dispatch::float_powf_scalar(self.0, exponent.into()))
    }

    pub(super) fn clamp(self, low: f64, high: f64) -> Self {
        Self(Dispatch::float_clamp(self.0, low.into(), high.into()))
    }

    /// The product of two stacks of matrices.
    pub(super) fn matmul(self, other: Self) -> Result<Self, String> {
        if self.shape().len() < 2 || other.shape().len() < 2 {
            return Err(format!(
                "shapes {:?} and {:?} are not both matrices",
                self.shape(),
                other.shape()
            ));
        }
        product(self.0, other.0).map(Self)
    }

    /// The sum along axes, which keep size 1.
    pub(super) fn sum(self, axes: &[usize]) -> Result<Self, String> {
        reduction::sum_over(self.value(), axes)?.try_into()
    }

    /// The mean along axes, which keep size 1.
    pub(super) fn mean(self, axes: &[usize]) -> Result<Self, String> {
        reduction::mean_over(self.value(), axes)?.try_into()
    }

    /// The largest along axes, which keep size 1.
    pub(super) fn max(self, axes: &[usize]) -> Result<Self, String> {
        reduction::max_over(self.value(), axes)?.try_into()
    }

    pub(super) fn softmax(self, axis: usize) -> Self {
        if self.shape().contains(&0) {
            return self;
        }
        Self(Dispatch::softmax(self.0, axis))
    }

    pub(super) fn log_softmax(self, axis: usize) -> Self {
        if self.shape().contains(&0) {
            return self;
        }
        Self(Dispatch::log_softmax(self.0, axis))
    }

    pub(super) fn reshape(self, shape: Vec<usize>) -> Result<Self, String> {
        self.value().reshape(shape)?.try_into()
    }

    pub(super) fn permute(self, axes: &[usize]) -> Result<Self, String> {
        self.value().permute(axes)?.try_into()
    }

    /// The last two axes in the other order.
    pub(super) fn transposed(self) -> Result<Self, String> {
        let rank = self.shape().len();
        if rank < 2 {
            return Err(format!("shape {:?} is no matrix", self.shape()));
        }
        let mut axes: Vec<usize> = (0..rank).collect();
        axes.swap(rank - 2, rank - 1);
        self.permute(&axes)
    }

    /// A range of an axis, which must lie inside of it and not be empty.
    pub(super) fn part(&self, axis: usize, range: std::ops::Range<usize>) -> Result<Self, String> {
        let shape = self.shape();
        if range.is_empty() || range.end > shape.get(axis).copied().unwrap_or(0) {
            return Err(format!(
                "{} to {} is no part of axis {axis} of {shape:?}",
                range.start, range.end
            ));
        }
        let slices: Vec<Slice> = shape
            .iter()
            .enumerate()
            .map(|(index, &size)| {
                let (start, end) = if index == axis {
                    (range.start, range.end)
                } else {
                    (0, size)
                };
                Slice::new(start as isize, Some(end as isize), 1)
            })
            .collect();
        self.clone().value().slice(&slices).try_into()
    }

    /// Entries of an axis at positions inside of it.
    pub(super) fn select(self, axis: usize, positions: Vec<i64>) -> Result<Self, String> {
        let device = self.device();
        let indices = Value::from_ints(positions, &device);
        self.value()
            .select(axis, indices.tensor().clone())
            .try_into()
    }

    /// Tensors joined along an axis.
    pub(super) fn concatenate(parts: Vec<Self>, axis: usize) -> Result<Self, String> {
        let values = parts.into_iter().map(Self::value).collect();
        Value::concatenate(values, axis)?.try_into()
    }

    /// A tensor of this type and device, every element the same.
    pub(super) fn filled(&self, shape: Vec<usize>, number: f64) -> Self {
        match self.clone().value().filled(shape, number) {
            Value::Float(tensor) => Self(tensor),
            _ => unreachable!("floats stay floats"),
        }
    }

    /// `yes` where a mask of host truth values, of a shape that broadcasts to this one, is true.
    pub(super) fn replaced(self, mask: TensorData, yes: f64) -> Result<Self, String> {
        let shape = self.shape();
        let mask = Value::from_data(mask, &self.device());
        let mask = crate::value::with_rank(mask, shape.len())?;
        if crate::value::broadcast_shape(&[mask.shape(), shape.clone()])? != shape {
            return Err(format!("a mask of shape {:?} for {shape:?}", mask.shape()));
        }
        let mask = mask.expand(shape.clone()).tensor().clone();
        let yes = self.filled(shape, yes).value();
        self.value().replace_where(mask, yes)?.try_into()
    }

    /// The numbers, on the host.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, String> {
        Ok(crate::tensor::values(&self.clone().value().into_data()?))
    }
}
