//! Training of a network's parameters.

pub(crate) mod calibrate;
pub(crate) mod checkpoint;
pub(crate) mod checkpoint_error;
pub(crate) mod epoch;
pub(crate) mod epochs;
pub(crate) mod error;
pub(crate) mod initialize;
mod memory;
pub(crate) mod options;
pub(crate) mod parts;
mod pull;
mod recycle;
pub(crate) mod schedule;
mod snapshot;
mod standing;
mod step;
pub(crate) mod validate;

pub use calibrate::calibrate;
pub use checkpoint::{Checkpoint, FILE};
pub use checkpoint_error::CheckpointError;
pub use epoch::{End, Epoch};
pub use epochs::{Request, Training, train};
pub use error::InitializeError;
pub use initialize::initialize;
pub use options::{Optimizer, Recycle, TrainOptions};
pub use parts::Parts;
pub use schedule::Schedule;
pub use standing::Best;
pub use validate::{Validation, validate};
