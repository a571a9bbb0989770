//! Layers one behind the other.

use rand::Rng;
use rand_distr::{Distribution, Normal};

use super::layer::{Activity, Layer, Parameters};
use super::rectifier::{Kind, Rectifier};
use super::settings::{Initialization, Settings};

/// A stack of dense layers, with a rectifier behind each but the last.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) layers: Vec<Layer>,
}

impl Network {
    /// A network from so many inputs to so many outputs.
    ///
    /// # Errors
    ///
    /// Where a weight cannot be drawn, or the rectifier not be made.
    pub(crate) fn new(
        [mut inputs, outputs]: [usize; 2],
        settings: &Settings,
        random: &mut impl Rng,
    ) -> Result<Self, String> {
        let rectifier = Rectifier::new(settings.rectifier, settings.alpha).map_err(text)?;
        let mut layers = Vec::new();
        for &outputs in settings.widths.iter().chain(&[outputs]) {
            let mut layer = Layer::new(inputs, outputs);
            let deviation = match settings.initialization {
                Initialization::Kaiming => (gain(settings) / inputs as f32).sqrt(),
                Initialization::Xavier => (2.0 / (inputs + outputs) as f32).sqrt(),
                Initialization::Wide => 1.0,
            };
            let normal = Normal::new(0.0, deviation).map_err(text)?;
            let weight = layer.parameters.weight.iter_mut();
            weight.for_each(|weight| *weight = normal.sample(random));
            inputs = outputs;
            layers.push(layer);
        }
        let hidden = layers.len() - 1;
        for layer in &mut layers[..hidden] {
            layer.rectify(rectifier.clone(), settings.alpha);
        }
        Ok(Self { layers })
    }

    /// What each layer makes of `x`, `[N, inputs]`.
    pub(crate) fn forward(&self, x: &[f32]) -> Vec<Activity> {
        let mut activities: Vec<Activity> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let input = activities.last().map_or(x, |activity| &activity.after);
            let activity = layer.forward(input);
            activities.push(activity);
        }
        activities
    }

    /// The outputs alone, `[N, outputs]`.
    pub(crate) fn output(&self, x: &[f32]) -> Vec<f32> {
        self.forward(x).pop().unwrap_or_default().after
    }

    /// The gradients of all parameters, from that of the outputs, `[N, outputs]`.
    pub(crate) fn backward(
        &self,
        x: &[f32],
        activities: &[Activity],
        mut gradient: Vec<f32>,
    ) -> Vec<Parameters> {
        let like = self
            .layers
            .iter()
            .map(|layer| layer.parameters.zeros_like());
        let mut gradients: Vec<Parameters> = like.collect();
        for (place, layer) in self.layers.iter().enumerate().rev() {
            let input = match place {
                0 => x,
                _ => &activities[place - 1].after,
            };
            let of = &mut gradients[place];
            gradient = layer.backward(input, &activities[place], gradient, of);
        }
        gradients
    }

    /// The layers that have a rectifier.
    pub(crate) fn hidden(&self) -> &[Layer] {
        &self.layers[..self.layers.len() - 1]
    }

    /// As [`hidden`](Self::hidden), to be changed.
    pub(crate) fn hidden_mut(&mut self) -> &mut [Layer] {
        let hidden = self.layers.len() - 1;
        &mut self.layers[..hidden]
    }
}

/// Kaiming's `2 / (1 + alpha^2)` where the rectifier has a slope, 2 for the others.
fn gain(settings: &Settings) -> f32 {
    match settings.rectifier {
        Kind::LeakyRelu | Kind::Prelu => 2.0 / (1.0 + settings.alpha.powi(2)),
        Kind::Relu | Kind::Elu => 2.0,
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
