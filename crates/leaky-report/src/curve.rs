//! Curves of rectifiers and their gradients: the points to draw lines through.

use leaky_cure::candidate::Candidate;
use leaky_onnx::Replacement;
use leaky_relu::{Elu, LeakyRelu, Rectifier, Relu};

/// The curves go from `-REACH` to `REACH`.
pub const REACH: f64 = 3.0;

/// A function by name, and its points below and above zero: the gradient jumps there.
pub struct Curve {
    /// What its legend says.
    pub name: String,
    values: [Line; 2],
    gradients: [Line; 2],
}

impl Curve {
    /// The curve of a function, which gives its values and its gradients at some `x`.
    ///
    /// # Errors
    ///
    /// Those of the function.
    pub fn new<E>(
        name: String,
        function: impl Fn(&[f64]) -> Result<(Vec<f64>, Vec<f64>), E>,
    ) -> Result<Self, E> {
        let below: Vec<f64> = (0..=200)
            .map(|i| REACH * (f64::from(i) / 200.0 - 1.0))
            .collect();
        let above: Vec<f64> = (0..=200)
            .map(|i| (REACH * f64::from(i) / 200.0).max(1e-9))
            .collect();
        let points = |x: &[f64]| -> Result<_, E> {
            let (values, gradients) = function(x)?;
            let beside = |y: Vec<f64>| x.iter().copied().zip(y).collect();
            Ok((beside(values), beside(gradients)))
        };
        let (values_below, gradients_below) = points(&below)?;
        let (values_above, gradients_above) = points(&above)?;
        Ok(Self {
            name,
            values: [values_below, values_above],
            gradients: [gradients_below, gradients_above],
        })
    }

    /// The curve of a rectifier as it is before training.
    ///
    /// # Errors
    ///
    /// Where its slope is not a finite number.
    pub fn of(name: String, rectifier: Candidate) -> Result<Self, leaky_relu::Error> {
        Self::new(name, |x| {
            let (mut values, mut gradients) = (x.to_vec(), vec![1.0; x.len()]);
            match rectifier.replacement() {
                Replacement::Relu => {
                    Relu.forward_in_place(&mut values);
                    Relu.backward_in_place(x, &mut gradients);
                }
                Replacement::LeakyRelu(alpha) | Replacement::PRelu(alpha) => {
                    let f = LeakyRelu::new(f64::from(alpha))?;
                    f.forward_in_place(&mut values);
                    f.backward_in_place(x, &mut gradients);
                }
                Replacement::Elu(alpha) => {
                    let f = Elu::new(f64::from(alpha))?;
                    f.forward_in_place(&mut values);
                    f.backward_in_place(x, &mut gradients);
                }
            }
            Ok((values, gradients))
        })
    }
}

/// What is drawn side by side: a title and the parts of each curve.
pub type Panel = (&'static str, Parts);

/// One of the two pairs of lines of a curve.
pub type Parts = fn(&Curve) -> &[Line; 2];

/// Points to draw a line through.
pub type Line = Vec<(f64, f64)>;

/// The function, and beside it its gradient.
pub const PANELS: [Panel; 2] = [
    ("f(x)", |curve| &curve.values),
    ("gradient of f at x", |curve| &curve.gradients),
];

/// The lowest and the highest value of a panel, with a margin.
pub fn range(curves: &[Curve], parts: Parts) -> (f64, f64) {
    let values = || curves.iter().flat_map(parts).flatten().map(|point| point.1);
    let lowest = values().fold(0.0, f64::min);
    let highest = values().fold(1.0, f64::max);
    let margin = (highest - lowest) * 0.08;
    (lowest - margin, highest + margin)
}
