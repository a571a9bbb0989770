//! Convolutions on the flex backend, with the rectifier behind them in the same pass.

mod correlation;
mod depthwise;
mod geometry;
mod gradient;
mod operation;
mod padded;
mod pieces;
mod product;
mod running;
mod tile;
mod weight_gradient;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::ops::{ConvOptions, ConvTransposeOptions};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use self::operation::Operation;
use super::checkpointing::recomputes;
use crate::backend::{Bias, Convolutions};
use crate::composed;
use crate::rectifier::Rectifier;

impl Convolutions for Flex {
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Bias<Self>,
        options: ConvOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> FloatTensor<Self> {
        let bias = bias.into_option();
        match Operation::convolution(&input, &weight, bias.as_ref(), &options, rectifier) {
            Some(operation) => operation.forward(&input, &weight, bias.as_ref()),
            None => composed::convolve::<Self>(input, weight, bias, options, rectifier),
        }
    }

    fn convolve_transposed(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Bias<Self>,
        options: ConvTransposeOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> FloatTensor<Self> {
        let bias = bias.into_option();
        match Operation::transpose(&input, &weight, bias.as_ref(), &options, rectifier) {
            Some(operation) => operation.forward(&input, &weight, bias.as_ref()),
            None => composed::convolve_transposed::<Self>(input, weight, bias, options, rectifier),
        }
    }
}

impl<C: CheckpointStrategy> Convolutions for Autodiff<Flex, C> {
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Bias<Self>,
        options: ConvOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> FloatTensor<Self> {
        let bias = bias.into_option();
        let (x, w) = (input.primitive(), weight.primitive());
        let b = bias.as_ref().map(|bias| bias.primitive());
        match Operation::convolution(x, w, b, &options, rectifier) {
            Some(operation) if !recomputes::<C>() => {
                gradient::record::<C>(operation, input, weight, bias)
            }
            _ => composed::convolve::<Self>(input, weight, bias, options, rectifier),
        }
    }

    fn convolve_transposed(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Bias<Self>,
        options: ConvTransposeOptions<2>,
        rectifier: Option<Rectifier>,
    ) -> FloatTensor<Self> {
        let bias = bias.into_option();
        let (x, w) = (input.primitive(), weight.primitive());
        let b = bias.as_ref().map(|bias| bias.primitive());
        match Operation::transpose(x, w, b, &options, rectifier) {
            Some(operation) if !recomputes::<C>() => {
                gradient::record::<C>(operation, input, weight, bias)
            }
            _ => composed::convolve_transposed::<Self>(input, weight, bias, options, rectifier),
        }
    }
}
