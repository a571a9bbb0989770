//! Laws that hold for any slope and any numbers.

use leaky_relu::{Elu, Error, LeakyRelu, PRelu, RRelu, Rectifier, Relu, SignBits};
use proptest::collection::vec;
use proptest::prelude::*;

fn numbers() -> impl Strategy<Value = Vec<f32>> {
    vec(any::<f32>(), 0..300)
}

proptest! {
    #[test]
    fn inverse_of_forward_is_identity_up_to_rounding(
        x in vec(-1e30_f32..1e30, 0..300),
        alpha in 1e-3_f32..10.0,
    ) {
        let f = LeakyRelu::new(alpha).unwrap();
        let (mut y, mut back) = (x.clone(), x.clone());
        f.forward(&x, &mut y);
        f.inverse(&y, &mut back).unwrap();
        for (x, back) in x.iter().zip(&back) {
            prop_assert!((x - back).abs() <= x.abs() * 2.0 * f32::EPSILON, "{x} came back as {back}");
        }
        f.inverse_in_place(&mut y).unwrap();
        prop_assert_eq!(y, back);
    }

    #[test]
    fn forward_is_the_maximum_of_both_lines_only_while_the_slope_is_at_most_one(
        x in -1e30_f32..1e30,
        alpha in -3.0_f32..3.0,
    ) {
        let mut y = [x];
        LeakyRelu::new(alpha).unwrap().forward_in_place(&mut y);
        let expected = if alpha <= 1.0 { x.max(alpha * x) } else { x.min(alpha * x) };
        prop_assert_eq!(y[0], expected);
    }

    #[test]
    fn gradient_from_the_output_is_that_from_the_input(
        x in vec(-100.0_f32..100.0, 1..300),
        alpha in 1e-3_f32..10.0,
    ) {
        let dy: Vec<f32> = x.iter().rev().copied().collect();
        let f = LeakyRelu::new(alpha).unwrap();
        let (mut y, mut dx, mut dx_from_output) = (x.clone(), x.clone(), x.clone());
        f.forward(&x, &mut y);
        f.backward(&x, &dy, &mut dx);
        f.backward_from_output(&y, &dy, &mut dx_from_output).unwrap();
        prop_assert_eq!(&dx, &dx_from_output);
        let mut in_place = dy.clone();
        f.backward_from_output_in_place(&y, &mut in_place).unwrap();
        prop_assert_eq!(&dx, &in_place);
    }

    #[test]
    fn gradient_is_the_slope_of_the_function(x in -10.0_f64..10.0, alpha in 0.01_f64..2.0) {
        prop_assume!(x.abs() > 1e-3);
        let h = 1e-6;
        let slope = |f: &dyn Fn(&mut [f64])| {
            let mut y = [x + h, x - h];
            f(&mut y);
            (y[0] - y[1]) / (2.0 * h)
        };
        let close = |found: f64, expected: f64| (found - expected).abs() <= 1e-7;
        let mut dx = [0.0];

        let leaky = LeakyRelu::new(alpha).unwrap();
        leaky.backward(&[x], &[1.0], &mut dx);
        prop_assert!(close(dx[0], slope(&|y| leaky.forward_in_place(y))));

        let elu = Elu::new(alpha).unwrap();
        elu.backward(&[x], &[1.0], &mut dx);
        prop_assert!(close(dx[0], slope(&|y| elu.forward_in_place(y))));

        Relu.backward(&[x], &[1.0], &mut dx);
        prop_assert!(close(dx[0], slope(&|y| Relu.forward_in_place(y))));
    }

    #[test]
    fn sign_bits_survive_bytes(x in numbers()) {
        let signs = SignBits::of(&x);
        let back = SignBits::from_bytes(&signs.to_bytes(), signs.len()).unwrap();
        prop_assert_eq!(&signs, &back);
        prop_assert!((0..x.len()).all(|i| signs.get(i) == Some(x[i] > 0.0)));
        prop_assert_eq!(signs.get(x.len()), None);
        prop_assert!(signs.iter().rev().eq(x.iter().rev().map(|x| *x > 0.0)));
        prop_assert_eq!(&signs, &x.iter().map(|x| *x > 0.0).collect());
        prop_assert_eq!(&signs, &SignBits::from_words(signs.words().to_vec(), x.len()).unwrap());
        prop_assert_eq!(signs.count_ones(), x.iter().filter(|x| **x > 0.0).count() as u64);
    }

    #[test]
    fn counts_by_channel_are_those_of_a_plain_loop(
        outer in 0_usize..600,
        channels in 1_usize..150,
        inner in prop_oneof![Just(1_usize), 2..80_usize, 100..200_usize],
        seed in any::<u32>(),
    ) {
        let outer = outer % (1 + 200_000 / (channels * inner));
        let mut state = seed;
        let x: Vec<f32> = (0..outer * channels * inner)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 - 8e6
            })
            .collect();
        let mut expected = vec![7; channels];
        for (i, x) in x.iter().enumerate() {
            expected[i / inner % channels] += u64::from(*x > 0.0);
        }
        let mut counts = vec![7; channels];
        SignBits::of(&x).add_counts_by_channel(inner, &mut counts);
        prop_assert_eq!(counts, expected);
    }

    #[test]
    fn randomised_slopes_lie_in_their_range_and_give_the_gradient(
        x in vec(-10.0_f32..10.0, 0..100),
        lower in 0.0_f32..0.5,
        width in 0.0_f32..0.5,
    ) {
        let f = RRelu::new(lower, lower + width).unwrap();
        let mut state = 1_u32;
        let mut drawn = 0;
        let uniform = || {
            drawn += 1;
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let (mut y, mut slopes, mut dx) = (x.clone(), x.clone(), x.clone());
        f.forward_training(&x, &mut y, &mut slopes, uniform);
        prop_assert_eq!(drawn, x.iter().filter(|x| **x <= 0.0).count());
        f.backward_training(&slopes, &vec![2.0; x.len()], &mut dx);
        for i in 0..x.len() {
            let range = if x[i] > 0.0 { 1.0..=1.0 } else { lower..=lower + width };
            prop_assert!(range.contains(&slopes[i]), "{} not in {range:?}", slopes[i]);
            prop_assert_eq!(y[i], slopes[i] * x[i]);
            prop_assert_eq!(dx[i], slopes[i] * 2.0);
        }
    }

    #[test]
    fn one_slope_for_all_channels_makes_a_prelu_a_leaky_relu(
        x in vec(any::<f32>(), 0..300),
        alpha in -2.0_f32..2.0,
    ) {
        let (mut y, mut expected) = (x.clone(), x.clone());
        PRelu::new(&[alpha], 1).unwrap().forward(&x, &mut y);
        LeakyRelu::new(alpha).unwrap().forward(&x, &mut expected);
        prop_assert!(y.iter().zip(&expected).all(|(y, e)| y.to_bits() == e.to_bits()));
    }
}

