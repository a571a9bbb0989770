//! Every pass, by every set of instructions, with and without streaming, of every length and
//! alignment, equals the definition applied to one element at a time.

use std::vec;
use std::vec::Vec;

use crate::arch::to_vec;
use crate::kernel::plan::forced::for_each_plan;
use crate::kernel::{Applied, execute};
use crate::split::Split;
use crate::{BySigns, Elu, Float, LeakyRelu, Number, PRelu, RRelu, Rectifier, Relu, SignBits};

/// An element whose bits can be made and compared.
trait Bits: Float + core::fmt::Debug {
    const EDGES: &'static [Self];
    fn from_random(bits: u64) -> Self;
    fn same(self, other: Self) -> bool;
}

macro_rules! bits {
    ($float:ty, $bits:ty) => {
        impl Bits for $float {
            const EDGES: &'static [Self] = &[
                <$float>::from_bits(0),
                <$float>::from_bits(1 << (<$bits>::BITS - 1)),
                <$float>::from_bits(1),
                <$float>::from_bits(1 | 1 << (<$bits>::BITS - 1)),
                <$float>::MIN_POSITIVE,
                <$float>::MAX,
                <$float>::MIN,
                <$float>::INFINITY,
                <$float>::NEG_INFINITY,
                <$float>::NAN,
            ];
            fn from_random(bits: u64) -> Self {
                <$float>::from_bits((bits >> (64 - <$bits>::BITS)) as $bits)
            }
            fn same(self, other: Self) -> bool {
                self.to_bits() == other.to_bits() || self.is_nan() && other.is_nan()
            }
        }
    };
}
bits!(f32, u32);
bits!(f64, u64);
#[cfg(feature = "half")]
bits!(half::f16, u16);
#[cfg(feature = "half")]
bits!(half::bf16, u16);

/// The SplitMix64 generator: Steele, Lea and Flood (2014), "Fast Splittable Pseudorandom Number
/// Generators".
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Edge cases, numbers of moderate size and numbers of any size, mixed.
    fn elements<T: Bits>(&mut self, len: usize) -> Vec<T> {
        let element = |_| {
            let bits = self.next();
            match bits % 4 {
                0 => T::EDGES[(bits >> 32) as usize % T::EDGES.len()],
                1 => T::from_random(self.next()),
                _ => T::narrow(T::Alpha::from_f64(
                    (bits >> 11) as f64 / (1_u64 << 50) as f64 - 4.0,
                )),
            }
        };
        (0..len).map(element).collect()
    }
}

fn assert_same<T: Bits>(found: &[T], expected: impl Iterator<Item = T>, context: &str) {
    let expected: Vec<T> = expected.collect();
    assert_eq!(found.len(), expected.len(), "{context}");
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!(
            found.same(*expected),
            "{context}: element {i} is {found:?}, not {expected:?}"
        );
    }
}

/// Calls `check` with lengths and offsets into an allocation. From the last lengths on, blocks are made
/// to start at a line.
fn for_each_stretch(size: usize, mut check: impl FnMut(usize, usize)) {
    for len in 0..=300 {
        check(len, len % (64 / size));
    }
    for offset in 0..64 / size {
        check(200 + offset, offset);
    }
    for offset in [0, 1, 7, 64 / size - 1] {
        check((16 << 10) / size + 3 * offset, offset);
    }
}

/// Checks every method on `len` elements at `offset` against one element at a time.
fn check_methods<T: Bits>(
    f: &(impl Rectifier<T> + BySigns<T>),
    (len, offset): (usize, usize),
    value: impl Fn(usize, T) -> T,
    passes: impl Fn(T) -> bool,
    gradient: impl Fn(usize, bool, T) -> T,
    context: &str,
) {
    let mut random = Random((len * 64 + offset) as u64);
    let x = &random.elements::<T>(offset + len)[offset..];
    let dy = &random.elements::<T>(offset + len)[offset..];
    let mut room = vec![T::ZERO; offset + len];
    let signs_of_x: Vec<bool> = x.iter().map(|x| passes(*x)).collect();
    let values = || x.iter().enumerate().map(|(i, x)| value(i, *x));
    let gradients = || {
        let dy = dy.iter().zip(&signs_of_x).enumerate();
        dy.map(|(i, (dy, passes))| gradient(i, *passes, *dy))
    };

    let out = &mut room[offset..];
    f.forward(x, out);
    assert_same(out, values(), context);

    out.copy_from_slice(x);
    f.forward_in_place(out);
    assert_same(out, values(), context);

    assert_same(&f.forward_to_vec(x), values(), context);

    out.fill(T::ZERO);
    let mut signs = SignBits::new();
    f.forward_with_signs(x, out, &mut signs);
    assert_same(out, values(), context);
    assert!(signs.iter().eq(signs_of_x.iter().copied()), "{context}");

    out.copy_from_slice(x);
    let mut signs_in_place = SignBits::of(&[T::EDGES[7]; 500]);
    f.forward_in_place_with_signs(out, &mut signs_in_place);
    assert_same(out, values(), context);
    assert_eq!(signs, signs_in_place, "{context}");

    let mut signs_beside_vec = SignBits::new();
    let found = f.forward_to_vec_with_signs(x, &mut signs_beside_vec);
    assert_same(&found, values(), context);
    assert_eq!(signs, signs_beside_vec, "{context}");

    f.backward(x, dy, out);
    assert_same(out, gradients(), context);

    out.copy_from_slice(dy);
    f.backward_in_place(x, out);
    assert_same(out, gradients(), context);

    out.fill(T::ZERO);
    f.backward_from_signs(&signs, dy, out);
    assert_same(out, gradients(), context);

    out.copy_from_slice(dy);
    f.backward_from_signs_in_place(&signs, out);
    assert_same(out, gradients(), context);

    let found = f.backward_from_signs_to_vec(&signs, dy);
    assert_same(&found, gradients(), context);
}

