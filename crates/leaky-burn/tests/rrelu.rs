//! The randomised Leaky ReLU draws in training and takes the mean in inference.

mod common;

use std::sync::Mutex;

use burn::module::Module;
use burn::nn;
use burn::tensor::{DType, Device, Tensor};
use common::{devices, output_and_gradient, random, values};
use leaky_burn::RReluConfig;

/// The generator belongs to the process, so that one test must draw at a time.
static DRAWING: Mutex<()> = Mutex::new(());

#[test]
fn the_slopes_are_those_that_burns_own_module_draws() {
    let _guard = DRAWING.lock().expect("no test panicked");
    for device in devices() {
        let device = device.autodiff();
        let input = random([5, 7, 3], DType::F32, &device);
        device.seed(17);
        let ours = output_and_gradient(&input, |x| RReluConfig::new().init().forward(x));
        device.seed(17);
        let burns = output_and_gradient(&input, |x| {
            nn::activation::RReluConfig::new().init().forward(x)
        });
        assert_eq!(ours, burns);
        device.seed(18);
        let other = output_and_gradient(&input, |x| RReluConfig::new().init().forward(x));
        assert_ne!(ours.0, other.0);
    }
}

#[test]
fn slopes_fill_their_range_and_the_gradient_is_the_slope() {
    let _guard = DRAWING.lock().expect("no test panicked");
    let device = Device::flex().autodiff();
    let input = Tensor::<1>::full([10_000], -1.0, &device).require_grad();
    let output = leaky_burn::rrelu(input.clone(), 0.2, 0.6, true);
    let slopes: Vec<f64> = values(&output).into_iter().map(|y| -y).collect();
    let gradients = output.sum().backward();
    let gradient = values(&input.grad(&gradients).expect("a gradient"));
    assert_eq!(slopes, gradient);
    assert!(slopes.iter().all(|slope| (0.2..0.6).contains(slope)));
    // The mean of 10,000 uniform numbers: five standard errors are 0.0058.
    let mean = slopes.iter().sum::<f64>() / slopes.len() as f64;
    assert!((mean - 0.4).abs() < 0.0058, "{mean}");
}

#[test]
fn inference_and_a_frozen_module_take_the_mean_slope() {
    let _guard = DRAWING.lock().expect("no test panicked");
    let module = RReluConfig::new().with_lower(0.25).with_upper(0.75).init();
    let input = |device: &Device| Tensor::<1>::from_floats([-2.0, 0.0, 3.0], device);
    let found = module.forward(input(&Device::flex()));
    assert_eq!(values(&found), [-1.0, 0.0, 3.0]);
    let found = module.freeze().forward(input(&Device::flex().autodiff()));
    assert_eq!(values(&found), [-1.0, 0.0, 3.0]);
    let found = leaky_burn::rrelu(input(&Device::flex()), 0.5, 0.5, true);
    assert_eq!(values(&found), [-1.0, 0.0, 3.0]);
}

#[test]
#[should_panic(expected = "the lowest slope, 0.5, is above the highest, 0.2")]
fn a_range_that_is_none_is_refused() {
    RReluConfig::new().with_lower(0.5).with_upper(0.2).init();
}
