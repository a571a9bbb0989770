//! The values that flow through a network: tensors of any rank, of floats, integers or truth values.

use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchDevice, DispatchTensor, TensorMetadata, try_read_sync};
use burn::tensor::{BoolDType, DType, Element, FloatDType, IntDType, Shape, Slice, TensorData};

use crate::tensor;

/// One tensor of any rank.
#[derive(Debug, Clone)]
pub enum Value {
    /// `float32` or `float64`.
    Float(DispatchTensor),
    /// `int64`, which stands for every integer type of ONNX.
    Int(DispatchTensor),
    /// Truth values.
    Bool(DispatchTensor),
}

/// The same operation on each of the three kinds.
macro_rules! each_kind {
    ($value:expr, $tensor:ident => $float:expr, $int:expr, $bool:expr) => {
        match $value {
            Value::Float($tensor) => Value::Float($float),
            Value::Int($tensor) => Value::Int($int),
            Value::Bool($tensor) => Value::Bool($bool),
        }
    };
}

impl Value {
    /// Copies a host array to a device.
    pub fn from_data(data: TensorData, device: &DispatchDevice) -> Self {
        match data.dtype() {
            DType::Bool(_) => Self::Bool(Dispatch::bool_from_data(data, device)),
            dtype if dtype.is_float() => Self::Float(Dispatch::float_from_data(data, device)),
            _ => Self::Int(Dispatch::int_from_data(data, device)),
        }
    }

    /// Integers as a tensor of rank 1.
    pub(crate) fn from_ints(values: Vec<i64>, device: &DispatchDevice) -> Self {
        let shape = [values.len()];
        Self::from_data(TensorData::new(values, shape), device)
    }

