//! Values and gradients equal PyTorch's on the CPU: bit for bit where no exponential is involved.

mod common;

use common::{Element, assert_close, assert_same_bits, read};
use leaky_relu::{Elu, Float, LeakyRelu, PRelu, Rectifier, Relu, SignBits};
use safetensors::SafeTensors;

const FILE: &[u8] = include_bytes!("fixtures/pytorch.safetensors");
const ALPHAS: [&str; 7] = ["0.01", "0", "-0.5", "1.5", "0.3", "1e-30", "1e30"];

fn file() -> SafeTensors<'static> {
    SafeTensors::deserialize(FILE).expect("a fixture")
}

/// What the fixture calls a type: its name without its crate's.
fn name<T>() -> &'static str {
    std::any::type_name::<T>()
        .rsplit(':')
        .next()
        .expect("a name")
}

macro_rules! wide_type {
    ($module:ident, $float:ty) => {
        mod $module {
            use super::*;

            fn inputs(file: &SafeTensors<'_>) -> (Vec<$float>, Vec<$float>) {
                let name = name::<$float>();
                (
                    read(file, &format!("{name}/x")),
                    read(file, &format!("{name}/dy")),
                )
            }

            #[test]
            fn leaky_relu_has_the_same_bits() {
                let file = file();
                let (x, dy) = inputs(&file);
                let mut out = vec![0.0; x.len()];
                let mut signs = SignBits::new();
                for alpha in ALPHAS {
                    let key = format!("{}/leaky_relu/{alpha}", name::<$float>());
                    let f = LeakyRelu::new(alpha.parse::<$float>().unwrap()).unwrap();
                    f.forward_with_signs(&x, &mut out, &mut signs);
                    assert_same_bits(&key, &out, &read(&file, &format!("{key}/y")));
                    let dx = read(&file, &format!("{key}/dx"));
                    f.backward(&x, &dy, &mut out);
                    assert_same_bits(&key, &out, &dx);
                    f.backward_from_signs(&signs, &dy, &mut out);
                    assert_same_bits(&key, &out, &dx);
                }
            }

            #[test]
            fn relu_has_the_same_bits() {
                let file = file();
                let (x, dy) = inputs(&file);
                let mut out = vec![0.0; x.len()];
                let mut signs = SignBits::new();
                let key = format!("{}/relu/", name::<$float>());
                Relu.forward_with_signs(&x, &mut out, &mut signs);
                assert_same_bits(&key, &out, &read(&file, &format!("{key}/y")));
                let dx = read(&file, &format!("{key}/dx"));
                Relu.backward(&x, &dy, &mut out);
                assert_same_bits(&key, &out, &dx);
                Relu.backward_from_signs(&signs, &dy, &mut out);
                assert_same_bits(&key, &out, &dx);
            }

            #[test]
            fn elu_is_within_two_units_in_the_last_place() {
                let file = file();
                let (x, dy) = inputs(&file);
                let mut out = vec![0.0; x.len()];
                for alpha in ["1", "0.3", "2.5"] {
                    let key = format!("{}/elu/{alpha}", name::<$float>());
                    let f = Elu::new(alpha.parse::<$float>().unwrap()).unwrap();
                    let y = read(&file, &format!("{key}/y"));
                    f.forward(&x, &mut out);
                    assert_close(&key, &out, &y, 2);
                    f.backward(&x, &dy, &mut out);
                    assert_close(&key, &out, &read(&file, &format!("{key}/dx")), 2);
                    f.backward_from_output(&y, &dy, &mut out).unwrap();
                    let expected = read(&file, &format!("{key}/dx_from_output"));
                    assert_same_bits(&key, &out, &expected);
                }
            }
        }
    };
}
wide_type!(f32, f32);
wide_type!(f64, f64);

/// PyTorch adds up in its own order and type: its gradients of the slopes are compared within its
/// rounding, and bit for bit with sums in float64 rounded once.
fn prelu<T: Float + Element>(tolerance: f64) {
    let file = file();
    for shape in ["4x1x33", "5x7x1", "3x70x1", "2x3x49", "2x2x130"] {
        let key = format!("{}/prelu/{shape}", name::<T>());
        let array = |name| read::<T>(&file, &format!("{key}/{name}"));
        let (x, dy, alpha) = (array("x"), array("dy"), array("alpha"));
        let inner = shape.rsplit('x').next().unwrap().parse().unwrap();
        let f = PRelu::new(&alpha, inner).unwrap();
        let mut out = dy.clone();
        f.forward(&x, &mut out);
        assert_same_bits(&key, &out, &array("y"));

        let mut dalpha = alpha.clone();
        f.backward_with_alpha(&x, &dy, &mut out, &mut dalpha);
        assert_same_bits(&key, &out, &array("dx"));
        let sums: Vec<f64> = read(&file, &format!("{key}/dalpha_f64"));
        for ((ours, theirs), sum) in dalpha.iter().zip(array("dalpha")).zip(sums) {
            let apart = |value: T| (value.widen().into() - sum).abs() / sum.abs().max(1.0);
            assert!(
                apart(*ours) <= tolerance / 2.0,
                "{key}: {ours:?}, not {sum}"
            );
            assert!(
                apart(theirs) <= 8.0 * tolerance,
                "{key}: PyTorch {theirs:?}, not {sum}"
            );
        }
    }
}

#[test]
fn prelu_agrees_in_f32() {
    prelu::<f32>(1e-6);
}

#[test]
fn prelu_agrees_in_f64() {
    prelu::<f64>(1e-14);
}

#[cfg(feature = "half")]
mod halves {
    use super::*;

    #[test]
    fn prelu_agrees_in_f16() {
        prelu::<half::f16>(2e-3);
    }

    #[test]
    fn prelu_agrees_in_bf16() {
        prelu::<half::bf16>(1e-2);
    }

    /// The 64-bit FNV-1a hash of the bits as little-endian bytes, every NaN as 0x7fff.
    fn digest(elements: impl Iterator<Item = (bool, u16)>) -> u64 {
        elements
            .flat_map(|(nan, bits)| if nan { 0x7fff } else { bits }.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325, |value, byte| {
                (value ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            })
    }

    macro_rules! half_type {
        ($name:ident, $half:ty) => {
            #[test]
            fn $name() {
                let file = file();
                let every: Vec<$half> = (0..=u16::MAX).map(<$half>::from_bits).collect();
                let dy = vec![<$half>::NEG_ONE; every.len()];
                let mut out = dy.clone();
                for alpha in ALPHAS {
                    let key = format!("{}/leaky_relu/{alpha}", name::<$half>());
                    let f = LeakyRelu::new(alpha.parse::<f32>().unwrap()).unwrap();
                    let check = |out: &[$half], name| {
                        let name = format!("{key}/{name}_digest");
                        let tensor = file.tensor(&name).unwrap();
                        let expected = u64::from_le_bytes(tensor.data().try_into().unwrap());
                        let found = digest(out.iter().map(|y| (y.is_nan(), y.to_bits())));
                        assert_eq!(found, expected, "{name}");
                    };
                    f.forward(&every, &mut out);
                    check(&out, "y");
                    f.backward(&every, &dy, &mut out);
                    check(&out, "dx");
                }
            }
        };
    }
    half_type!(leaky_relu_has_the_same_bits_on_every_f16, half::f16);
    half_type!(leaky_relu_has_the_same_bits_on_every_bf16, half::bf16);
}
