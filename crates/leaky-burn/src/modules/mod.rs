//! The rectifiers as modules, with the names, fields and configurations of Burn's own.

mod leaky_relu;
mod prelu;
mod relu;
mod rrelu;

pub use leaky_relu::{LeakyRelu, LeakyReluConfig};
pub use prelu::{PRelu, PReluConfig};
pub use relu::Relu;
pub use rrelu::{RRelu, RReluConfig};