    /// Copies the tensor to the host. On the CPU this waits for nothing.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub fn into_data(self) -> Result<TensorData, String> {
        let read = match self {
            Self::Float(tensor) => try_read_sync(Dispatch::float_into_data(tensor)),
            Self::Int(tensor) => try_read_sync(Dispatch::int_into_data(tensor)),
            Self::Bool(tensor) => try_read_sync(Dispatch::bool_into_data(tensor)),
        };
        match read {
            Some(Ok(data)) => Ok(data),
            Some(Err(error)) => Err(format!("the device failed: {error:?}")),
            None => Err("the device cannot be read from synchronously".into()),
        }
    }

    /// The tensor itself, of whatever kind.
    pub(crate) fn tensor(&self) -> &DispatchTensor {
        match self {
            Self::Float(tensor) | Self::Int(tensor) | Self::Bool(tensor) => tensor,
        }
    }

    /// The tensor, which must hold floats.
    pub(crate) fn into_float(self) -> Result<DispatchTensor, String> {
        match self {
            Self::Float(tensor) => Ok(tensor),
            other => Err(format!("holds {}, expected floats", other.kind())),
        }
    }

    /// The only number it holds; `what` names it in messages.
    pub(crate) fn number(&self, what: &str) -> Result<f64, String> {
        self.only(what)
    }

    /// The only number it holds, which must be an integer.
    pub(crate) fn integer(&self, what: &str) -> Result<i64, String> {
        match self {
            Self::Int(_) => self.only(what),
            other => Err(format!(
                "{what} holds {}, expected an integer",
                other.kind()
            )),
        }
    }

    fn only<T: Element>(&self, what: &str) -> Result<T, String> {
        if self.len() != 1 {
            return Err(format!(
                "{what} has shape {:?}, expected one number",
                self.shape()
            ));
        }
        let numbers: Vec<T> = tensor::values(&self.clone().into_data()?);
        Ok(numbers[0])
    }

    /// Whether both hold floats of one width, integers or truth values.
    pub(crate) fn same_type(&self, other: &Self) -> Result<(), String> {
        let (left, right) = (self.tensor().dtype(), other.tensor().dtype());
        if left == right || (left.is_bool() && right.is_bool()) {
            return Ok(());
        }
        Err(format!(
            "cannot compute with {left:?} and {right:?} together"
        ))
    }

    /// Floats of a given width.
    pub(crate) fn to_float(&self, dtype: DType) -> Result<Self, String> {
        let wanted = FloatDType::from(dtype);
        Ok(Self::Float(match self.clone() {
            Self::Float(tensor) if tensor.dtype() == dtype => tensor,
            Self::Float(tensor) => Dispatch::float_cast(tensor, wanted),
            Self::Int(tensor) => Dispatch::int_into_float(tensor, wanted),
            Self::Bool(tensor) => Dispatch::bool_into_float(tensor, wanted),
        }))
    }

    /// Integers; floats are rounded towards zero.
    pub(crate) fn to_int(&self) -> Self {
        Self::Int(match self.clone() {
            Self::Float(tensor) => Dispatch::float_into_int(tensor, IntDType::I64),
            Self::Int(tensor) => tensor,
            Self::Bool(tensor) => Dispatch::bool_into_int(tensor, IntDType::I64),
        })
    }

    /// Truth values: what is not zero is true.
    pub(crate) fn to_bool(&self) -> Self {
        Self::Bool(match self.clone() {
            Self::Float(tensor) => {
                Dispatch::float_not_equal_elem(tensor, 0.0.into(), BoolDType::Native)
            }
            Self::Int(tensor) => Dispatch::int_not_equal_elem(tensor, 0.into(), BoolDType::Native),
            Self::Bool(tensor) => tensor,
        })
    }

    /// Integers, each passed through `apply` on the host.
    pub(crate) fn map_ints(
        self,
        apply: impl Fn(i64) -> Result<i64, String>,
    ) -> Result<Self, String> {
        let (shape, device) = (self.shape(), self.tensor().device());
        let numbers = tensor::values::<i64>(&self.into_data()?)
            .into_iter()
            .map(apply)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::from_data(
            TensorData::new(numbers, shape.as_slice()),
            &device,
        ))
    }

    /// A tensor of this kind, type and device, every element `number`; truth values are true where it
    /// is above zero.
    pub(crate) fn filled(&self, shape: Vec<usize>, number: f64) -> Self {
        let (device, shape) = (self.tensor().device(), Shape::from(shape));
        match self {
            Self::Float(tensor) => {
                let dtype = FloatDType::from(tensor.dtype());
                Self::Float(Dispatch::float_full(shape, number.into(), &device, dtype))
            }
            Self::Int(_) => Self::Int(Dispatch::int_full(
                shape,
                (number as i64).into(),
                &device,
                IntDType::I64,
            )),
            Self::Bool(_) if number <= 0.0 => {
                Self::Bool(Dispatch::bool_zeros(shape, &device, BoolDType::Native))
            }
            Self::Bool(_) => Self::Bool(Dispatch::bool_ones(shape, &device, BoolDType::Native)),
        }
    }

    /// Where it lies.
    pub(crate) fn device(&self) -> DispatchDevice {
        self.tensor().device()
    }

    /// The sizes of its axes.
    pub fn shape(&self) -> Vec<usize> {
        self.tensor().shape().to_vec()
    }

    /// The number of its axes.
    pub fn rank(&self) -> usize {
        self.tensor().shape().num_dims()
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.tensor().shape().num_elements()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds, in a word for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Float(_) => "floats",
            Self::Int(_) => "integers",
            Self::Bool(_) => "truth values",
        }
    }

    /// The same elements in another shape of equal size.
    ///
    /// # Errors
    ///
    /// If the sizes differ.
    pub fn reshape(self, shape: Vec<usize>) -> Result<Self, String> {
        let expected: Option<usize> = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
        if expected != Some(self.len()) {
            return Err(format!("shape {:?} cannot become {shape:?}", self.shape()));
        }
        if self.shape() == shape {
            return Ok(self);
        }
        let shape = Shape::from(shape);
        Ok(
            each_kind!(self, t => Dispatch::float_reshape(t, shape), Dispatch::int_reshape(t, shape), Dispatch::bool_reshape(t, shape)),
        )
    }

    /// The same elements with the axes in another order.
    pub(crate) fn permute(self, axes: &[usize]) -> Result<Self, String> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.rank()) {
            return Err(format!("{axes:?} is not an order of {} axes", self.rank()));
        }
        Ok(
            each_kind!(self, t => Dispatch::float_permute(t, axes), Dispatch::int_permute(t, axes), Dispatch::bool_permute(t, axes)),
        )
    }

    /// A part of each axis. The slices must lie inside of the shape.
    pub(crate) fn slice(self, slices: &[Slice]) -> Self {
        each_kind!(self, t => Dispatch::float_slice(t, slices), Dispatch::int_slice(t, slices), Dispatch::bool_slice(t, slices))
    }

    /// Writes `part` over a part of each axis. The slices must lie inside of the shape.
    pub(crate) fn slice_assign(self, slices: &[Slice], part: Self) -> Result<Self, String> {
        self.same_type(&part)?;
        Ok(match (self, part) {
            (Self::Float(all), Self::Float(part)) => {
                Self::Float(Dispatch::float_slice_assign(all, slices, part))
            }
            (Self::Int(all), Self::Int(part)) => {
                Self::Int(Dispatch::int_slice_assign(all, slices, part))
            }
            (Self::Bool(all), Self::Bool(part)) => {
                Self::Bool(Dispatch::bool_slice_assign(all, slices, part))
            }
            (all, _) => return Err(format!("cannot write over {}", all.kind())),
        })
    }

    /// The entries of `axis` that `indices`, of rank 1 and inside of the axis, name.
    pub(crate) fn select(self, axis: usize, indices: DispatchTensor) -> Self {
        each_kind!(self, t => Dispatch::float_select(t, axis, indices), Dispatch::int_select(t, axis, indices), Dispatch::bool_select(t, axis, indices))
    }

    /// Repeats axes of size 1 until the shape is `shape`, which has the same rank.
    pub(crate) fn expand(self, shape: Vec<usize>) -> Self {
        if self.shape() == shape {
            return self;
        }
        let shape = Shape::from(shape);
        each_kind!(self, t => Dispatch::float_expand(t, shape), Dispatch::int_expand(t, shape), Dispatch::bool_expand(t, shape))
    }

    /// The elements `yes` where `mask` is true, `self` elsewhere; all three have one shape.
    pub(crate) fn replace_where(self, mask: DispatchTensor, yes: Self) -> Result<Self, String> {
        self.same_type(&yes)?;
        Ok(match (self, yes) {
            (Self::Float(no), Self::Float(yes)) => {
                Self::Float(Dispatch::float_mask_where(no, mask, yes))
            }
            (Self::Int(no), Self::Int(yes)) => Self::Int(Dispatch::int_mask_where(no, mask, yes)),
            (Self::Bool(no), Self::Bool(yes)) => {
                Self::Bool(Dispatch::bool_mask_where(no, mask, yes))
            }
            (no, yes) => return Err(format!("mixes {} and {}", no.kind(), yes.kind())),
        })
    }

    /// Values joined along `axis`; their other axes must agree.
    pub(crate) fn concatenate(values: Vec<Self>, axis: usize) -> Result<Self, String> {
        let first = values.first().ok_or("nothing to join")?;
        let (kind, shape) = (first.kind(), first.shape());
        for value in &values {
            first.same_type(value)?;
            let mut aligned = value.shape();
            if value.rank() == shape.len() {
                aligned[axis] = shape[axis];
            }
            if aligned != shape {
                return Err(format!(
                    "{} of shape {:?} cannot be joined with {kind} of shape {shape:?} along axis {axis}",
                    value.kind(),
                    value.shape()
                ));
            }
        }
        let tensors = values.iter().map(|value| value.tensor().clone()).collect();
        Ok(match first {
            Self::Float(_) => Self::Float(Dispatch::float_cat(tensors, axis)),
            Self::Int(_) => Self::Int(Dispatch::int_cat(tensors, axis)),
            Self::Bool(_) => Self::Bool(Dispatch::bool_cat(tensors, axis)),
        })
    }
}