fn scaled<T: Float>(x: T, alpha: T::Alpha) -> T {
    T::narrow(x.widen() * alpha)
}

fn leaky_relu<T: Bits>() {
    for alpha in [0.01, 0.0, -0.5, 1.5] {
        let alpha = T::Alpha::from_f64(alpha);
        let f = LeakyRelu::new(alpha).unwrap();
        let gradient = |passes, dy| if passes { dy } else { scaled(dy, alpha) };
        let passes = |x: T| x.widen() > T::Alpha::ZERO;
        for_each_plan(|plan| {
            for_each_stretch(size_of::<T>(), |len, offset| {
                check_methods(
                    &f,
                    (len, offset),
                    |_, x| gradient(passes(x), x),
                    passes,
                    |_, passes, dy| gradient(passes, dy),
                    &std::format!("{plan:?}, {alpha:?}, {len} at {offset}"),
                );
            });
        });
    }
}

fn relu<T: Bits>() {
    let passes = |x: T| !matches!(x.widen().partial_cmp(&T::Alpha::ZERO), Some(o) if o.is_le());
    for_each_plan(|plan| {
        for_each_stretch(size_of::<T>(), |len, offset| {
            check_methods(
                &Relu,
                (len, offset),
                |_, x| {
                    if x.widen() < T::Alpha::ZERO {
                        T::ZERO
                    } else {
                        x
                    }
                },
                passes,
                |_, passes, dy| if passes { dy } else { T::ZERO },
                &std::format!("{plan:?}, {len} at {offset}"),
            );
        });
    });
}

fn prelu<T: Bits>() {
    for (channels, inner) in [
        (1, 1),
        (3, 1),
        (100, 1),
        (1, 7),
        (5, 3),
        (2, 64),
        (3, 70),
        (2, 150),
    ] {
        let alpha: Vec<T> = (0..channels)
            .map(|c| T::from_f64(0.1 * c as f64 - 0.2))
            .collect();
        let f = PRelu::new(&alpha, inner).unwrap();
        let slope = |i: usize| alpha[i / inner % channels].widen();
        let gradient = |i, passes, dy| if passes { dy } else { scaled(dy, slope(i)) };
        let passes = |x: T| x.widen() > T::Alpha::ZERO;
        for_each_plan(|plan| {
            for outer in 0..=4 {
                let (len, offset) = (outer * channels * inner, outer % (64 / size_of::<T>()));
                check_methods(
                    &f,
                    (len, offset),
                    |i, x| gradient(i, passes(x), x),
                    passes,
                    gradient,
                    &std::format!("{plan:?}, {outer} x {channels} x {inner}"),
                );
            }
        });
    }
}

/// The functions that need more than signs, by every set of instructions, equal those by the
/// portable one, which the other tests compare with references.
fn levels_agree<T: Bits>() {
    let alpha = T::Alpha::from_f64(0.7);
    let elu = Elu::new(alpha).unwrap();
    let leaky_relu = LeakyRelu::new(alpha).unwrap();
    let rrelu = RRelu::new(alpha, alpha).unwrap();
    for len in [0, 1, 63, 64, 65, 300] {
        let mut random = Random(len as u64);
        let x: Vec<T> = random.elements(len);
        let dy: Vec<T> = random.elements(len);
        let mut expected: Option<Vec<Vec<T>>> = None;
        for_each_plan(|plan| {
            let mut found = vec![vec![T::ZERO; len]; 7];
            elu.forward(&x, &mut found[0]);
            elu.backward(&x, &dy, &mut found[1]);
            elu.backward_from_output(&x, &dy, &mut found[2]).unwrap();
            leaky_relu.inverse(&x, &mut found[3]).unwrap();
            rrelu.backward_training(&x, &dy, &mut found[4]);
            found[5].copy_from_slice(&dy);
            elu.backward_in_place(&x, &mut found[5]);
            leaky_relu.backward(&x, &dy, &mut found[6]);
            let in_vec = leaky_relu.backward_to_vec(&x, &dy);
            assert_same(&in_vec, found[6].iter().copied(), "in new memory");
            let expected = expected.get_or_insert_with(|| found.clone());
            for (found, expected) in found.iter().zip(expected) {
                let context = std::format!("{plan:?}, {len}");
                assert_same(found, expected.iter().copied(), &context);
            }
        });
    }
}

