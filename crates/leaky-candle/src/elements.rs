//! candle's CPU tensors as slices, whatever their layout.

use std::borrow::Cow;

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Layout, Result, Shape, Storage, Tensor, WithDType, bail};
use leaky_relu::{Float, Rectifier};

/// Element types that the kernels compute.
pub(crate) trait Number: Float + WithDType {}

impl<T: Float + WithDType> Number for T {}

/// Runs the body with `$number` standing for the element type of `$dtype`.
macro_rules! with_number {
    ($operation:literal, $dtype:expr, $number:ident => $body:expr) => {
        leaky_relu::with_float!(
            candle_core::DType,
            $dtype,
            $number => $body,
            other => candle_core::bail!(
                "{} takes a tensor of f32, f64, f16 or bf16; this one is of {}: convert it with `to_dtype`",
                $operation,
                other.as_str()
            )
        )
    };
}
pub(crate) use with_number;

/// The elements in the order of the axes: as they lie where they lie so, copied elsewhere.
pub(crate) fn elements<'a, T: Number>(
    storage: &'a CpuStorage,
    layout: &Layout,
) -> Result<Cow<'a, [T]>> {
    if let Some((start, end)) = layout.contiguous_offsets() {
        return Ok(Cow::Borrowed(
            &T::cpu_storage_as_slice(storage)?[start..end],
        ));
    }
    let mut copy = T::to_cpu_storage_owned(vec![T::zero(); layout.shape().elem_count()]);
    storage.copy_strided_src(&mut copy, 0, layout)?;
    Ok(Cow::Owned(T::cpu_storage_data(copy)?))
}

/// Applies a pass to elements: `in_place` where they were copied, `to_vec` elsewhere.
pub(crate) fn apply<T: Number, R>(
    elements: Cow<'_, [T]>,
    in_place: impl FnOnce(&mut [T]) -> R,
    to_vec: impl FnOnce(&[T]) -> (Vec<T>, R),
) -> (Vec<T>, R) {
    match elements {
        Cow::Owned(mut elements) => {
            let result = in_place(&mut elements);
            (elements, result)
        }
        Cow::Borrowed(elements) => to_vec(elements),
    }
}

/// The function over the elements of a layout.
pub(crate) fn forward<T: Number>(
    f: &impl Rectifier<T>,
    xs: &CpuStorage,
    layout: &Layout,
) -> Result<(CpuStorage, Shape)> {
    let xs = elements::<T>(xs, layout)?;
    let (ys, ()) = apply(
        xs,
        |xs| f.forward_in_place(xs),
        |xs| (f.forward_to_vec(xs), ()),
    );
    Ok((T::to_cpu_storage_owned(ys), layout.shape().clone()))
}

/// The gradient of the input, from the input and the gradient of the output.
pub(crate) fn backward<T: Number>(
    f: &impl Rectifier<T>,
    xs: &[T],
    gradient: Cow<'_, [T]>,
) -> Vec<T> {
    let (dx, ()) = apply(
        gradient,
        |dy| f.backward_in_place(xs, dy),
        |dy| (f.backward_to_vec(xs, dy), ()),
    );
    dx
}

/// Runs `body` on the memory of a CPU tensor.
pub(crate) fn on_cpu<R>(
    tensor: &Tensor,
    body: impl FnOnce(&CpuStorage, &Layout) -> Result<R>,
) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => body(storage, layout),
        _ => bail!("the tensor is not on the CPU, where its operation was computed"),
    }
}
