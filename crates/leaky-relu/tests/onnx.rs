//! ONNX's own node tests, and ONNX Runtime's 8-bit quantised Leaky ReLU.

mod common;

use common::{assert_close, assert_same_bits, elements, read};
use leaky_relu::{Elu, LeakyRelu, PRelu, Quantization, QuantizedLeakyRelu, Rectifier, Relu};
use safetensors::SafeTensors;

#[test]
fn node_tests_pass() {
    let file = SafeTensors::deserialize(include_bytes!("fixtures/onnx.safetensors")).unwrap();
    let mut cases = 0;
    for (name, expected) in file.tensors() {
        let Some(case) = name.strip_suffix("/y") else {
            continue;
        };
        let x: Vec<f32> = read(&file, &format!("{case}/x"));
        let expected: Vec<f32> = elements(&expected);
        let attribute = read(&file, &format!("{case}/attribute"))[0];
        let mut y = vec![0.0; x.len()];
        match case.split('/').next().unwrap() {
            "LeakyRelu" => LeakyRelu::new(attribute).unwrap().forward(&x, &mut y),
            "Relu" => Relu.forward(&x, &mut y),
            "Elu" => Elu::new(attribute).unwrap().forward(&x, &mut y),
            "PRelu" => {
                let slope: Vec<f32> = read(&file, &format!("{case}/slope"));
                PRelu::new(&slope, 1).unwrap().forward(&x, &mut y);
            }
            other => panic!("no test for {other}"),
        }
        // ONNX computes its expected exponentials with NumPy.
        let units = if case.starts_with("Elu") { 4 } else { 0 };
        assert_close(case, &y, &expected, units);
        if units == 0 {
            let nonzero = |y: &[f32]| y.iter().copied().filter(|y| *y != 0.0).collect::<Vec<_>>();
            assert_same_bits(case, &nonzero(&y), &nonzero(&expected));
        }
        cases += 1;
    }
    assert_eq!(cases, 9, "the fixture holds nine node tests");
}

#[test]
fn quantized_leaky_relu_equals_onnx_runtime() {
    let file = SafeTensors::deserialize(include_bytes!("fixtures/quantized.safetensors")).unwrap();
    let mut cases = 0;
    for (name, expected) in file.tensors() {
        let Some(case) = name.strip_suffix("/y") else {
            continue;
        };
        let x = file.tensor(&format!("{case}/x")).unwrap();
        let parameters: Vec<f32> = read(&file, &format!("{case}/parameters"));
        let [alpha, x_scale, x_zero, y_scale, y_zero] = parameters[..] else {
            panic!("{case}: {parameters:?}");
        };
        if case.starts_with("u8") {
            let from = Quantization {
                scale: x_scale,
                zero_point: x_zero as u8,
            };
            let to = Quantization {
                scale: y_scale,
                zero_point: y_zero as u8,
            };
            let f = QuantizedLeakyRelu::new(alpha, from, to).unwrap();
            let mut y = x.data().to_vec();
            f.forward(x.data(), &mut y);
            assert_eq!(y, expected.data(), "{case}");
            let mut in_place = x.data().to_vec();
            f.forward_in_place(&mut in_place);
            assert_eq!(in_place, y, "{case}");
        } else {
            let from = Quantization {
                scale: x_scale,
                zero_point: x_zero as i8,
            };
            let to = Quantization {
                scale: y_scale,
                zero_point: y_zero as i8,
            };
            let f = QuantizedLeakyRelu::new(alpha, from, to).unwrap();
            let signed = |bytes: &[u8]| bytes.iter().map(|byte| *byte as i8).collect::<Vec<_>>();
            let mut y = signed(x.data());
            f.forward(&signed(x.data()), &mut y);
            assert_eq!(y, signed(expected.data()), "{case}");
        }
        cases += 1;
    }
    assert_eq!(cases, 14, "the fixture holds seven cases of each type");
}
