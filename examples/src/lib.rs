//! What the examples share.
//!
//! ```text
//! start       how an example begins and ends
//! options     what a person asks for on the command line
//! rectifiers  ReLU and the Leaky ReLUs that stand beside it
//! layers      convolutions and products with their rectifier, in Burn and in ONNX
//! watch       what is seen of one training: losses, scores, dead units
//! trials      all trainings of an example, side by side
//! report      what they come to: a table, curves, figures as JSON
//! curves      the curves as a picture
//! picture     pictures, and animations of them
//! batches     samples in an order drawn anew
//! loss        losses over logits
//! digits      the handwritten digits that the project carries
//! judge       how far made digits are from real ones
//! trained     networks written as ONNX, read again and compared; samples for the command
//! output      files that appear whole or not at all
//! ```

pub mod batches;
pub mod curves;
pub mod digits;
pub mod judge;
pub mod layers;
pub mod loss;
pub mod options;
pub mod output;
pub mod picture;
pub mod rectifiers;
pub mod report;
pub mod start;
pub mod trained;
pub mod trials;
pub mod watch;

/// Nearly halves the time of a training step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What may go wrong, in words for a person.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;
