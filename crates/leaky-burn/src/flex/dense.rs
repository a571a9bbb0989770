//! Tensors of the flex backend as slices, whatever their layout.

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, Element};
use bytemuck::Pod;
use leaky_relu::Float;

use crate::unit_counts;

/// The order in which the axes of a tensor lie in memory, outermost first.
///
/// `None` stands for the order of the axes themselves, by far the most frequent.
pub(super) type AxisOrder = Option<Vec<usize>>;

/// Element types of the flex backend that the kernels compute.
pub(super) trait Number: Float + Element + Pod {}

impl<T: Float + Element + Pod> Number for T {}

/// Runs the body with `$number` standing for the element type of `$dtype`, a float type of flex.
macro_rules! with_number {
    ($dtype:expr, $number:ident => $body:expr) => {
        leaky_relu::with_float!(
            burn::tensor::DType,
            $dtype,
            $number => $body,
            other => panic!(
                "a rectifier takes a tensor of f32, f64, f16 or bf16 on the flex backend; this one is of {other:?}"
            )
        )
    };
}
pub(super) use with_number;

/// A tensor whose elements fill one run of memory, with its axes laid out in the order of memory.
///
/// Elementwise work does not care about the order of the axes. So a permuted view (a transpose,
/// channels last) is worked on as it lies, and anything with gaps, repeats or reversed axes is
/// copied once.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    tensor: FlexTensor,
    order: AxisOrder,
}

impl Dense {
    /// Takes the tensor as it lies where that is one run of memory, a contiguous copy otherwise.
    pub(super) fn new(tensor: FlexTensor) -> Self {
        let order = memory_order(tensor.layout());
        Dense::in_order(tensor, order)
    }

    /// Takes a tensor in the given order of axes, copied where it does not lie so in memory.
    pub(super) fn in_order(tensor: FlexTensor, order: AxisOrder) -> Self {
        let tensor = match &order {
            Some(order) => permuted(tensor, order),
            None => tensor,
        };
        let tensor = if tensor.is_contiguous() {
            tensor
        } else {
            tensor.to_contiguous()
        };
        Dense { tensor, order }
    }

    /// A tensor of the same shape and order with other elements.
    pub(super) fn with_elements<E: Number>(self, elements: Vec<E>) -> FlexTensor {
        let layout = Layout::contiguous(self.tensor.layout().shape().clone());
        let tensor = FlexTensor::new(Bytes::from_elems(elements), layout, self.tensor.dtype());
        restored(tensor, self.order)
    }

    /// The lengths of the axes in the order of memory.
    pub(super) fn lengths(&self) -> &[usize] {
        self.tensor.layout().shape().as_slice()
    }

    /// The order of the axes in memory.
    pub(super) fn order(&self) -> &AxisOrder {
        &self.order
    }

    /// The elements, in the order of memory.
    pub(super) fn elements<E: Number>(&self) -> &[E] {
        let end = self.start() + self.len();
        &self.tensor.storage::<E>()[self.start()..end]
    }

    /// Applies a pass: `in_place` where nobody else holds the memory, `to_vec` elsewhere.
    pub(super) fn apply<E: Number, R>(
        mut self,
        in_place: impl FnOnce(&mut [E]) -> R,
        to_vec: impl FnOnce(&[E]) -> (Vec<E>, R),
    ) -> (FlexTensor, R) {
        let (start, end) = (self.start(), self.start() + self.len());
        if let Some(storage) = self.tensor.try_storage_mut::<E>() {
            let result = in_place(&mut storage[start..end]);
            return (restored(self.tensor, self.order), result);
        }
        let (output, result) = to_vec(self.elements());
        (self.with_elements(output), result)
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.tensor.layout().num_elements()
    }

    fn start(&self) -> usize {
        self.tensor.layout().start_offset()
    }
}

/// The order of the axes in which the layout is one run of memory; that of the axes themselves
/// where there is no such order.
pub(super) fn memory_order(layout: &Layout) -> AxisOrder {
    if layout.is_contiguous() {
        return None;
    }
    let mut order: Vec<usize> = (0..layout.num_dims()).collect();
    order.sort_by_key(|&axis| std::cmp::Reverse(layout.strides()[axis]));
    layout.permute(&order).is_contiguous().then_some(order)
}

/// Where the axis that holds the units stands in the order of memory.
pub(super) fn unit_axis(lengths: &[usize], order: &AxisOrder) -> usize {
    let axis = unit_counts::unit_axis(lengths.len());
    let in_memory = order
        .as_ref()
        .and_then(|order| order.iter().position(|&own| own == axis));
    in_memory.unwrap_or(axis)
}

/// The tensor with its axes as they were given before they were put in `order`.
fn restored(tensor: FlexTensor, order: AxisOrder) -> FlexTensor {
    let Some(order) = order else {
        return tensor;
    };
    let mut inverse = vec![0; order.len()];
    for (position, axis) in order.into_iter().enumerate() {
        inverse[axis] = position;
    }
    permuted(tensor, &inverse)
}

fn permuted(tensor: FlexTensor, order: &[usize]) -> FlexTensor {
    let layout = tensor.layout().permute(order);
    tensor.with_layout(layout)
}