#[test]
fn slopes_that_are_not_finite_are_refused() {
    for alpha in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(matches!(
            LeakyRelu::new(alpha),
            Err(Error::NotFinite { .. })
        ));
        assert!(matches!(Elu::new(alpha), Err(Error::NotFinite { .. })));
        assert!(matches!(
            RRelu::new(0.0, alpha),
            Err(Error::NotFinite { .. })
        ));
    }
    assert!(matches!(
        RRelu::new(0.3, 0.1),
        Err(Error::EmptyRange { .. })
    ));
    assert_eq!(
        LeakyRelu::new(f32::NAN).unwrap_err().to_string(),
        "alpha must be finite, but is NaN"
    );
}

#[test]
fn what_the_output_does_not_tell_is_refused() {
    for alpha in [0.0_f32, -0.1] {
        let f = LeakyRelu::new(alpha).unwrap();
        let mut out = [7.0_f32];
        assert!(f.inverse(&[1.0], &mut out).is_err());
        assert!(f.backward_from_output(&[1.0], &[1.0], &mut out).is_err());
        assert_eq!(out, [7.0], "what is refused writes nothing");
    }
}

#[test]
fn what_the_output_tells_depends_on_every_slope_of_a_prelu() {
    let (y, dy) = ([3.0, -1.0, 2.0, -2.0], [1.0; 4]);
    let mut dx = [7.0_f32; 4];
    let f = PRelu::new(&[0.5, 0.25], 2).unwrap();
    f.backward_from_output(&y, &dy, &mut dx).unwrap();
    assert_eq!(dx, [1.0, 0.5, 1.0, 0.25]);
    let f = PRelu::new(&[0.5, 0.0], 2).unwrap();
    let error = f.backward_from_output_in_place(&y, &mut dx).unwrap_err();
    assert_eq!(error.to_string(), "alpha must be above zero here, but is 0");
    assert_eq!(dx, [1.0, 0.5, 1.0, 0.25], "what is refused writes nothing");
}

