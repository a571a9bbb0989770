//! The rectifier by itself: forward, and forward with backward.

use burn::tensor::{Device, Distribution, Tensor, activation};
use candle_core::{Tensor as CandleTensor, Var};

use crate::timing::{Contender, in_turns};

const SLOPE: f64 = 0.01;
const SIZES: [(&str, usize); 3] = [("64 Ki", 1 << 16), ("1 Mi", 1 << 20), ("16 Mi", 1 << 24)];

/// How many times as fast ours is forward and backward, at the worst of the sizes from 1 Mi on.
pub(crate) struct Faster {
    pub(crate) burn: f64,
    pub(crate) candle: f64,
}

/// Prints the table for both frameworks.
pub(crate) fn report() -> candle_core::Result<Faster> {
    println!("### Leaky ReLU by itself\n");
    println!("f32, milliseconds (median of rounds taken in turns)\n");
    println!("| framework | work | elements | its own | ours | faster | without the rectifier |");
    println!("|---|---|---|---|---|---|---|");
    let mut worst = Faster {
        burn: f64::INFINITY,
        candle: f64::INFINITY,
    };
    for (size, elements) in SIZES {
        let rounds = if elements > 1 << 20 { 9 } else { 31 };
        burn_forward(size, elements, rounds);
        let burn = burn_gradient(size, elements, rounds);
        candle_forward(size, elements, rounds)?;
        let candle = candle_gradient(size, elements, rounds)?;
        if elements >= 1 << 20 {
            worst.burn = worst.burn.min(burn);
            worst.candle = worst.candle.min(candle);
        }
    }
    println!();
    println!(
        "Forward with backward is `f(x).sum().backward()` with a leaf `x`; the last column is the \
         same work without `f`: the sum, its gradient, and what the framework does with it.\n"
    );
    Ok(worst)
}

/// Prints a row, and says how many times as fast ours is.
fn print(
    framework: &str,
    work: &str,
    size: &str,
    contenders: Vec<Contender<'_>>,
    rounds: usize,
) -> f64 {
    let timed = in_turns(rounds, contenders);
    let milliseconds = |i: usize| format!("{:.3}", timed[i].seconds * 1e3);
    let without = if timed.len() > 2 {
        milliseconds(2)
    } else {
        "".into()
    };
    let faster = 1.0 / timed[1].relative;
    println!(
        "| {framework} | {work} | {size} | {} | {} | {faster:.1}x | {without} |",
        milliseconds(0),
        milliseconds(1),
    );
    faster
}

fn burn_forward(size: &str, elements: usize, rounds: usize) {
    let x = Tensor::<1>::random([elements], Distribution::Normal(0.0, 1.0), &Device::flex());
    print(
        "Burn",
        "forward, input kept",
        size,
        vec![
            Contender::new("own", || drop(activation::leaky_relu(x.clone(), SLOPE))),
            Contender::new("ours", || drop(leaky_burn::leaky_relu(x.clone(), SLOPE))),
        ],
        rounds,
    );
    let (mut own, mut ours) = (Some(x.clone().mul_scalar(1.0)), Some(x.mul_scalar(1.0)));
    print(
        "Burn",
        "forward, input given up",
        size,
        vec![
            Contender::new("own", || {
                own = own.take().map(|x| activation::leaky_relu(x, SLOPE));
            }),
            Contender::new("ours", || {
                ours = ours.take().map(|x| leaky_burn::leaky_relu(x, SLOPE));
            }),
        ],
        rounds,
    );
}

fn burn_gradient(size: &str, elements: usize, rounds: usize) -> f64 {
    let device = Device::flex().autodiff();
    let x = Tensor::<1>::random([elements], Distribution::Normal(0.0, 1.0), &device);
    let x = x.require_grad();
    let run = |f: fn(Tensor<1>) -> Tensor<1>| {
        let x = &x;
        move || {
            let gradients = f(x.clone()).sum().backward();
            drop(x.grad(&gradients).expect("a gradient"));
        }
    };
    print(
        "Burn",
        "forward and backward",
        size,
        vec![
            Contender::new("own", run(|x| activation::leaky_relu(x, SLOPE))),
            Contender::new("ours", run(|x| leaky_burn::leaky_relu(x, SLOPE))),
            Contender::new("without", run(|x| x)),
        ],
        rounds,
    )
}

fn candle_forward(size: &str, elements: usize, rounds: usize) -> candle_core::Result<()> {
    let xs = CandleTensor::randn(0.0_f32, 1.0, elements, &candle_core::Device::Cpu)?;
    // Refused operations show here, once; the timed runs repeat what succeeded.
    leaky_candle::leaky_relu(&xs, SLOPE)?;
    print(
        "candle",
        "forward",
        size,
        vec![
            Contender::new("own", || drop(candle_nn::ops::leaky_relu(&xs, SLOPE))),
            Contender::new("ours", || drop(leaky_candle::leaky_relu(&xs, SLOPE))),
        ],
        rounds,
    );
    Ok(())
}

fn candle_gradient(size: &str, elements: usize, rounds: usize) -> candle_core::Result<f64> {
    type Rectifier = fn(&CandleTensor) -> candle_core::Result<CandleTensor>;
    let xs = Var::randn(0.0_f32, 1.0, elements, &candle_core::Device::Cpu)?;
    let run = |f: Rectifier| {
        let xs = &xs;
        move || {
            let gradients = f(xs).and_then(|ys| ys.sum_all()?.backward());
            drop(gradients.expect("the gradient is computed"));
        }
    };
    Ok(print(
        "candle",
        "forward and backward",
        size,
        vec![
            Contender::new("own", run(|xs| candle_nn::ops::leaky_relu(xs, SLOPE))),
            Contender::new("ours", run(|xs| leaky_candle::leaky_relu(xs, SLOPE))),
            Contender::new("without", run(|xs| Ok(xs.clone()))),
        ],
        rounds,
    ))
}
