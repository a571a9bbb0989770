//! How to train: what every command that trains takes.

use clap::Args;
use clap::error::{Error, ErrorKind};
use leaky_cure::train::{Optimizer, Recycle, Schedule, TrainOptions};

use super::names;
use super::values::{above_zero, at_least_zero, below_one, count};

/// Options of every command that trains, but for learning rates and seeds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub(super) struct Training {
    /// How many times to train on all the data
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = count)]
    epochs: usize,
    /// How many samples to train on at a time
    #[arg(long, value_name = "SAMPLES", default_value_t = 64, value_parser = count)]
    batch_size: usize,
    /// How the weights follow the gradient
    #[arg(long, value_name = "METHOD", default_value = "adam", value_parser = names::optimizer())]
    optimizer: Optimizer,
    /// How much of its velocity the sgd optimizer keeps from step to step: 0.9 is common [default: 0]
    #[arg(long, value_name = "PART", value_parser = below_one)]
    momentum: Option<f64>,
    /// How much each step pulls the weights towards zero; with it, adam is AdamW
    #[arg(long, value_name = "RATE", default_value_t = 0.0, value_parser = at_least_zero, allow_hyphen_values = true)]
    weight_decay: f64,
    /// Scale the gradient of all weights down to this norm where it is larger
    #[arg(long, value_name = "NORM", value_parser = above_zero, allow_hyphen_values = true)]
    clip_norm: Option<f64>,
    /// How the learning rate goes on from step to step
    #[arg(long, value_name = "SHAPE", default_value = "constant", value_parser = names::schedule())]
    schedule: Schedule,
    /// In how many steps the learning rate rises from zero, before the schedule begins
    #[arg(long, value_name = "STEPS", default_value_t = 0)]
    warm_up: usize,
    /// End after so many epochs none of which validated better
    #[arg(long, value_name = "EPOCHS", value_parser = count)]
    patience: Option<usize>,
    /// Let the statistics of batch normalisations train: each step takes those of its batch, and the stored
    /// ones follow; otherwise these are used in training too, and stay
    #[arg(long)]
    train_statistics: bool,
    /// How strongly each step pulls the weights back to where they began (L2 Init); 0.001 is a start
    #[arg(long, value_name = "STRENGTH", default_value_t = 0.0, value_parser = at_least_zero, allow_hyphen_values = true)]
    pull: f64,
    /// After every so many steps, revive the units that have died in training
    #[arg(long, value_name = "STEPS", value_parser = count)]
    recycle: Option<usize>,
}

impl Training {
    /// Everything but the learning rate, the seed and random slopes, which stay the defaults.
    ///
    /// # Errors
    ///
    /// Where two options do not go together.
    pub(super) fn options(self) -> Result<TrainOptions, Error> {
        if self.optimizer == Optimizer::Adam && self.momentum.is_some() {
            return Err(Error::raw(
                ErrorKind::ArgumentConflict,
                "--momentum is an option of --optimizer sgd: adam has a momentum of its own\n",
            ));
        }
        Ok(TrainOptions {
            epochs: self.epochs,
            batch_size: self.batch_size,
            schedule: self.schedule,
            warm_up: self.warm_up,
            optimizer: self.optimizer,
            momentum: self.momentum.unwrap_or(0.0),
            weight_decay: self.weight_decay,
            clip_norm: self.clip_norm,
            patience: self.patience,
            train_statistics: self.train_statistics,
            pull: self.pull,
            recycle: self.recycle.map(Recycle::every),
            ..TrainOptions::default()
        })
    }
}