/// Works for any rectifier, as a user's layer would.
fn layer(f: &impl Rectifier<f32>, x: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    (f.forward_to_vec(x), f.backward_to_vec(x, dy))
}

#[test]
fn one_function_serves_all_rectifiers() {
    let (x, dy) = ([2.0, -2.0], [3.0, 3.0]);
    let leaky = (vec![2.0, -0.5], vec![3.0, 0.75]);
    assert_eq!(layer(&LeakyRelu::new(0.25).unwrap(), &x, &dy), leaky);
    assert_eq!(layer(&PRelu::new(&[0.25], 1).unwrap(), &x, &dy), leaky);
    assert_eq!(layer(&RRelu::new(0.125, 0.375).unwrap(), &x, &dy), leaky);
    assert_eq!(layer(&Relu, &x, &dy), (vec![2.0, 0.0], vec![3.0, 0.0]));
    let (y, dx) = layer(&Elu::new(1.0).unwrap(), &x, &dy);
    assert!((y[1] - (-2.0_f32).exp_m1()).abs() < 1e-6);
    assert!((dx[1] - 3.0 * (-2.0_f32).exp()).abs() < 1e-6);
}

#[test]
fn defaults_are_those_of_pytorch() {
    assert_eq!(LeakyRelu::<f32>::default().alpha(), 0.01);
    assert_eq!(LeakyRelu::<f64>::default().alpha(), 0.01);
    assert_eq!(Elu::<f32>::default().alpha(), 1.0);
    let f = RRelu::<f32>::default();
    assert_eq!((f.lower(), f.upper()), (0.125, 1.0 / 3.0));
}

#[test]
fn slopes_are_drawn_from_the_widest_range_there_is() {
    let f = RRelu::new(-f32::MAX, f32::MAX).unwrap();
    let mut parts = [0.0, 0.25, 0.5, 0.75].into_iter();
    let (mut y, mut slopes) = ([0.0_f32; 4], [0.0_f32; 4]);
    f.forward_training(&[-0.5; 4], &mut y, &mut slopes, || parts.next().unwrap());
    for (slope, expected) in slopes.into_iter().zip([-1.0, -0.5, 0.0, 0.5]) {
        assert!(
            (slope / f32::MAX - expected).abs() <= f32::EPSILON,
            "{slope}"
        );
    }
    assert_eq!(y, slopes.map(|slope| slope * -0.5));
}

#[cfg(feature = "half")]
#[test]
fn the_gradient_of_a_half_slope_is_rounded_once() {
    // The sum lies above a tie of f16 by less than f32 tells from the tie.
    let x = [-1.0, -(2_f32.powi(-11)), -(2_f32.powi(-24))].map(half::f16::from_f32);
    let dy = [half::f16::NEG_ONE; 3];
    let alpha = [half::f16::ONE];
    let (mut dx, mut dalpha) = (dy, alpha);
    let f = PRelu::new(&alpha, 1).unwrap();
    f.backward_with_alpha(&x, &dy, &mut dx, &mut dalpha);
    let exact = x.iter().map(|x| -x.to_f64()).sum::<f64>();
    assert_eq!(
        f64::from(exact as f32),
        1.0 + 2_f64.powi(-11),
        "a tie of f16"
    );
    assert_eq!(dalpha[0].to_f64(), 1.0 + 2_f64.powi(-10));
}

