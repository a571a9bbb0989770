//! Tensors of the file that one node alone uses, so that they can be changed for it.

use leaky_onnx::{Network, ValueId};

use super::part::Part;

/// A parameter as one node sees it, perhaps with its axes in another order.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) parameter: usize,
    /// The sizes as they lie in the file.
    stored: Vec<usize>,
    /// For each axis that the node sees, the axis in the file.
    axes: Vec<usize>,
}

impl Own {
    /// The parameter behind a value, followed through nodes that only pass it on or transpose it.
    ///
    /// # Errors
    ///
    /// If the value is computed otherwise, or anything else uses the parameter too.
    pub(super) fn of(network: &Network, value: ValueId) -> Result<Self, String> {
        Self::follow(network, value, alone)
    }

    /// The same, whatever else uses the parameter.
    ///
    /// # Errors
    ///
    /// If the value is computed otherwise.
    pub(crate) fn shared(network: &Network, value: ValueId) -> Result<Self, String> {
        Self::follow(network, value, |_, _| Ok(()))
    }

    fn follow(
        network: &Network,
        value: ValueId,
        allowed: impl Fn(&Network, ValueId) -> Result<(), String>,
    ) -> Result<Self, String> {
        let mut source = value;
        let mut orders = Vec::new();
        loop {
            allowed(network, source)?;
            if let Some(parameter) = network.parameter_of(source) {
                let stored = network.parameters()[parameter].shape.clone();
                let mut axes: Vec<usize> = (0..stored.len()).collect();
                for order in orders.iter().rev() {
                    axes = permuted(&axes, order).ok_or_else(|| {
                        format!(
                            "the weights '{}' cannot be transposed",
                            network.value_name(value)
                        )
                    })?;
                }
                return Ok(Self {
                    parameter,
                    stored,
                    axes,
                });
            }
            let computed = || {
                format!(
                    "the weights '{}' are computed by the network",
                    network.value_name(value)
                )
            };
            let node = &network.nodes()[network.producer(source).ok_or_else(computed)?];
            match node.operator.as_str() {
                "Identity" | "Cast" => {}
                "Transpose" => orders.push(node.attributes().ints("perm")?.map(<[i64]>::to_vec)),
                _ => return Err(computed()),
            }
            source = node
                .inputs
                .first()
                .copied()
                .flatten()
                .ok_or_else(computed)?;
        }
    }

    /// The sizes that the node sees.
    pub(crate) fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|&axis| self.stored[axis]).collect()
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.stored.iter().product()
    }

    /// Entry `index` of an axis that the node sees.
    pub(super) fn entry(&self, axis: usize, index: usize) -> Part {
        Part::entry(self.parameter, &self.stored, self.axes[axis], index)
    }

    /// Entry `index` of axis 1 in some rows of axis 0.
    pub(super) fn entry_of_rows(&self, rows: std::ops::Range<usize>, index: usize) -> Part {
        Part::entry_of_rows(self.parameter, &self.stored, rows, index)
    }

    /// Whether the axes lie in the file as the node sees them.
    pub(super) fn is_plain(&self) -> bool {
        self.axes.iter().copied().eq(0..self.stored.len())
    }
}

/// Axes in the order that a `Transpose` gives them; without one it reverses them.
fn permuted(axes: &[usize], order: &Option<Vec<i64>>) -> Option<Vec<usize>> {
    match order {
        None => Some(axes.iter().rev().copied().collect()),
        Some(order) => order
            .iter()
            .map(|&from| axes.get(usize::try_from(from).ok()?).copied())
            .collect(),
    }
}

/// Refuses a value that more than one node uses.
fn alone(network: &Network, value: ValueId) -> Result<(), String> {
    match network.consumers(value) {
        [_] => Ok(()),
        users => {
            let names: Vec<&str> = users
                .iter()
                .map(|(node, _)| network.nodes()[*node].name.as_str())
                .collect();
            Err(format!(
                "the weights '{}' are shared by the nodes {}",
                network.value_name(value),
                names.join(", ")
            ))
        }
    }
}
