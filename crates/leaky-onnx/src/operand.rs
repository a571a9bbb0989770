//! Tensors of the file as a node sees them.

use crate::facts::Role;
use crate::graph::ValueId;
use crate::network::Network;

/// A parameter as one node sees it, perhaps with its axes in another order.
#[derive(Debug, Clone)]
pub struct Operand {
    /// Its place among [`Network::parameters`].
    pub parameter: usize,
    /// The sizes as they lie in the file.
    pub(crate) stored: Vec<usize>,
    /// For each axis that the node sees, the axis in the file.
    pub(crate) axes: Vec<usize>,
}

impl Operand {
    /// The parameter behind a value, followed through nodes that only pass it on or transpose it.
    ///
    /// # Errors
    ///
    /// If the value is computed otherwise.
    pub fn of(network: &Network, value: ValueId) -> Result<Self, String> {
        Self::follow(network, value, |_, _| Ok(()))
    }

    /// The same, where one node alone uses the parameter, so that it can be changed for it.
    ///
    /// # Errors
    ///
    /// If the value is computed otherwise, or anything else uses the parameter too.
    pub(crate) fn alone(network: &Network, value: ValueId) -> Result<Self, String> {
        Self::follow(network, value, alone)
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
            match node.role {
                Role::Same | Role::Dropped => {}
                Role::Transposed => {
                    orders.push(node.attributes().ints("perm")?.map(<[i64]>::to_vec));
                }
                _ => return Err(computed()),
            }
            source = node.input(0).ok_or_else(computed)?;
        }
    }

    /// The sizes that the node sees.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|&axis| self.stored[axis]).collect()
    }

    /// How many numbers there are.
    pub fn elements(&self) -> usize {
        self.stored.iter().product()
    }

    /// Whether the axes lie in the file as the node sees them.
    pub(crate) fn is_plain(&self) -> bool {
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

/// Refuses a value whose numbers more than one node uses.
fn alone(network: &Network, value: ValueId) -> Result<(), String> {
    let users = network.consumers(value).iter();
    let users = users
        .map(|(node, input)| (&network.nodes()[*node], *input))
        .filter(|(node, input)| node.role.sees(*input));
    let names: Vec<&str> = users.map(|(node, _)| node.name.as_str()).collect();
    match names[..] {
        [_] => Ok(()),
        _ => Err(format!(
            "the weights '{}' are shared by the nodes {}",
            network.value_name(value),
            names.join(", ")
        )),
    }
}
