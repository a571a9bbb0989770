//! A network with its points, from the draw of the weights on.
//!
//! The same settings and the same calls give the same numbers, so that a link can tell a whole story.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::answer::Answer;
use super::layer::Parameters;
use super::network::Network;
use super::optimizer::State;
use super::points::{Points, points};
use super::rectifier::{Kind, Rectifier};
use super::settings::{Optimizer, Settings};

pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) network: Network,
    pub(crate) training: Points,
    pub(crate) testing: Points,
    /// How many steps were made.
    pub(crate) steps: usize,
    /// The gradients of the last step; none before the first.
    pub(crate) gradients: Vec<Parameters>,
    state: State,
    random: ChaCha8Rng,
    /// The numbers of the points that this pass over them has still to see.
    ahead: Vec<usize>,
}

/// How well the network answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quality {
    /// Cross-entropy for classes, mean squared error for values.
    pub(crate) loss: f64,
    /// The fraction of classes that are told right; for values the coefficient of determination.
    pub(crate) score: f64,
}

impl Session {
    /// # Errors
    ///
    /// Where the settings make no sense.
    pub(crate) fn new(settings: Settings) -> Result<Self, String> {
        let settings = settings.check().map_err(|error| error.to_string())?;
        let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
        let [training, testing] = points(&settings, &mut random)?;
        let ends = [training.features, Answer::from(settings.shape).outputs()];
        let network = Network::new(ends, &settings, &mut random)?;
        Ok(Self {
            settings,
            network,
            training,
            testing,
            steps: 0,
            gradients: Vec::new(),
            state: State::default(),
            random,
            ahead: Vec::new(),
        })
    }

    /// Makes so many steps.
    pub(crate) fn train(&mut self, steps: usize) {
        for _ in 0..steps {
            let batch = self.batch();
            self.gradients = self.gradients_on(&batch);
            let Settings { optimizer, lr, .. } = self.settings;
            let gradients = &self.gradients;
            self.state.step(&mut self.network, gradients, optimizer, lr);
            self.steps += 1;
        }
    }

    /// One step of plain gradient descent on all points, at this learning rate.
    pub(crate) fn jolt(&mut self, lr: f32) {
        self.gradients = self.gradients_on(&self.training);
        let gradients = &self.gradients;
        State::default().step(&mut self.network, gradients, Optimizer::Sgd, lr);
        self.steps += 1;
    }

    /// Gives one hidden layer, or all, this rectifier. The weights stay.
    ///
    /// # Errors
    ///
    /// Where there is no such layer, or `alpha` is not finite.
    pub(crate) fn rectify(
        &mut self,
        layer: Option<usize>,
        kind: Kind,
        alpha: f32,
    ) -> Result<(), String> {
        let rectifier = Rectifier::new(kind, alpha).map_err(|error| error.to_string())?;
        let hidden = self.network.hidden_mut();
        let chosen = match layer {
            None => hidden,
            Some(layer) => hidden
                .get_mut(layer..=layer)
                .ok_or_else(|| format!("there is no hidden layer {}", layer + 1))?,
        };
        for layer in chosen {
            layer.rectify(rectifier.clone(), alpha);
        }
        self.forget();
        Ok(())
    }

    /// The optimiser begins anew: the parameters are not those that its moments speak of.
    pub(crate) fn forget(&mut self) {
        self.state = State::default();
        self.gradients.clear();
    }

    /// What the outputs mean.
    pub(crate) fn answer(&self) -> Answer {
        self.settings.shape.into()
    }

    /// How well the network answers on these points.
    pub(crate) fn quality(&self, points: &Points) -> Quality {
        let answer = self.answer();
        let outputs = self.network.output(&points.x);
        let count = points.len() as f64;
        let pairs = || outputs.chunks_exact(answer.outputs()).zip(&points.y);
        let loss = pairs().map(|(z, &y)| answer.loss(z, y)).sum::<f64>() / count;
        let score = match answer {
            Answer::Value => {
                let truths = || points.y.iter().map(|&y| f64::from(y));
                let mean = truths().sum::<f64>() / count;
                1.0 - loss / (truths().map(|y| (y - mean).powi(2)).sum::<f64>() / count)
            }
            Answer::Class | Answer::Digit => {
                pairs().filter(|&(z, &y)| answer.is_right(z, y)).count() as f64 / count
            }
        };
        Quality { loss, score }
    }

    fn batch(&mut self) -> Points {
        let size = self.settings.batch_size.min(self.training.len());
        if self.ahead.len() < size {
            self.ahead = (0..self.training.len()).collect();
            self.ahead.shuffle(&mut self.random);
        }
        let batch = self.ahead.split_off(self.ahead.len() - size);
        self.training.chosen(&batch)
    }

    /// Of the mean loss on these points.
    fn gradients_on(&self, points: &Points) -> Vec<Parameters> {
        let activities = self.network.forward(&points.x);
        let outputs = activities.last().map_or(&[][..], |last| &last.after);
        let answer = self.answer();
        let mut gradient = Vec::with_capacity(outputs.len());
        for (z, &y) in outputs.chunks_exact(answer.outputs()).zip(&points.y) {
            answer.gradient(z, y, points.len() as f32, &mut gradient);
        }
        self.network.backward(&points.x, &activities, gradient)
    }
}
