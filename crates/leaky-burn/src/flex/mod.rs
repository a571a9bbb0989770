//! The rectifiers on the flex backend, through the kernels of `leaky-relu`; convolutions and pooling.

mod by_signs;
mod checkpointing;
mod convolution;
mod dense;
mod gradient;
mod max_pool;
mod passes;
mod prelu;
mod single;
mod threads;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use self::by_signs::BySigns;
use self::checkpointing::recomputes;
use self::prelu::PRelu;
use crate::backend::Rectifiers;
use crate::composed;

impl Rectifiers for Flex {
    fn rectify(input: FloatTensor<Self>) -> FloatTensor<Self> {
        BySigns::Relu.forward(input)
    }

    fn rectify_leaky(input: FloatTensor<Self>, negative_slope: f64) -> FloatTensor<Self> {
        match BySigns::leaky_relu(negative_slope) {
            Some(rectifier) => rectifier.forward(input),
            None => composed::leaky_relu::<Self>(input, negative_slope),
        }
    }

    fn rectify_parametric(input: FloatTensor<Self>, alpha: FloatTensor<Self>) -> FloatTensor<Self> {
        match PRelu::new(&input, &alpha) {
            Some(rectifier) => rectifier.forward(input),
            None => composed::prelu::<Self>(input, alpha),
        }
    }
}

impl<C: CheckpointStrategy> Rectifiers for Autodiff<Flex, C> {
    fn rectify(input: FloatTensor<Self>) -> FloatTensor<Self> {
        if recomputes::<C>() {
            return composed::relu::<Self>(input);
        }
        gradient::record_by_signs::<C>(BySigns::Relu, input)
    }

    fn rectify_leaky(input: FloatTensor<Self>, negative_slope: f64) -> FloatTensor<Self> {
        match BySigns::leaky_relu(negative_slope) {
            Some(rectifier) if !recomputes::<C>() => {
                gradient::record_by_signs::<C>(rectifier, input)
            }
            _ => composed::leaky_relu::<Self>(input, negative_slope),
        }
    }

    fn rectify_parametric(input: FloatTensor<Self>, alpha: FloatTensor<Self>) -> FloatTensor<Self> {
        match PRelu::new(input.primitive(), alpha.primitive()) {
            Some(rectifier) if !recomputes::<C>() => {
                gradient::record_prelu::<C>(rectifier, input, alpha)
            }
            _ => composed::prelu::<Self>(input, alpha),
        }
    }
}