/// The gradient of a PReLU's slopes, by every set of instructions, with and without threads, over
/// whole numbers, of which no sum is rounded.
fn slope_gradients_agree<T: Bits>() {
    let number = |x: usize| T::from_f64(x as f64 - 3.0);
    for (channels, inner) in [(1, 1), (5, 1), (100, 1), (3, 70), (2, 33_000)] {
        let len = 140_000 / (channels * inner) * channels * inner;
        // Few of the numbers are not zero, so that the half types hold every sum.
        let x: Vec<T> = (0..len)
            .map(|i| number(if i % 4099 == 0 { i % 3 } else { 3 }))
            .collect();
        let dy: Vec<T> = (0..len).map(|i| number(i / 7 % 5)).collect();
        let mut expected = vec![0.0; channels];
        for i in 0..len {
            let product: f64 = x[i].widen().into() * dy[i].widen().into();
            expected[i / inner % channels] += product;
        }
        let expected: Vec<T> = expected.into_iter().map(T::from_f64).collect();
        let alpha = vec![number(5); channels];
        let f = PRelu::new(&alpha, inner).unwrap();
        let mut dx = vec![T::ZERO; len];
        f.backward(&x, &dy, &mut dx);
        for_each_plan(|plan| {
            let context = std::format!("{plan:?}, {channels} x {inner}");
            let (mut found, mut dalpha) = (vec![T::ZERO; len], vec![T::ZERO; channels]);
            f.backward_with_alpha(&x, &dy, &mut found, &mut dalpha);
            assert_same(&found, dx.iter().copied(), &context);
            assert_same(&dalpha, expected.iter().copied(), &context);
            assert_same(&f.backward_to_vec(&x, &dy), dx.iter().copied(), &context);
            let found_in_vec = f.backward_with_alpha_to_vec(&x, &dy, &mut dalpha);
            assert_same(&found_in_vec, dx.iter().copied(), &context);
            assert_same(&dalpha, expected.iter().copied(), &context);
            found.copy_from_slice(&dy);
            f.backward_with_alpha_in_place(&x, &mut found, &mut dalpha);
            assert_same(&found, dx.iter().copied(), &context);
            assert_same(&dalpha, expected.iter().copied(), &context);
        });
    }
}

/// Every number of a half type, by every set of instructions: widened, multiplied and rounded.
#[cfg(feature = "half")]
fn every_half_agrees<T: Bits<Alpha = f32>>() {
    let every: Vec<T> = (0..=u16::MAX)
        .map(|bits| T::from_random(u64::from(bits) << 48))
        .collect();
    for alpha in [1.0, 0.01, 0.7, 1e-30, 1e30] {
        let f = LeakyRelu::new(alpha).unwrap();
        for_each_plan(|plan| {
            let expected = every.iter().map(|x| {
                if x.widen() > 0.0 {
                    *x
                } else {
                    scaled(*x, alpha)
                }
            });
            let context = std::format!("{plan:?}, {alpha}");
            assert_same(&f.forward_to_vec(&every), expected, &context);
        });
    }
}

#[cfg(feature = "half")]
#[test]
fn every_f16_equals_its_definition() {
    every_half_agrees::<half::f16>();
}

#[cfg(feature = "half")]
#[test]
fn every_bf16_equals_its_definition() {
    every_half_agrees::<half::bf16>();
}

#[test]
#[should_panic(expected = "go through all of it")]
fn memory_that_was_not_written_is_not_handed_out() {
    to_vec(&[1.0_f32; 100], |elements| {
        let (_, rest) = elements.split_at(64);
        execute(rest, Applied::values(Relu));
    });
}

macro_rules! for_type {
    ($module:ident, $float:ty) => {
        mod $module {
            #[test]
            fn leaky_relu_equals_its_definition() {
                super::leaky_relu::<$float>();
            }
            #[test]
            fn relu_equals_its_definition() {
                super::relu::<$float>();
            }
            #[test]
            fn prelu_equals_its_definition() {
                super::prelu::<$float>();
            }
            #[test]
            fn slope_gradients_equal_plain_sums() {
                super::slope_gradients_agree::<$float>();
            }
            #[test]
            fn all_instructions_agree() {
                super::levels_agree::<$float>();
            }
        }
    };
}
for_type!(f32, f32);
for_type!(f64, f64);
#[cfg(feature = "half")]
for_type!(f16, half::f16);
#[cfg(feature = "half")]
for_type!(bf16, half::bf16);
