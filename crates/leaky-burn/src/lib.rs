//! Leaky ReLU and its family inside [Burn](https://burn.dev): one pass forward, one pass backward,
//! one bit kept an element.

mod backend;
mod composed;
pub mod dispatch;
#[cfg(feature = "flex")]
mod flex;
