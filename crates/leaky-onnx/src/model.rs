//! The ONNX file: the message, kept whole.
//!
//! Everything that is not changed on purpose is written back as it was read: names, documentation,
//! metadata, operator set versions, and fields that the schema does not know. Functions that a model
//! defines stay too, until something inside of one is changed: then all calls are replaced by bodies.

use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use protobuf::Message;

use crate::batching::Batching;
use crate::branches::{self, BranchTensor, Guard, Layout, Placed};
use crate::error::{Error, Result};
use crate::inline::{self, Step};
use crate::proto::tensor_proto::DataLocation;
use crate::proto::tensor_shape_proto::Dimension;
use crate::proto::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
};
use crate::standard::is_standard_domain;
use crate::tensor;

/// Protocol buffers cannot carry a message of two gigabytes or more.
const LARGEST_MESSAGE: u64 = i32::MAX as u64;

/// An ONNX model, as it lies in its file.
#[derive(Debug, Clone)]
pub struct Model {
    message: ModelProto,
    /// The nodes of the main graph, calls of functions replaced by their bodies.
    steps: Vec<Step>,
    /// The nodes that run: the same, with the branches of `If` laid out.
    layout: Layout,
    /// The operator sets that the nodes that run are written for.
    opsets: Vec<OperatorSetIdProto>,
    folder: PathBuf,
    /// How the networks made of it take batches. Exchanged rectifiers and numbers change nothing of
    /// that.
    batching: Batching,
}

/// Where in the message a constant tensor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In the graph's list of initializers.
    Initializer(usize),
    /// In the `value` attribute of a `Constant` node.
    Constant {
        /// The node's place among the nodes that run.
        node: usize,
        /// The attribute's place in the node.
        attribute: usize,
    },
    /// Among the initializers of branches.
    Branch(usize),
}

