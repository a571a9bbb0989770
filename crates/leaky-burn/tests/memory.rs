//! What is allocated on flex: nothing for the output where the input's memory is free, and one bit
//! an element for the backward pass.
#![cfg(feature = "flex")]

use std::sync::Mutex;

use burn::backend::Flex;
use burn::tensor::{Device, Distribution, Tensor};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The allocator counts for the whole process, so that one test must measure at a time.
static MEASURING: Mutex<()> = Mutex::new(());

const ELEMENTS: usize = 1 << 20;
const TENSOR: usize = ELEMENTS * size_of::<f32>();
/// Graph nodes, shapes and the like, whatever the number of elements.
const SLACK: usize = 16 << 10;

fn input(device: &Device) -> Tensor<2> {
    Tensor::random([1024, ELEMENTS / 1024], Distribution::Default, device)
}

/// Waits until no other test measures, and lets the threads of the pool start: what they allocate for
/// themselves, once, is no part of what an operation takes.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    let guard = MEASURING.lock().expect("no test panicked");
    let x = input(&Device::flex());
    drop(leaky_burn::leaky_relu(x.clone(), 0.1));
    drop(leaky_burn::leaky_relu(x, 0.1));
    guard
}

/// How many bytes more are held after `work` than before, and how many more at its peak.
fn measured<R>(work: impl FnOnce() -> R) -> (R, isize, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = work();
    let held = ALLOCATOR.current_usage() as isize - before as isize;
    (result, held, ALLOCATOR.peak_usage() - before)
}

#[test]
fn forward_takes_the_memory_of_an_input_that_nobody_else_holds() {
    let _guard = alone();
    for device in [Device::flex(), Device::flex().autodiff()] {
        for view in [false, true] {
            let x = input(&device);
            let x = if view { x.swap_dims(0, 1) } else { x };
            let (y, held, peak) = measured(|| leaky_burn::leaky_relu(x, 0.1));
            assert!(held.unsigned_abs() < SLACK, "{held} bytes are held");
            assert!(peak < SLACK, "{peak} bytes at the peak");
            drop(y);
        }
    }
}

#[test]
fn a_copy_is_made_where_somebody_else_holds_the_input() {
    let _guard = alone();
    let x = input(&Device::flex());
    let (y, held, _) = measured(|| leaky_burn::leaky_relu(x.clone(), 0.1));
    assert!(held.unsigned_abs().abs_diff(TENSOR) < SLACK, "{held} bytes");
    drop((x, y));
}

#[test]
fn training_keeps_one_bit_an_element() {
    let _guard = alone();
    let device = Device::flex().autodiff();
    let x = input(&device).require_grad();
    let mut y = x.clone().mul_scalar(1.5);
    let mut layers = Vec::new();
    for _ in 0..4 {
        let (output, held, _) = measured(|| leaky_burn::leaky_relu(y, 0.1));
        layers.push(held.unsigned_abs());
        y = output.mul_scalar(0.9);
    }
    for kept in layers {
        assert!(
            kept.abs_diff(ELEMENTS / 8) < SLACK,
            "{kept} bytes are kept for {ELEMENTS} elements"
        );
    }
    let gradients = y.sum().backward();
    assert_eq!(x.grad(&gradients).expect("a gradient").dims(), x.dims());
}

#[test]
fn backward_takes_the_memory_of_the_incoming_gradient() {
    let _guard = alone();
    // The sum makes two tensors of the size of its input; the scaling and the rectifiers none.
    let device = Device::flex().autodiff();
    let peak = |rectifiers: usize| {
        let x = input(&device).require_grad();
        let mut y = x.mul_scalar(1.5);
        for _ in 0..rectifiers {
            y = leaky_burn::leaky_relu(y, 0.1);
        }
        let loss = y.sum();
        let (_, _, peak) = measured(|| loss.backward());
        peak
    };
    let (without, with) = (peak(0), peak(8));
    assert!(with < without + SLACK, "{with} bytes, {without} without");
}

#[test]
fn the_result_lies_where_the_input_lay() {
    let _guard = alone();
    let address = |tensor: Tensor<2>| {
        let primitive = tensor.try_into_primitive::<Flex>().expect("a flex tensor");
        let address = primitive.bytes().as_ptr().addr();
        (Tensor::<2>::from_primitive::<Flex>(primitive), address)
    };
    let (x, before) = address(input(&Device::flex()));
    let (y, after) = address(leaky_burn::leaky_relu(x, 0.1));
    assert_eq!(before, after);
    let (_, copied) = address(leaky_burn::leaky_relu(y.clone(), 0.1));
    assert_ne!(after, copied);
    drop(y);
}
