//! How parameters follow the gradient.

use super::layer::Parameters;
use super::network::Network;
use super::settings::Optimizer;

/// What an optimiser keeps of earlier gradients.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Means of gradients, and of their squares; empty before the first step.
    first: Vec<Parameters>,
    second: Vec<Parameters>,
    steps: i32,
}

impl State {
    /// Changes all parameters of a network by one step.
    pub(crate) fn step(
        &mut self,
        network: &mut Network,
        gradients: &[Parameters],
        optimizer: Optimizer,
        lr: f32,
    ) {
        if self.first.is_empty() {
            let zeros: Vec<Parameters> = gradients.iter().map(Parameters::zeros_like).collect();
            (self.first, self.second) = (zeros.clone(), zeros);
        }
        self.steps = self.steps.saturating_add(1);
        let steps = self.steps;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((layer, gradient), (first, second)) in
            network.layers.iter_mut().zip(gradients).zip(moments)
        {
            let moments = first.arrays_mut().into_iter().zip(second.arrays_mut());
            let parameters = layer.parameters.arrays_mut().into_iter();
            for ((parameters, gradients), (first, second)) in
                parameters.zip(gradient.arrays()).zip(moments)
            {
                let moments = first.iter_mut().zip(second);
                for ((parameter, &gradient), (first, second)) in
                    parameters.iter_mut().zip(gradients).zip(moments)
                {
                    *parameter -= lr
                        * match optimizer {
                            Optimizer::Sgd => gradient,
                            Optimizer::Momentum => {
                                *first = 0.9 * *first + gradient;
                                *first
                            }
                            Optimizer::Adam => adam(gradient, first, second, steps),
                        };
                }
            }
        }
    }
}

/// The step of one parameter for a learning rate of 1 (Kingma and Ba 2015, algorithm 1).
fn adam(gradient: f32, first: &mut f32, second: &mut f32, steps: i32) -> f32 {
    const BETA: (f32, f32) = (0.9, 0.999);
    *first += (1.0 - BETA.0) * (gradient - *first);
    *second += (1.0 - BETA.1) * (gradient * gradient - *second);
    let mean = *first / (1.0 - BETA.0.powi(steps));
    let deviation = (*second / (1.0 - BETA.1.powi(steps))).sqrt();
    mean / (deviation + 1e-8)
}