impl Model {
    /// Reads an ONNX file. External data is looked for in the file's folder, and read when needed.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is not ONNX or is cut off, or if the functions that it defines
    /// itself call each other without end, unfold to too many nodes, or are written for another
    /// operator set than the model.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::Io {
            path: path.into(),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(&bytes, path, folder)
    }

    /// Reads a model from the bytes of an ONNX file that has no external data.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::from_bytes_in(bytes, Path::new(""))
    }

    /// Reads a model from the bytes of an ONNX file whose external data lies in `folder`.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_bytes_in(bytes: &[u8], folder: &Path) -> Result<Self> {
        Self::parse(bytes, Path::new("the given bytes"), folder.to_owned())
    }

    fn parse(bytes: &[u8], path: &Path, folder: PathBuf) -> Result<Self> {
        let not_onnx = |reason: String| Error::NotOnnx {
            path: path.into(),
            reason,
        };
        let message = ModelProto::parse_from_bytes(bytes).map_err(|error| {
            not_onnx(format!(
                "{error} (the file is cut off, damaged, or of another kind)"
            ))
        })?;
        if message.graph.node.is_empty() && message.opset_import.is_empty() {
            return Err(not_onnx("it holds no graph".into()));
        }
        Self::from_message(message, folder)
    }

    /// A model of a message that lies in memory, and its external data in `folder`.
    pub(crate) fn from_message(message: ModelProto, folder: PathBuf) -> Result<Self> {
        let (steps, opsets) = inline::functions(&message)?;
        let mut model = Self {
            message,
            steps,
            layout: Layout::default(),
            opsets,
            folder,
            batching: Batching::default(),
        };
        model.layout = branches::lay_out((0..model.steps.len()).map(|i| model.root(i)), &|name| {
            let roots = (0..model.steps.len()).map(|index| model.root(index));
            let tensor = branches::constant_tensor(name, &model.graph().initializer, roots)?;
            branches::truth_of(tensor)
        });
        Ok(model)
    }

    /// The bytes of an ONNX file in `folder` with this model. External data that was not changed stays
    /// where it is if `folder` is the one that the model was read from; else it moves inside.
    ///
    /// # Errors
    ///
    /// As [`to_bytes`](Self::to_bytes).
    pub fn to_bytes_in(&self, folder: &Path) -> Result<Vec<u8>> {
        // The current folder has an empty name, which the operating system does not know.
        let resolved = |folder: &Path| Path::new(".").join(folder).canonicalize();
        match (resolved(folder), resolved(&self.folder)) {
            (Ok(target), Ok(source)) if target == source => serialised(&self.message),
            _ => self.to_bytes(),
        }
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
        let bodies = message.functions.iter_mut().flat_map(|f| &mut f.node);
        let constants = graph
            .node
            .iter_mut()
            .chain(bodies)
            .flat_map(|node| &mut node.attribute)
            .filter_map(|a| a.t.as_mut());
        let inside = |proto: &mut TensorProto| -> Result<()> {
            if proto.data_location() == DataLocation::EXTERNAL {
                let bytes = tensor::external_bytes(proto, &self.folder)?;
                tensor::set_raw(proto, bytes);
            }
            Ok(())
        };
        for proto in graph.initializer.iter_mut().chain(constants) {
            inside(proto)?;
        }
        let mut failed = Ok(());
        for node in &mut graph.node {
            branches::all_graphs_mut(node, &mut |graph| {
                let constants = graph.node.iter_mut().flat_map(|node| &mut node.attribute);
                let constants = constants.filter_map(|attribute| attribute.t.as_mut());
                for proto in graph.initializer.iter_mut().chain(constants) {
                    if failed.is_ok() {
                        failed = inside(proto);
                    }
                }
            });
        }
        failed?;
        serialised(&message)
    }

    /// The files outside of the message that hold some of its tensors.
    pub fn external_files(&self) -> Vec<PathBuf> {
        let graph = self.graph();
        let bodies = self.message.functions.iter().flat_map(|f| &f.node);
        let constants = graph
            .node
            .iter()
            .chain(bodies)
            .flat_map(|node| &node.attribute)
            .filter_map(|a| a.t.as_ref());
        let inner: Vec<&TensorProto> = graph.node.iter().flat_map(branches::tensors).collect();
        let outside = graph
            .initializer
            .iter()
            .chain(constants)
            .chain(inner)
            .filter(|proto| proto.data_location() == DataLocation::EXTERNAL);
        let mut files: Vec<PathBuf> = outside
            .flat_map(|proto| &proto.external_data)
            .filter(|entry| entry.key() == "location")
            .map(|entry| self.folder.join(entry.value()))
            .collect();
        files.sort();
        files.dedup();
        files
    }

    /// The ONNX message.
    #[cfg(test)]
    pub(crate) fn message(&self) -> &ModelProto {
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

    /// The nodes that run, in execution order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &NodeProto> {
        (0..self.layout.nodes.len()).map(|index| self.node(index))
    }

    /// The conditions under which a node runs.
    pub(crate) fn guards(&self, index: usize) -> &[Guard] {
        &self.layout.nodes[index].guards
    }

    /// The initializers of branches, by the names that they have among the values of the main graph.
    pub(crate) fn branch_tensors(&self) -> impl Iterator<Item = (&str, Place)> {
        let tensors = self.layout.tensors.iter().enumerate();
        tensors.map(|(index, tensor)| (tensor.name.as_str(), Place::Branch(index)))
    }

    fn node(&self, index: usize) -> &NodeProto {
        let placed = &self.layout.nodes[index];
        match &placed.proto {
            Some(proto) => proto,
            None => self.root(placed.root),
        }
    }

    fn root(&self, index: usize) -> &NodeProto {
        match &self.steps[index] {
            Step::Graph(place) => &self.message.graph.node[*place],
            Step::Body(node) => node,
        }
    }

    /// Changes a node that runs. Where it comes from the body of a function, which other calls may
    /// share, all calls in the file are replaced by their bodies first. Within a branch the node as it
    /// runs changes alike.
    pub(crate) fn change_node(&mut self, index: usize, change: impl Fn(&mut NodeProto)) {
        let Placed { root, way, .. } = self.layout.nodes[index].clone();
        change(branches::follow_mut(self.root_mut(root), &way));
        if let Some(proto) = &mut self.layout.nodes[index].proto {
            change(proto);
        }
    }

    /// Puts a node before one that runs; the places of all nodes behind it change.
    ///
    /// # Errors
    ///
    /// If that node stands within a branch.
    pub(crate) fn insert_before(&mut self, index: usize, node: NodeProto) -> Result<()> {
        let Placed { root, way, .. } = self.layout.nodes[index].clone();
        if !way.is_empty() {
            return Err(Error::Invalid(format!(
                "node '{}' stands within a branch, where no other can be put before it",
                self.node(index).name()
            )));
        }
        self.root_mut(root);
        if let Step::Graph(place) = self.steps[root] {
            let graph = self.message.graph.mut_or_insert_default();
            graph.node.insert(place, node);
        }
        let changed = Self::from_message(
            std::mem::take(&mut self.message),
            std::mem::take(&mut self.folder),
        )?;
        let batching = std::mem::replace(self, changed).batching;
        self.batching = batching;
        Ok(())
    }

    fn root_mut(&mut self, index: usize) -> &mut NodeProto {
        if matches!(self.steps[index], Step::Body(_)) {
            self.unfold();
        }
        let place = match self.steps[index] {
            Step::Graph(place) => place,
            Step::Body(_) => unreachable!("no function is left"),
        };
        &mut self.message.graph.mut_or_insert_default().node[place]
    }

    /// Replaces the calls of functions in the file by the functions' bodies.
    fn unfold(&mut self) {
        let roots = (0..self.steps.len()).map(|index| self.root(index));
        let nodes: Vec<NodeProto> = roots.cloned().collect();
        self.steps = (0..nodes.len()).map(Step::Graph).collect();
        self.message.graph.mut_or_insert_default().node = nodes;
        self.message.opset_import.clone_from(&self.opsets);
        self.message.functions.clear();
    }

    pub(crate) fn batching(&self) -> Batching {
        self.batching.clone()
    }

    /// The version of ONNX's own operator set that the model is written for.
    pub fn opset(&self) -> i64 {
        self.opsets
            .iter()
            .find(|set| is_standard_domain(set.domain()))
            .map_or(1, |set| set.version())
    }

    pub(crate) fn tensor(&self, place: Place) -> &TensorProto {
        let graph = self.graph();
        match place {
            Place::Initializer(index) => &graph.initializer[index],
            Place::Constant { node, attribute } => &self.node(node).attribute[attribute].t,
            Place::Branch(index) => {
                let tensor = &self.layout.tensors[index];
                let node = branches::follow(self.root(tensor.root), &tensor.way);
                &node.attribute[tensor.attribute].g.initializer[tensor.index]
            }
        }
    }

    /// The numbers of a value that stands in the file: an initializer, or a constant node's tensor.
    pub(crate) fn constant(&self, name: &str) -> Option<TensorData> {
        let own = branches::constant_tensor(name, &self.graph().initializer, self.nodes());
        let inner = || {
            let mut tensors = self.branch_tensors();
            let (_, place) = tensors.find(|(known, _)| *known == name)?;
            Some(self.tensor(place))
        };
        tensor::read(own.or_else(inner)?, &self.folder).ok()
    }

    /// The numbers of a constant tensor.
    pub(crate) fn read_tensor(&self, place: Place) -> Result<TensorData> {
        tensor::read(self.tensor(place), &self.folder)
    }

    /// Adds a float tensor, stored as `data_type`, that holds one number everywhere.
    pub(crate) fn add_initializer(
        &mut self,
        name: &str,
        shape: &[usize],
        number: f32,
        data_type: i32,
    ) -> Result<()> {
        let dims: Vec<i64> = shape.iter().map(|&size| size as i64).collect();
        let mut proto = TensorProto::new();
        proto.set_name(name.to_owned());
        proto.set_data_type(data_type);
        proto.dims.clone_from(&dims);
        let numbers = vec![number; shape.iter().product()];
        let numbers = TensorData::new(numbers, shape).convert_dtype(tensor::compute_type(
            tensor::data_type(data_type).map_err(Error::Invalid)?,
        ));
        tensor::write(&mut proto, &numbers)?;
        let before_version_4 = self.message.ir_version() < 4;
        let graph = self.message.graph.mut_or_insert_default();
        graph.initializer.push(proto);
        // Then every initializer had to be an input too, which a caller could replace.
        if before_version_4 {
            let mut input = ValueInfoProto::new();
            input.set_name(name.to_owned());
            let kind = input.type_.mut_or_insert_default().mut_tensor_type();
            kind.set_elem_type(data_type);
            kind.shape.mut_or_insert_default().dim = dims
                .into_iter()
                .map(|size| {
                    let mut dimension = Dimension::new();
                    dimension.set_dim_value(size);
                    dimension
                })
                .collect();
            graph.input.push(input);
        }
        Ok(())
    }

    /// Replaces the numbers of a float tensor, rounding to the type it is stored in.
    pub(crate) fn write_tensor(&mut self, place: Place, data: &TensorData) -> Result<()> {
        match place {
            Place::Initializer(index) => {
                let graph = self.message.graph.mut_or_insert_default();
                tensor::write(&mut graph.initializer[index], data)
            }
            Place::Constant { node, attribute } => {
                let mut proto = self.tensor(place).clone();
                tensor::write(&mut proto, data)?;
                self.change_node(node, |node| {
                    node.attribute[attribute].t = Some(proto.clone()).into();
                });
                Ok(())
            }
            Place::Branch(index) => {
                let BranchTensor {
                    root,
                    way,
                    attribute,
                    index,
                    ..
                } = self.layout.tensors[index].clone();
                let node = branches::follow_mut(self.root_mut(root), &way);
                let graph = node.attribute[attribute].g.mut_or_insert_default();
                tensor::write(&mut graph.initializer[index], data)
            }
        }
    }
}

fn serialised(message: &ModelProto) -> Result<Vec<u8>> {
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

#[cfg(test)]
mod tests;
