//! What is counted of each unit while a network runs, on flex and on what is composed of Burn's own
//! operations.

mod common;

use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{DType, Device, Tensor};
use common::{devices, random, values};
use leaky_burn::{Rectifier, UnitCounts, count_units};

const LEAKY: Rectifier = Rectifier::LeakyRelu {
    negative_slope: 0.1,
};

/// Each backend as it infers, as it records, and as it computes activations anew.
fn everywhere() -> Vec<Device> {
    let modes = devices().into_iter().flat_map(|device| {
        let recording = device.clone().autodiff();
        [
            device,
            recording.clone(),
            recording.gradient_checkpointing(),
        ]
    });
    modes.collect()
}

/// How often each unit is above zero, told from the numbers themselves.
fn expected<const D: usize>(x: &Tensor<D>, axis: usize) -> Vec<u64> {
    let lengths = x.dims();
    let inner: usize = lengths[axis + 1..].iter().product();
    let mut counts = vec![0; lengths[axis]];
    for (place, value) in values(x).into_iter().enumerate() {
        counts[place / inner % lengths[axis]] += u64::from(value > 0.0);
    }
    counts
}

fn only(counts: &[UnitCounts]) -> &UnitCounts {
    assert_eq!(counts.len(), 1, "one rectifier is counted once");
    &counts[0]
}

#[test]
fn the_last_axis_holds_the_units_of_two_and_three_axes_and_axis_1_those_of_four() {
    for device in everywhere() {
        for tracked in [false, true] {
            let input = |x: Tensor<3>| {
                if tracked && device.is_autodiff() {
                    x.require_grad()
                } else {
                    x
                }
            };
            let x = input(random([4, 5, 7], DType::F32, &device));
            let (y, counts) = count_units(|| leaky_burn::leaky_relu(x.clone(), 0.1));
            assert_eq!(only(&counts).above_zero(), expected(&y, 2));
            assert_eq!(only(&counts).total(), 20);

            let (_, counts) = count_units(|| leaky_burn::relu(x.clone().reshape([20, 7])));
            assert_eq!(only(&counts).above_zero(), expected(&y, 2));

            let image: Tensor<4> = x.reshape([2, 2, 5, 7]);
            let (_, counts) = count_units(|| leaky_burn::relu(image.clone()));
            assert_eq!(only(&counts).above_zero(), expected(&image, 1));
            assert_eq!(only(&counts).total(), 2 * 5 * 7);
        }
    }
}

#[test]
fn a_view_is_counted_by_its_own_axes_however_it_lies_in_memory() {
    for device in everywhere() {
        let x = random::<4>([3, 4, 5, 6], DType::F32, &device);
        let permuted = x.permute([0, 3, 1, 2]);
        let (_, counts) = count_units(|| leaky_burn::leaky_relu(permuted.clone(), 0.1));
        assert_eq!(only(&counts).above_zero(), expected(&permuted, 1));
        let transposed = random::<2>([6, 9], DType::F32, &device).transpose();
        let (_, counts) = count_units(|| leaky_burn::relu(transposed.clone()));
        assert_eq!(only(&counts).above_zero(), expected(&transposed, 1));
    }
}

#[test]
fn learned_and_drawn_slopes_are_counted_too() {
    for device in everywhere() {
        let x = random::<2>([9, 4], DType::F32, &device);
        let alpha = Tensor::<1>::full([4], 0.25, &device);
        let alpha = if device.is_autodiff() {
            alpha.require_grad()
        } else {
            alpha
        };
        let (_, counts) = count_units(|| leaky_burn::prelu(x.clone(), alpha));
        assert_eq!(only(&counts).above_zero(), expected(&x, 1));
        let (_, counts) = count_units(|| leaky_burn::rrelu(x.clone(), 0.1, 0.3, true));
        assert_eq!(only(&counts).above_zero(), expected(&x, 1));
    }
}

