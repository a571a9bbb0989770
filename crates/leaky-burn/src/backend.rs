//! The rectifiers and convolutions as operations of a backend: how Burn's dispatch finds the kernels.

#![allow(
    deprecated,
    reason = "Burn has deprecated its NdArray backend, and still ships it"
)]

use burn::backend::ops::{ConvOptions, ConvTransposeOptions};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType, backend_extension};

use crate::composed;
use crate::max_pool::MaxPool;
use crate::rectifier::Rectifier;

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
        composed::relu::<Self>(input)
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

/// The bias of a convolution that may have none.
#[derive(ExtensionType)]
pub(crate) enum Bias<B: Backend> {
    Absent,
    Present(FloatTensor<B>),
}

impl<B: Backend> Bias<B> {
    pub(crate) fn into_option(self) -> Option<FloatTensor<B>> {
        match self {
            Bias::Absent => None,
            Bias::Present(bias) => Some(bias),
        }
    }
}

/// The convolutions of one backend, over images: a signal of one axis is an image of one row.
///
/// The bodies here compose Burn's own operations; the flex backend, with and without autodiff,
/// replaces them.
#[backend_extension(
    Autodiff,
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Cube: cfg(feature = "cube"),
    Remote: cfg(feature = "remote")
)]
pub(crate) trait Convolutions: Backend {
    /// A convolution, then the rectifier.
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] bias: Bias<Self>,
        options: ConvOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> FloatTensor<Self> {
        composed::convolve::<Self>(input, weight, bias.into_option(), options, rectifier)
    }

    /// A transposed convolution, then the rectifier.
    fn convolve_transposed(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] bias: Bias<Self>,
        options: ConvTransposeOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> FloatTensor<Self> {
        composed::convolve_transposed::<Self>(input, weight, bias.into_option(), options, rectifier)
    }
}

/// The pooling of one backend, over images.
///
/// The body here is Burn's own; the flex backend, with and without autodiff, replaces it.
#[backend_extension(
    Autodiff,
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Cube: cfg(feature = "cube"),
    Remote: cfg(feature = "remote")
)]
pub(crate) trait Pooling: Backend {
    /// The largest number of each window.
    fn pool_max(input: FloatTensor<Self>, pool: MaxPool) -> FloatTensor<Self> {
        composed::pool_max::<Self>(input, pool)
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
        #[cfg(feature = $feature)]
        impl Pooling for burn::backend::$backend {}
        #[cfg(feature = $feature)]
        impl<C> Pooling for burn::backend::Autodiff<burn::backend::$backend, C> where
            C: burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy
        {
        }
        #[cfg(feature = $feature)]
        impl Convolutions for burn::backend::$backend {}
        #[cfg(feature = $feature)]
        impl<C> Convolutions for burn::backend::Autodiff<burn::backend::$backend, C> where
            C: burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy
        {
        }
    )*};
}
through_burn!("ndarray" NdArray, "tch" LibTorch, "cube" Cube, "remote" Remote);
