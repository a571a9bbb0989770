//! The networks in candle.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{
    Conv2dConfig, Module, Optimizer, SGD, Sequential, VarBuilder, VarMap, conv2d, linear, loss, seq,
};

use super::{CHANNELS, CLASSES, CONVOLUTIONAL_BATCH, LEARNING_RATE, PERCEPTRON, PERCEPTRON_BATCH};
use super::{SIDE, SLOPE};
use crate::timing::Contender;

type Rectifier = fn(&Tensor) -> Result<Tensor>;

const RECTIFIERS: [(&str, Rectifier); 3] = [
    ("candle's ReLU", |xs| xs.relu()),
    ("candle's Leaky ReLU", |xs| {
        candle_nn::ops::leaky_relu(xs, SLOPE)
    }),
    ("our Leaky ReLU", |xs| leaky_candle::leaky_relu(xs, SLOPE)),
];

pub(super) fn perceptron() -> Result<Vec<Contender<'static>>> {
    let input = Tensor::randn(
        0.0_f32,
        1.0,
        (PERCEPTRON_BATCH, PERCEPTRON[0]),
        &Device::Cpu,
    )?;
    contenders(&input, |builder, rectifier| {
        let [input, first, second, output] = PERCEPTRON;
        Ok(seq()
            .add(linear(input, first, builder.pp("first"))?)
            .add_fn(rectifier)
            .add(linear(first, second, builder.pp("second"))?)
            .add_fn(rectifier)
            .add(linear(second, output, builder.pp("output"))?))
    })
}

pub(super) fn convolutional() -> Result<Vec<Contender<'static>>> {
    let shape = (CONVOLUTIONAL_BATCH, CHANNELS[0], SIDE, SIDE);
    let input = Tensor::randn(0.0_f32, 1.0, shape, &Device::Cpu)?;
    contenders(&input, |builder, rectifier| {
        let same = Conv2dConfig {
            padding: 1,
            ..Conv2dConfig::default()
        };
        let [input, first, second] = CHANNELS;
        Ok(seq()
            .add(conv2d(input, first, 3, same, builder.pp("first"))?)
            .add_fn(rectifier)
            .add(conv2d(first, second, 3, same, builder.pp("second"))?)
            .add_fn(rectifier)
            .add_fn(|xs| xs.mean((2, 3)))
            .add(linear(second, CLASSES, builder.pp("output"))?))
    })
}

/// A training step with each rectifier, each on a network of its own.
fn contenders(
    input: &Tensor,
    network: impl Fn(VarBuilder, Rectifier) -> Result<Sequential>,
) -> Result<Vec<Contender<'static>>> {
    let samples = input.dims()[0];
    let classes = Tensor::from_iter((0..samples).map(|i| (i % CLASSES) as u32), &Device::Cpu)?;
    RECTIFIERS
        .into_iter()
        .map(|(name, rectifier)| {
            let variables = VarMap::new();
            let builder = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
            let network = network(builder, rectifier)?;
            let mut optimizer = SGD::new(variables.all_vars(), LEARNING_RATE)?;
            let (input, classes) = (input.clone(), classes.clone());
            let mut step = move || {
                let loss = loss::cross_entropy(&network.forward(&input)?, &classes)?;
                optimizer.backward_step(&loss)
            };
            // Refused operations show here, once; the timed runs repeat what succeeded.
            step()?;
            Ok(Contender::new(name, move || {
                step().expect("the step succeeded before");
            }))
        })
        .collect()
}