/// Beside the tests within the crate, which choose how a pass is run, this runs as users do.
#[test]
fn a_large_array_is_computed_as_its_parts_are() {
    // More than is shared out among threads, and on most machines more than the caches hold.
    let len = (36 << 20) / size_of::<f32>() + 13;
    let x: Vec<f32> = (0..len).map(|i| (i * 7919 % 1013) as f32 - 500.0).collect();
    let f = LeakyRelu::new(0.3_f32).unwrap();
    let (mut y, mut signs) = (vec![0.0; len], SignBits::new());
    f.forward_with_signs(&x, &mut y, &mut signs);
    let expected = x.iter().map(|x| if *x > 0.0 { *x } else { 0.3 * x });
    assert!(y.iter().copied().eq(expected));
    assert!(signs.iter().eq(x.iter().map(|x| *x > 0.0)));
    let dx = f.backward_from_signs_to_vec(&signs, &y);
    assert_eq!(dx, f.backward_to_vec(&x, &y));
    assert_eq!(f.forward_to_vec(&x), y);
    f.forward_in_place(&mut y[1..]);
    let twice = x[1..]
        .iter()
        .map(|x| if *x > 0.0 { *x } else { 0.3 * (0.3 * x) });
    assert!(y[1..].iter().copied().eq(twice));
}

#[test]
fn gains_are_those_of_pytorch() {
    for (alpha, gain) in [
        (0.0, core::f64::consts::SQRT_2),
        (0.01, 1.4141428569978354),
        (1.0, 1.0),
        (-0.5, 1.2649110640673518),
    ] {
        assert!((LeakyRelu::new(alpha).unwrap().gain() - gain).abs() < 1e-15_f64);
    }
}

#[test]
fn gradients_of_slopes_add_up_over_a_large_array() {
    for (channels, inner) in [(5, 1), (300, 1), (7, 50), (3, 1000)] {
        let sample = channels * inner;
        let len = 200_000 / sample * sample;
        let x: Vec<f32> = (0..len).map(|i| (i * 7919 % 1013) as f32 - 500.0).collect();
        let dy: Vec<f32> = (0..len)
            .map(|i| (i * 104_729 % 997) as f32 - 490.0)
            .collect();
        let mut expected = vec![0.0_f64; channels];
        for i in (0..len).filter(|i| x[*i] <= 0.0) {
            expected[i / inner % channels] += f64::from(x[i]) * f64::from(dy[i]);
        }
        let alpha = vec![0.25; channels];
        let (mut dx, mut dalpha) = (dy.clone(), alpha.clone());
        let f = PRelu::new(&alpha, inner).unwrap();
        f.backward_with_alpha_in_place(&x, &mut dx, &mut dalpha);
        // The numbers are whole and small enough that no sum is rounded before the last step.
        let expected: Vec<f32> = expected.iter().map(|sum| *sum as f32).collect();
        assert_eq!(dalpha, expected, "{channels} x {inner}");
    }
}

#[test]
#[should_panic = "the slices differ in length: 3 and 2 elements"]
fn slices_of_unequal_length_are_refused() {
    LeakyRelu::new(0.1_f32)
        .unwrap()
        .forward(&[1.0; 3], &mut [0.0_f32; 2]);
}

#[test]
#[should_panic = "100 elements are not whole samples of 3 channels of 11 elements"]
fn parts_of_samples_are_refused() {
    PRelu::new(&[0.1_f32, 0.2, 0.3], 11)
        .unwrap()
        .forward_in_place(&mut [0.0; 100]);
}

#[test]
fn bytes_and_words_of_the_wrong_number_are_refused() {
    let error = SignBits::from_bytes(&[0; 2], 17).unwrap_err();
    assert_eq!(
        error.to_string(),
        "17 sign bits take 3 bytes, but 2 were given"
    );
    assert_eq!(SignBits::from_bytes(&[0xff], 3).unwrap().count_ones(), 3);
    let error = SignBits::from_words(vec![0; 1], 65).unwrap_err();
    assert_eq!(
        error.to_string(),
        "65 sign bits take 2 words of 64 bits, but 1 were given"
    );
    let signs = SignBits::from_words(vec![u64::MAX; 2], 65).unwrap();
    assert_eq!(signs.words(), [u64::MAX, 1]);
}

#[test]
fn empty_slices_are_fine() {
    let mut signs = SignBits::of(&[1.0_f32]);
    let f = LeakyRelu::new(0.1_f32).unwrap();
    let (none, mut out): ([f32; 0], [f32; 0]) = ([], []);
    f.forward_with_signs(&none, &mut out, &mut signs);
    assert!(signs.is_empty() && signs.to_bytes().is_empty());
    f.backward_from_signs(&signs, &none, &mut out);
    assert_eq!(signs.count_by_channel(3, 1), [0, 0, 0]);
}
