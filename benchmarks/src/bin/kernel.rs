//! Times the kernels beside candle, Burn and rten-vecmath, from Rust, on two threads.
//!
//! `kernel ELEMENTS` prints a line for each: its name and, behind tabs, the seconds of a call in each
//! of the rounds in which all of them take turns.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Tensor, activation};
use candle_core::Var;
use leaky_relu::{LeakyRelu, Rectifier, Relu, SignBits};
use rten_simd::SimdUnaryOp;

const ALPHA: f32 = 0.01;
const ROUNDS: usize = 9;
/// What one round gives to each entry, at least one call.
const SHARE: Duration = Duration::from_millis(20);

type Entry<'a> = (&'static str, Box<dyn FnMut() + 'a>);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let elements: usize = std::env::args()
        .nth(1)
        .ok_or("give the number of elements")?
        .parse()?;
    let x: Vec<f32> = (0..elements)
        .map(|i| (i as u32).wrapping_mul(2_654_435_761) as i32 as f32 / 1e9)
        .collect();
    let dy = x.clone();
    let mut copied = vec![1.0_f32; elements];
    // ReLU and Leaky ReLU write to the same memory, so that they differ in nothing else.
    let y = RefCell::new(copied.clone());
    let mut in_place = x.clone();
    let (mut trained, mut dx) = (copied.clone(), copied.clone());
    let mut rten_in_place = x.clone();
    let f = LeakyRelu::new(ALPHA)?;
    let rten = rten_vecmath::LeakyRelu { alpha: ALPHA };
    let mut signs = SignBits::new();

    let on_candle = candle_core::Tensor::from_slice(&x, elements, &candle_core::Device::Cpu)?;
    let trained_on_candle = Var::from_tensor(&on_candle)?;
    let flex = Device::flex();
    let on_burn = Tensor::<1>::random([elements], Distribution::Normal(0.0, 1.0), &flex);
    let trained_on_burn = Tensor::<1>::from_data(on_burn.to_data(), &flex.autodiff());

    let entries: Vec<Entry<'_>> = vec![
        (
            "copy",
            Box::new(|| {
                yardstick::streaming_copy(bytes(&x), bytes_mut(&mut copied));
            }),
        ),
        ("forward", Box::new(|| f.forward(&x, &mut y.borrow_mut()))),
        (
            "ReLU forward",
            Box::new(|| Relu.forward(&x, &mut y.borrow_mut())),
        ),
        (
            "forward in place",
            Box::new(|| f.forward_in_place(&mut in_place)),
        ),
        (
            "forward and backward",
            Box::new(|| {
                f.forward_with_signs(&x, &mut trained, &mut signs);
                f.backward_from_signs(&signs, &dy, &mut dx);
            }),
        ),
        (
            "rten-vecmath forward in place",
            Box::new(|| {
                rten.map_mut(&mut rten_in_place);
            }),
        ),
        (
            "candle forward",
            Box::new(|| {
                candle_nn::ops::leaky_relu(&on_candle, ALPHA.into()).expect("a CPU tensor");
            }),
        ),
        (
            "candle forward and backward",
            Box::new(|| {
                let y = candle_nn::ops::leaky_relu(&trained_on_candle, ALPHA.into());
                let sum = y.and_then(|y| y.sum_all()).expect("a CPU tensor");
                sum.backward().expect("every step has a gradient");
            }),
        ),
        (
            "Burn forward",
            Box::new(|| {
                // As in a network, something else still holds the input.
                let _ = activation::leaky_relu(on_burn.clone(), ALPHA.into());
            }),
        ),
        (
            "Burn forward and backward",
            Box::new(|| {
                let x = trained_on_burn.clone().require_grad();
                let gradients = activation::leaky_relu(x.clone(), ALPHA.into())
                    .sum()
                    .backward();
                x.grad(&gradients).expect("x is tracked");
            }),
        ),
    ];
    for (name, seconds) in rounds(entries) {
        let seconds: Vec<String> = seconds.iter().map(f64::to_string).collect();
        println!("{name}\t{}", seconds.join("\t"));
    }
    Ok(())
}

/// The seconds of a call of each entry in each round.
fn rounds(mut entries: Vec<Entry<'_>>) -> BTreeMap<&'static str, Vec<f64>> {
    let mut calls = Vec::new();
    for (_, call) in &mut entries {
        call();
        let start = Instant::now();
        call();
        let one = start.elapsed().max(Duration::from_nanos(20));
        calls.push((SHARE.as_nanos() / one.as_nanos()).clamp(1, 100_000) as u32);
    }
    let mut seconds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        for ((name, call), calls) in entries.iter_mut().zip(&calls) {
            // Threads that wait for more work by spinning give up in the meantime.
            std::thread::sleep(Duration::from_millis(10));
            call();
            let start = Instant::now();
            for _ in 0..*calls {
                call();
            }
            let each = start.elapsed().as_secs_f64() / f64::from(*calls);
            seconds.entry(name).or_default().push(each);
        }
    }
    seconds
}

fn bytes(elements: &[f32]) -> &[u8] {
    bytemuck::cast_slice(elements)
}

fn bytes_mut(elements: &mut [f32]) -> &mut [u8] {
    bytemuck::cast_slice_mut(elements)
}