/// The shape to which tensors of these shapes broadcast.
///
/// Source: <https://github.com/onnx/onnx/blob/main/docs/Broadcasting.md>.
pub(crate) fn broadcast_shape(shapes: &[Vec<usize>]) -> Result<Vec<usize>, String> {
    let rank = shapes.iter().map(Vec::len).max().unwrap_or(0);
    let mut result = vec![1; rank];
    for shape in shapes {
        let offset = rank - shape.len();
        for (axis, &size) in shape.iter().enumerate() {
            let target = &mut result[offset + axis];
            if *target == 1 {
                *target = size;
            } else if size != 1 && size != *target {
                return Err(format!("shapes {shapes:?} do not broadcast"));
            }
        }
    }
    Ok(result)
}

/// Whether gradients may flow through a tensor.
pub(crate) fn is_tracked(tensor: &DispatchTensor) -> bool {
    matches!(tensor.device(), DispatchDevice::Autodiff(_))
}

/// Puts axes of size 1 before the others until the rank is `rank`.
pub(crate) fn with_rank(value: Value, rank: usize) -> Result<Value, String> {
    let shape = value.shape();
    let mut padded = vec![1; rank.saturating_sub(shape.len())];
    padded.extend(shape);
    value.reshape(padded)
}

/// An axis counted from the end where it is negative.
pub(crate) fn axis(axis: i64, rank: usize) -> Result<usize, String> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(counted)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| format!("axis {axis} does not exist in {rank} axes"))
}

/// Axes counted from the end where they are negative, none of them twice.
pub(crate) fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, String> {
    let axes = list
        .iter()
        .map(|&number| axis(number, rank))
        .collect::<Result<Vec<_>, _>>()?;
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(format!("axes {list:?} name one axis twice"));
    }
    Ok(axes)
}
