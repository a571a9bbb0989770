//! The ONNX file: the message, kept whole.
//!
//! Everything that is not changed on purpose is written back as it was read: names, documentation,
//! metadata, operator set versions, and fields that the schema does not know.

use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use protobuf::Message;

use crate::error::{Error, Result};
use crate::inline;
use crate::proto::tensor_proto::DataLocation;
use crate::proto::{GraphProto, ModelProto, NodeProto, TensorProto};
use crate::tensor;

/// Protocol buffers cannot carry a message of two gigabytes or more.
const LARGEST_MESSAGE: u64 = i32::MAX as u64;

/// An ONNX model, as it lies in its file.
#[derive(Debug, Clone)]
pub struct Model {
    message: ModelProto,
    folder: PathBuf,
}

/// Where in the message a constant tensor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In the graph's list of initializers.
    Initializer(usize),
    /// In the `value` attribute of a `Constant` node.
    Constant {
        /// The node's place in the graph.
        node: usize,
        /// The attribute's place in the node.
        attribute: usize,
    },
}

impl Model {
    /// Reads an ONNX file. External data is looked for in the file's folder, and read when needed.
    ///
    /// Functions that the model defines itself are replaced by their bodies.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is not ONNX or is cut off.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::Io {
            path: path.into(),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(&bytes, folder).map_err(|reason| Error::NotOnnx {
            path: path.into(),
            reason,
        })
    }

    /// Reads a model from the bytes of an ONNX file that has no external data.
    ///
    /// # Errors
    ///
    /// If the bytes are not ONNX or are cut off.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes, PathBuf::new()).map_err(|reason| Error::NotOnnx {
            path: "the given bytes".into(),
            reason,
        })
    }

    fn parse(bytes: &[u8], folder: PathBuf) -> std::result::Result<Self, String> {
        let mut message = ModelProto::parse_from_bytes(bytes).map_err(|error| {
            format!("{error} (the file is cut off, damaged, or of another kind)")
        })?;
        if message.graph.node.is_empty() && message.opset_import.is_empty() {
            return Err("it holds no graph".into());
        }
        inline::functions(&mut message)?;
        Ok(Self { message, folder })
    }

    /// The bytes of an ONNX file with this model, its external data moved inside.
    ///
    /// # Errors
    ///
    /// If external data cannot be read, or the whole would reach the two gigabytes that ONNX's
    /// message format can hold.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut message = self.message.clone();
        let graph = message.graph.mut_or_insert_default();
        let constants = graph
            .node
            .iter_mut()
            .flat_map(|node| &mut node.attribute)
            .filter_map(|a| a.t.as_mut());
        for proto in graph.initializer.iter_mut().chain(constants) {
            if proto.data_location() == DataLocation::EXTERNAL {
                let bytes = tensor::external_bytes(proto, &self.folder)?;
                tensor::set_raw(proto, bytes);
            }
        }
        let size = message.compute_size();
        if size > LARGEST_MESSAGE {
            return Err(Error::Invalid(format!(
                "with its weights inside the file would take {size} bytes; an ONNX message ends at {LARGEST_MESSAGE}"
            )));
        }
        message
            .write_to_bytes()
            .map_err(|error| Error::Invalid(format!("cannot be written: {error}")))
    }

    /// The ONNX message.
    #[cfg(test)]
    fn message(&self) -> &ModelProto {
        &self.message
    }

    /// The main graph.
    pub(crate) fn graph(&self) -> &GraphProto {
        &self.message.graph
    }

    /// The folder that external data lies in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A node of the main graph, to be changed.
    pub(crate) fn node_mut(&mut self, index: usize) -> &mut NodeProto {
        &mut self.message.graph.mut_or_insert_default().node[index]
    }

    /// The version of ONNX's own operator set that the model is written for.
    pub fn opset(&self) -> i64 {
        self.message
            .opset_import
            .iter()
            .find(|set| is_standard_domain(set.domain()))
            .map_or(1, |set| set.version())
    }

    fn tensor(&self, place: Place) -> &TensorProto {
        let graph = self.graph();
        match place {
            Place::Initializer(index) => &graph.initializer[index],
            Place::Constant { node, attribute } => &graph.node[node].attribute[attribute].t,
        }
    }

    /// The numbers of a constant tensor.
    pub(crate) fn read_tensor(&self, place: Place) -> Result<TensorData> {
        tensor::read(self.tensor(place), &self.folder)
    }

    /// Replaces the numbers of a float tensor, rounding to the type it is stored in.
    pub(crate) fn write_tensor(&mut self, place: Place, data: &TensorData) -> Result<()> {
        let graph = self.message.graph.mut_or_insert_default();
        let proto = match place {
            Place::Initializer(index) => &mut graph.initializer[index],
            Place::Constant { node, attribute } => graph.node[node].attribute[attribute]
                .t
                .mut_or_insert_default(),
        };
        tensor::write(proto, data)
    }
}

/// Whether a domain is that of ONNX's own operators, which has two spellings.
pub(crate) fn is_standard_domain(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

#[cfg(test)]
mod tests;
