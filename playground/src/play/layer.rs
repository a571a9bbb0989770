//! A layer: weights, bias, and the rectifier behind them.

use super::rectifier::{Kind, Rectifier};

/// The parameters of a layer, or something for each of them: a gradient, a moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameters {
    /// `[inputs, outputs]`, row by row.
    pub(crate) weight: Vec<f32>,
    /// `[outputs]`
    pub(crate) bias: Vec<f32>,
    /// `[outputs]` where the rectifier is a PReLU, else empty.
    pub(crate) slopes: Vec<f32>,
}

impl Parameters {
    /// Zeros, as many as there are parameters here.
    pub(crate) fn zeros_like(&self) -> Self {
        Self {
            weight: vec![0.0; self.weight.len()],
            bias: vec![0.0; self.bias.len()],
            slopes: vec![0.0; self.slopes.len()],
        }
    }

    /// The three arrays one after the other.
    pub(crate) fn arrays(&self) -> [&[f32]; 3] {
        [&self.weight, &self.bias, &self.slopes]
    }

    /// As [`arrays`](Self::arrays), to be written.
    pub(crate) fn arrays_mut(&mut self) -> [&mut [f32]; 3] {
        [&mut self.weight, &mut self.bias, &mut self.slopes]
    }
}

/// What a layer made of samples: both `[N, outputs]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity {
    pub(crate) before: Vec<f32>,
    /// As `before` where there is no rectifier.
    pub(crate) after: Vec<f32>,
}

#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) parameters: Parameters,
    /// None for the last.
    pub(crate) rectifier: Option<Rectifier>,
}

impl Layer {
    /// Zero weights.
    pub(crate) fn new(inputs: usize, outputs: usize) -> Self {
        Self {
            inputs,
            outputs,
            parameters: Parameters {
                weight: vec![0.0; inputs * outputs],
                bias: vec![0.0; outputs],
                slopes: Vec::new(),
            },
            rectifier: None,
        }
    }

    /// Gives the layer this rectifier; slopes of a PReLU begin at `alpha`.
    pub(crate) fn rectify(&mut self, rectifier: Rectifier, alpha: f32) {
        self.parameters.slopes = match rectifier.kind() {
            Kind::Prelu => vec![alpha; self.outputs],
            _ => Vec::new(),
        };
        self.rectifier = Some(rectifier);
    }

    /// From `x`, `[N, inputs]`.
    pub(crate) fn forward(&self, x: &[f32]) -> Activity {
        let mut before = Vec::with_capacity(x.len() / self.inputs * self.outputs);
        for sample in x.chunks_exact(self.inputs) {
            let start = before.len();
            before.extend_from_slice(&self.parameters.bias);
            let sums = &mut before[start..];
            let rows = self.parameters.weight.chunks_exact(self.outputs);
            for (&input, row) in sample.iter().zip(rows) {
                for (sum, &weight) in sums.iter_mut().zip(row) {
                    *sum += input * weight;
                }
            }
        }
        let after = match &self.rectifier {
            None => before.clone(),
            Some(rectifier) => {
                let mut after = vec![0.0; before.len()];
                rectifier.forward(&self.parameters.slopes, &before, &mut after);
                after
            }
        };
        Activity { before, after }
    }

    /// From the inputs `x`, what the layer made of them, and the gradient of its activations: writes the
    /// gradient of its parameters, and gives that of `x`.
    pub(crate) fn backward(
        &self,
        x: &[f32],
        activity: &Activity,
        mut gradient: Vec<f32>,
        of: &mut Parameters,
    ) -> Vec<f32> {
        if let Some(rectifier) = &self.rectifier {
            let slopes = &self.parameters.slopes;
            rectifier.backward(slopes, &activity.before, &mut gradient, &mut of.slopes);
        }
        of.weight.fill(0.0);
        of.bias.fill(0.0);
        let mut of_x = Vec::with_capacity(x.len());
        let samples = x.chunks_exact(self.inputs);
        for (sample, gradient) in samples.zip(gradient.chunks_exact(self.outputs)) {
            add(&mut of.bias, gradient, 1.0);
            let rows = self.parameters.weight.chunks_exact(self.outputs);
            let of_rows = of.weight.chunks_exact_mut(self.outputs);
            for ((&input, row), of_row) in sample.iter().zip(rows).zip(of_rows) {
                add(of_row, gradient, input);
                of_x.push(row.iter().zip(gradient).map(|(w, g)| w * g).sum());
            }
        }
        of_x
    }
}

fn add(to: &mut [f32], from: &[f32], factor: f32) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}
