//! ONNX networks: read, run, differentiate, edit and write.
//!
//! The way of the data: a file is read into a [`Model`], the ONNX message kept whole. A [`Network`]
//! is the same graph as executable steps with its parameters, and runs forward, with or without
//! gradients. Changed parameters go back into the model, and the model back into a file, where all
//! that was not changed survives.
//!
//! ```
//! use burn::backend::DispatchDevice;
//! use burn::tensor::TensorData;
//! use leaky_onnx::{Model, Network};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/networks/mlp/model.onnx");
//! let mut model = Model::read(path)?;
//! let network = Network::new(&model, &DispatchDevice::default())?;
//!
//! // Two samples of 64 features give two rows of ten logits.
//! let outputs = network.run(vec![TensorData::zeros::<f32, _>([2, 64])])?;
//! assert_eq!(outputs[0].shape().to_vec(), [2, 10]);
//!
//! // Every ReLU that does not make the network's output leaks.
//! let rectifiers = network.rectifiers()?;
//! let hidden: Vec<_> = rectifiers.iter().filter(|rectifier| rectifier.hidden).collect();
//! model.leak(&network, &hidden, 0.01)?;
//! let file = model.to_bytes()?;
//! # assert!(!file.is_empty());
//! # Ok::<(), leaky_onnx::Error>(())
//! ```

mod attributes;
mod batching;
mod branches;
mod builder;
mod error;
mod exchange;
mod facts;
mod floats;
mod gradients;
mod graph;
mod inline;
mod model;
mod network;
mod operand;
pub mod operators;
mod parameters;
mod proto;
mod random_slopes;
mod rectifier;
mod rectifiers;
mod standard;
mod tensor;
#[cfg(test)]
mod testing;
mod training;
pub mod unit_map;
mod units;
mod value;

pub use attributes::Attributes;
pub use builder::{ModelBuilder, Setting};
pub use error::{Error, Result, Unsupported};
pub use exchange::Replacement;
pub use facts::{Normalization, ParameterKind, Probabilities, RectifierKind, Role, Weighted};
pub use floats::Floats;
pub use gradients::Tracked;
pub use graph::{Input, Node, Output, ValueId};
pub use model::Model;
pub use network::Network;
pub use operand::Operand;
pub use parameters::Parameter;
pub use random_slopes::RandomSlopes;
pub use rectifier::Rectifier;
pub use tensor::read_tensor;
pub use training::TrainingPass;
pub use unit_map::UnitMap;
pub use units::Shapes;
pub use value::Value;
