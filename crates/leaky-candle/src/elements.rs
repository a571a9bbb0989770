//! candle's CPU tensors as slices, whatever their layout.

use std::borrow::Cow;

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, WithDType, bail};
use leaky_relu::Float;

/// Element types that the kernels compute.
pub(crate) trait Number: Float + WithDType {}

impl<T: Float + WithDType> Number for T {}

/// Runs the body with `$number` standing for the element type of `$dtype`.
macro_rules! with_number {
    ($operation:literal, $dtype:expr, $number:ident => $body:expr) => {
        match $dtype {
            candle_core::DType::F32 => {
                type $number = f32;
                $body
            }
            candle_core::DType::F64 => {
                type $number = f64;
                $body
            }
            candle_core::DType::F16 => {
                type $number = half::f16;
                $body
            }
            candle_core::DType::BF16 => {
                type $number = half::bf16;
                $body
            }
            other => candle_core::bail!(
                "{} takes a tensor of f32, f64, f16 or bf16; this one is of {}: convert it with `to_dtype`",
                $operation,
                other.as_str()
            ),
        }
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
