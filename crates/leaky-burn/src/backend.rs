//! The rectifiers as operations of a backend: how Burn's dispatch finds the kernels.

#![allow(
    deprecated,
    reason = "Burn has deprecated its NdArray backend, and still ships it"
)]

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use crate::composed;

/// The rectifiers of one backend.
///
/// The bodies here compose Burn's own operations, so that any backend has the rectifiers; the
/// flex backend, with and without autodiff, replaces them by the kernels.
#[backend_extension(
    Autodiff,
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Cube: cfg(feature = "cube"),
    Remote: cfg(feature = "remote")
)]
pub(crate) trait Rectifiers: Backend {
    /// `max(x, 0)`; NaN stays NaN.
    fn rectify(input: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu(input)
    }

    /// `x` above zero, `negative_slope * x` elsewhere.
    fn rectify_leaky(input: FloatTensor<Self>, negative_slope: f64) -> FloatTensor<Self> {
        composed::leaky_relu::<Self>(input, negative_slope)
    }

    /// `x` above zero, `alpha * x` elsewhere; `alpha` has the input's rank and broadcasts to it.
    fn rectify_parametric(input: FloatTensor<Self>, alpha: FloatTensor<Self>) -> FloatTensor<Self> {
        composed::prelu::<Self>(input, alpha)
    }
}

macro_rules! through_burn {
    ($($feature:literal $backend:ident),*) => {$(
        #[cfg(feature = $feature)]
        impl Rectifiers for burn::backend::$backend {}
        #[cfg(feature = $feature)]
        impl<C> Rectifiers for burn::backend::Autodiff<burn::backend::$backend, C> where
            C: burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy
        {
        }
    )*};
}
through_burn!("ndarray" NdArray, "tch" LibTorch, "cube" Cube, "remote" Remote);
