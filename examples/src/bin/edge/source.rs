//! A network and digits as the lines of Rust that the microcontroller's program is built with.

use std::fmt::{Debug, Write};

use crate::weights::{Float, Quantized, Weights};

/// The lines. They name the types of `edge-network` as if these were imported.
pub fn source(weights: &Weights, digits: &[Vec<u8>]) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    line("/// The slope below zero; none is a ReLU.".to_owned());
    line(format!(
        "pub const ALPHA: Option<f32> = {:?};",
        weights.alpha
    ));
    line("/// The layers in f32.".to_owned());
    line(format!(
        "pub static FLOAT: [FloatWeights<'static>; {}] = [",
        weights.float.len()
    ));
    for Float { weight, bias } in &weights.float {
        line(format!(
            "    FloatWeights {{ weight: &[{}], bias: &[{}] }},",
            list(weight),
            list(bias)
        ));
    }
    line("];".to_owned());
    line("/// The layers in 8 bits.".to_owned());
    line(format!(
        "pub static QUANTIZED: [QuantizedWeights<'static>; {}] = [",
        weights.quantized.len()
    ));
    for layer in &weights.quantized {
        let Quantized {
            x_zero_point,
            weight,
            bias,
            rescale,
            before,
            after,
        } = layer;
        line(format!(
            "    QuantizedWeights {{ x_zero_point: {x_zero_point}, weight: &[{}], bias: &[{}], rescale: &[{}], before: {before:?}, after: {after:?} }},",
            list(weight),
            list(bias),
            list(rescale)
        ));
    }
    line("];".to_owned());
    line("/// The digits to read.".to_owned());
    line(format!("pub static DIGITS: [&[u8]; {}] = [", digits.len()));
    for digit in digits {
        line(format!("    &[{}],", list(digit)));
    }
    line("];".to_owned());
    text
}

/// Numbers that Rust reads back as the same ones.
fn list<T: Debug>(numbers: &[T]) -> String {
    let mut text = String::new();
    for number in numbers {
        // Writing to a string cannot fail.
        let _ = write!(text, "{number:?}, ");
    }
    text.trim_end_matches(", ").to_owned()
}
