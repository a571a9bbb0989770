//! Counts the memory that a network of 20 rectified layers of 16 Mi elements holds and peaks at.

use std::error::Error;

use burn::tensor::{Device, Tensor, activation};
use candle_core::Var;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const LAYERS: usize = 20;
const ELEMENTS: usize = 1 << 24;
/// candle's own Leaky ReLU would need more than 20 GiB, so candle is measured on a quarter of the
/// elements. What is allocated grows with them; the constant part is below a MiB.
const CANDLE_SHARE: usize = 4;
const SLOPE: f64 = 0.01;
const MIB: f64 = (1 << 20) as f64;

/// What a network held before its backward pass and at its peak, in bytes.
#[derive(Clone, Copy)]
struct Held {
    forward: usize,
    peak: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("## Memory\n");
    println!(
        "Memory of {LAYERS} layers of {} Mi f32 elements, each a scaling and a rectifier, in MiB \
         allocated (candle measured on a quarter of the elements, times {CANDLE_SHARE})\n",
        ELEMENTS >> 20
    );
    println!(
        "| framework | rectifier | the rectifiers keep for backward | bits an element | peak of the step |"
    );
    println!("|---|---|---|---|---|");
    let none = burn(|x| x);
    print("Burn", "none", none, none);
    print("Burn", "Burn's ReLU", burn(activation::relu), none);
    let own = burn(|x| activation::leaky_relu(x, SLOPE));
    print("Burn", "Burn's Leaky ReLU", own, none);
    let ours = burn(|x| leaky_burn::leaky_relu(x, SLOPE));
    print("Burn", "our Leaky ReLU", ours, none);

    let none = candle(|xs| Ok(xs.clone()))?;
    print("candle", "none", none, none);
    print("candle", "candle's ReLU", candle(|xs| xs.relu())?, none);
    let own = candle(|xs| candle_nn::ops::leaky_relu(xs, SLOPE))?;
    print("candle", "candle's Leaky ReLU", own, none);
    let ours = candle(|xs| leaky_candle::leaky_relu(xs, SLOPE))?;
    print("candle", "our Leaky ReLU", ours, none);
    println!();
    Ok(())
}

fn burn(rectifier: fn(Tensor<1>) -> Tensor<1>) -> Held {
    let before = start();
    let device = Device::flex().autodiff();
    let x = Tensor::<1>::ones([ELEMENTS], &device).require_grad();
    let mut y = x.clone();
    for _ in 0..LAYERS {
        y = rectifier(y.mul_scalar(1.01));
    }
    let forward = ALLOCATOR.current_usage() - before;
    drop(x.grad(&y.sum().backward()).expect("a gradient"));
    let peak = ALLOCATOR.peak_usage() - before;
    Held { forward, peak }
}

fn candle(
    rectifier: fn(&candle_core::Tensor) -> candle_core::Result<candle_core::Tensor>,
) -> candle_core::Result<Held> {
    let before = start();
    let elements = ELEMENTS / CANDLE_SHARE;
    let x = Var::ones(elements, candle_core::DType::F32, &candle_core::Device::Cpu)?;
    let mut y = x.as_tensor().clone();
    for _ in 0..LAYERS {
        y = rectifier(&y.affine(1.01, 0.0)?)?;
    }
    let forward = (ALLOCATOR.current_usage() - before) * CANDLE_SHARE;
    drop(y.sum_all()?.backward()?);
    let peak = (ALLOCATOR.peak_usage() - before) * CANDLE_SHARE;
    Ok(Held { forward, peak })
}

fn start() -> usize {
    ALLOCATOR.reset_peak_usage();
    ALLOCATOR.current_usage()
}

/// Prints a row; what the rectifiers keep is what the network holds without them less.
fn print(framework: &str, rectifier: &str, held: Held, without: Held) {
    let kept = held.forward.saturating_sub(without.forward) as f64;
    println!(
        "| {framework} | {rectifier} | {:.0} | {:.1} | {:.0} |",
        kept / MIB,
        kept * 8.0 / (ELEMENTS * LAYERS) as f64,
        held.peak as f64 / MIB
    );
}
