//! The engine in a browser tab, for the pages in `site/`.
//!
//! ```text
//! doctor    a network and its samples from files: diagnosed, cured, converted
//! play      a small network on points of a plane, watched while it trains
//! watched   what the engine does, told to the page; and whether the page wants it to go on
//! refused   errors in the engine's own words
//! page      what is done when the page loads the engine
//! ```
//!
//! The pages run this in a worker of their own and ask it by name; `site/js/worker.js` is the other end.

#[cfg(target_family = "wasm")]
mod doctor;
#[cfg(target_family = "wasm")]
mod page;
#[cfg(any(test, target_family = "wasm"))]
mod play;
#[cfg(target_family = "wasm")]
mod refused;
#[cfg(target_family = "wasm")]
mod watched;

#[cfg(target_family = "wasm")]
pub use doctor::{Converted, Cured, Doctor, convert};
#[cfg(target_family = "wasm")]
pub use play::{Play, Snapshot, standard_settings};
