//! The networks in Burn.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Distribution, Int, Tensor, activation};

use super::{CHANNELS, CLASSES, CONVOLUTIONAL_BATCH, LEARNING_RATE, PERCEPTRON, PERCEPTRON_BATCH};
use super::{SIDE, SLOPE};
use crate::timing::Contender;

#[derive(Clone, Copy)]
enum Rectifier {
    BurnRelu,
    BurnLeaky,
    OurLeaky,
    OurRelu,
}

impl Rectifier {
    const ALL: [(&str, Self); 4] = [
        ("Burn's ReLU", Rectifier::BurnRelu),
        ("Burn's Leaky ReLU", Rectifier::BurnLeaky),
        ("our Leaky ReLU", Rectifier::OurLeaky),
        ("our ReLU", Rectifier::OurRelu),
    ];

    fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Rectifier::BurnRelu => activation::relu(x),
            Rectifier::BurnLeaky => activation::leaky_relu(x, SLOPE),
            Rectifier::OurLeaky => leaky_burn::leaky_relu(x, SLOPE),
            Rectifier::OurRelu => leaky_burn::relu(x),
        }
    }
}

#[derive(Module, Debug)]
struct Perceptron {
    layers: Vec<Linear>,
}

#[derive(Module, Debug)]
struct Convolutional {
    first: Conv2d,
    second: Conv2d,
    pool: AdaptiveAvgPool2d,
    output: Linear,
}

pub(super) fn perceptron(device: &Device) -> Vec<Contender<'static>> {
    let layers = PERCEPTRON
        .windows(2)
        .map(|sizes| LinearConfig::new(sizes[0], sizes[1]).init(device))
        .collect();
    let input = random([PERCEPTRON_BATCH, PERCEPTRON[0]], device);
    let forward = |network: &Perceptron, mut x: Tensor<2>, rectifier: Rectifier| {
        let (output, hidden) = network.layers.split_last().expect("there are layers");
        for layer in hidden {
            x = rectifier.apply(layer.forward(x));
        }
        output.forward(x)
    };
    contenders(&Perceptron { layers }, &input, forward, device)
}

pub(super) fn convolutional(device: &Device) -> Vec<Contender<'static>> {
    let convolution = |from, to| {
        Conv2dConfig::new([from, to], [3, 3])
            .with_padding(PaddingConfig2d::Same)
            .init(device)
    };
    let network = Convolutional {
        first: convolution(CHANNELS[0], CHANNELS[1]),
        second: convolution(CHANNELS[1], CHANNELS[2]),
        pool: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
        output: LinearConfig::new(CHANNELS[2], CLASSES).init(device),
    };
    let input = random([CONVOLUTIONAL_BATCH, CHANNELS[0], SIDE, SIDE], device);
    let forward = |network: &Convolutional, x: Tensor<4>, rectifier: Rectifier| {
        let x = rectifier.apply(network.first.forward(x));
        let x = rectifier.apply(network.second.forward(x));
        network
            .output
            .forward(network.pool.forward(x).flatten(1, 3))
    };
    contenders(&network, &input, forward, device)
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// A training step with each rectifier, each on a copy of the network.
fn contenders<M: Module + 'static, const D: usize>(
    network: &M,
    input: &Tensor<D>,
    forward: fn(&M, Tensor<D>, Rectifier) -> Tensor<2>,
    device: &Device,
) -> Vec<Contender<'static>> {
    let classes = Tensor::<1, Int>::arange(0..input.dims()[0] as i64, device);
    let classes = classes.remainder_scalar(CLASSES as i64);
    Rectifier::ALL
        .into_iter()
        .map(|(name, rectifier)| {
            let (input, classes) = (input.clone(), classes.clone());
            let loss = CrossEntropyLossConfig::new().init(device);
            let mut optimizer = SgdConfig::new().init();
            let mut trained = Some(network.clone());
            Contender::new(name, move || {
                let network = trained.take().expect("each step puts the network back");
                let output = forward(&network, input.clone(), rectifier);
                let gradients = loss.forward(output, classes.clone()).backward();
                let gradients = GradientsParams::from_grads(gradients, &network);
                trained = Some(optimizer.step(LEARNING_RATE, network, gradients));
            })
        })
        .collect()
}
