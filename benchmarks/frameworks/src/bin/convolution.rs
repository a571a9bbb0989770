//! Times convolutions with a Leaky ReLU behind them: in one pass, in two, and with Burn's own
//! convolution. Each line holds a layer's name and milliseconds: forward in one pass, in two, and
//! Burn's; then the same for a forward and a backward pass. `convolution.py` sets PyTorch beside it.
//!
//! Arguments name the layers to time; without any, all are.

use std::hint::black_box;
use std::time::Instant;

use burn::tensor::module;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Tensor};
use leaky_burn::{Rectifier, conv2d, leaky_relu};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SLOPE: f64 = 0.1;
const ROUNDS: usize = 9;

/// A layer: batch, groups, channels in and out, the input's rows and columns, kernel, stride and
/// padding.
struct Layer {
    name: &'static str,
    batch: usize,
    groups: usize,
    channels: [usize; 2],
    size: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
}

macro_rules! layers {
    ($($name:literal: $batch:literal $groups:literal $channels:tt $size:tt $kernel:tt $stride:tt $padding:tt,)*) => {
        &[$(Layer {
            name: $name,
            batch: $batch,
            groups: $groups,
            channels: $channels,
            size: $size,
            kernel: $kernel,
            stride: $stride,
            padding: $padding,
        },)*]
    };
}

/// The same list stands in `convolution.py`.
const LAYERS: &[Layer] = layers! {
    "resnet-first": 32 1 [3, 64] [32, 32] [3, 3] [1, 1] [1, 1],
    "resnet-64": 32 1 [64, 64] [32, 32] [3, 3] [1, 1] [1, 1],
    "resnet-128-strided": 32 1 [64, 128] [32, 32] [3, 3] [2, 2] [1, 1],
    "resnet-128-shortcut": 32 1 [64, 128] [32, 32] [1, 1] [2, 2] [0, 0],
    "resnet-256": 32 1 [256, 256] [8, 8] [3, 3] [1, 1] [1, 1],
    "resnet-512": 32 1 [512, 512] [4, 4] [3, 3] [1, 1] [1, 1],
    "unet-16": 16 1 [16, 16] [64, 64] [3, 3] [1, 1] [1, 1],
    "unet-32": 16 1 [32, 32] [32, 32] [3, 3] [1, 1] [1, 1],
    "audio-first": 32 1 [1, 32] [1, 4096] [1, 9] [1, 4] [0, 4],
    "audio-64": 32 1 [32, 64] [1, 1024] [1, 9] [1, 2] [0, 4],
    "depthwise-64": 32 64 [64, 64] [32, 32] [3, 3] [1, 1] [1, 1],
};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for layer in LAYERS {
        if wanted.is_empty() || wanted.iter().any(|name| name == layer.name) {
            let [forward, step] = layer.time();
            let numbers = forward
                .iter()
                .chain(&step)
                .map(|s| format!("{:.3}", s * 1e3));
            println!("{} {}", layer.name, numbers.collect::<Vec<_>>().join(" "));
        }
    }
}

impl Layer {
    /// The medians in seconds: forward, and forward and backward.
    fn time(&self) -> [[f64; 3]; 2] {
        [Device::flex(), Device::flex().autodiff()].map(|device| {
            let uniform = |shape: [usize; 4]| {
                Tensor::<4>::random(shape, Distribution::Uniform(-1.0, 1.0), &device)
            };
            let [inwards, outwards] = self.channels;
            let input = uniform([self.batch, inwards, self.size[0], self.size[1]]);
            let per_group = inwards / self.groups;
            let weight = uniform([outwards, per_group, self.kernel[0], self.kernel[1]]);
            let bias = Tensor::<1>::zeros([outwards], &device);
            let tracked = device == Device::flex().autodiff();
            let run = |f: &dyn Fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>| {
                if tracked {
                    let output = f(
                        input.clone().detach().require_grad(),
                        weight.clone().detach().require_grad(),
                        bias.clone().detach().require_grad(),
                    );
                    black_box(output.clone().mul(output).sum().backward());
                } else {
                    black_box(f(input.clone(), weight.clone(), bias.clone()));
                }
            };
            self.medians(&run)
        })
    }

    fn medians(
        &self,
        run: &dyn Fn(&dyn Fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>),
    ) -> [f64; 3] {
        let options = || ConvOptions::new(self.stride, self.padding, [1, 1], self.groups);
        let rectifier = Rectifier::LeakyRelu {
            negative_slope: SLOPE,
        };
        let contenders: [&dyn Fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>; 3] = [
            &|x, w, b| conv2d(x, w, Some(b), options(), Some(rectifier)),
            &|x, w, b| leaky_relu(conv2d(x, w, Some(b), options(), None), SLOPE),
            &|x, w, b| leaky_relu(module::conv2d(x, w, Some(b), options()), SLOPE),
        ];
        let mut times = [const { Vec::new() }; 3];
        for round in 0..=ROUNDS {
            // Each round starts with another contender; the first round warms up.
            for turn in 0..3 {
                let index = (round + turn) % 3;
                let start = Instant::now();
                run(contenders[index]);
                if round > 0 {
                    times[index].push(start.elapsed().as_secs_f64());
                }
            }
        }
        times.map(|mut own| {
            own.sort_by(f64::total_cmp);
            own[own.len() / 2]
        })
    }
}
