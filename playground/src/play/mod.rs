//! A small network on points of a plane or on small pictures, watched while it trains.
//!
//! ```text
//! settings     what the page asks for
//! points       samples of a plane, made or drawn
//! digits       handwritten ones, in their place
//! answer       what outputs mean: their loss, its gradient, whether they are right
//! rectifier    the kernels of leaky-relu, by their names
//! layer        weights, forward and backward
//! network      layers one behind the other
//! optimizer    how parameters follow the gradient
//! session      a network with its points, from the draw of the weights on
//! file         the network as an ONNX file
//! revival      dead units brought back by the engine, through that file
//! snapshot     what the page draws
//! face         what the page calls
//! ```

mod answer;
mod digits;
#[cfg(target_family = "wasm")]
mod face;
mod file;
mod layer;
mod network;
mod optimizer;
mod points;
mod rectifier;
mod revival;
mod session;
mod settings;
mod snapshot;
#[cfg(test)]
mod tests;

#[cfg(target_family = "wasm")]
pub use face::{Play, standard_settings};
#[cfg(target_family = "wasm")]
pub use snapshot::Snapshot;