#[test]
fn the_rectifier_behind_a_convolution_is_counted_by_channel() {
    for device in everywhere() {
        for dtype in [DType::F32, DType::F64] {
            // Many images, so that the work is done in several pieces.
            let x = random::<4>([33, 4, 9, 8], dtype, &device);
            let weight = random::<4>([6, 2, 3, 3], dtype, &device);
            let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 2);
            let (y, counts) =
                count_units(|| leaky_burn::conv2d(x.clone(), weight, None, options, Some(LEAKY)));
            assert_eq!(only(&counts).above_zero(), expected(&y, 1));
            assert_eq!(only(&counts).total(), 33 * 9 * 8);

            let weight = random::<4>([4, 3, 2, 2], dtype, &device);
            let options = ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1);
            let (y, counts) = count_units(|| {
                leaky_burn::conv_transpose2d(x, weight, None, options, Some(Rectifier::Relu))
            });
            assert_eq!(only(&counts).above_zero(), expected(&y, 1));
        }
    }
}

#[test]
fn a_signal_has_its_units_on_axis_1() {
    for device in everywhere() {
        let x = random::<3>([5, 2, 16], DType::F32, &device);
        let weight = random::<3>([3, 2, 3], DType::F32, &device);
        let options = ConvOptions::new([1], [1], [1], 1);
        let (y, counts) = count_units(|| leaky_burn::conv1d(x, weight, None, options, Some(LEAKY)));
        assert_eq!(only(&counts).above_zero(), expected(&y, 1));
    }
}

#[test]
fn rectifiers_stand_in_the_order_in_which_they_run_and_a_convolution_without_one_does_not() {
    let device = Device::flex();
    let x = random::<4>([2, 3, 4, 4], DType::F32, &device);
    let weight = random::<4>([5, 3, 1, 1], DType::F32, &device);
    let options = || ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let (_, counts) = count_units(|| {
        let x = leaky_burn::relu(x);
        let y = leaky_burn::conv2d(x, weight.clone(), None, options(), None);
        leaky_burn::relu(y.flatten::<2>(1, 3))
    });
    let units: Vec<usize> = counts.iter().map(UnitCounts::units).collect();
    assert_eq!(units, [3, 5 * 16]);
}

#[test]
fn units_that_are_never_above_zero_are_dead_and_those_that_hardly_are_dormant() {
    let device = Device::flex();
    let mut numbers = vec![-1.0_f32; 3 * 2000];
    numbers[1] = 1.0;
    (0..2000).for_each(|row| numbers[3 * row + 2] = 1.0);
    let x = Tensor::<1>::from_floats(numbers.as_slice(), &device).reshape([2000, 3]);
    let (_, mut counts) = count_units(|| leaky_burn::leaky_relu(x.clone(), 0.1));
    let mut all = counts.remove(0);
    assert_eq!((all.units(), all.dead(), all.dormant()), (3, 1, 1));

    // Other samples, on which the first unit is alive.
    let (_, others) = count_units(|| leaky_burn::leaky_relu(x.neg(), 0.1));
    all.add(&others[0]);
    assert_eq!(all.above_zero(), [2000, 2000, 2000]);
    assert_eq!((all.total(), all.dead()), (4000, 0));
}

#[test]
fn nothing_is_counted_where_nobody_asks_and_the_inner_of_two_counts_alone() {
    let device = Device::flex();
    let x = random::<2>([3, 2], DType::F32, &device);
    let ((_, inner), outer) = count_units(|| {
        leaky_burn::relu(x.clone());
        count_units(|| leaky_burn::relu(x.clone()))
    });
    assert_eq!((inner.len(), outer.len()), (1, 1));
    leaky_burn::relu(x);
    let ((), counts) = count_units(|| ());
    assert!(counts.is_empty());
}

#[test]
fn a_tensor_without_elements_has_no_units_that_speak() {
    let x = Tensor::<2>::zeros([0, 3], &Device::flex());
    let (_, counts) = count_units(|| leaky_burn::relu(x));
    assert_eq!(
        (only(&counts).above_zero(), only(&counts).total()),
        (&[0, 0, 0][..], 0)
    );
}
