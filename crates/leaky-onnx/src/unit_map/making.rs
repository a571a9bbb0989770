//! What makes channels at one place: followed back from a value to the weights behind it.

use super::map::{Maker, Shift, Statistics, UnitNormalization};
use super::share::{Places, Share};
use crate::facts::{Normalization, Role, Weighted};
use crate::graph::{Node, ValueId};
use crate::network::Network;
use crate::operand::Operand;
use crate::units::Shapes;

/// Follows a value back to the numbers that make its units. `needed` tells which nodes run.
///
/// # Errors
///
/// Says why the units have no numbers of their own.
pub(super) fn maker(
    network: &Network,
    shapes: &Shapes,
    needed: &[bool],
    made: ValueId,
) -> Result<Maker, String> {
    let mut chain = Chain {
        network,
        units: network.units(made, shapes),
        weights: None,
        shift: None,
        normalization: None,
    };
    let mut value = made;
    let ended = loop {
        match chain.step(shapes, value) {
            Ok(Some(next)) => match private(network, needed, next) {
                Ok(()) => value = next,
                Err(reason) => break Err(reason),
            },
            Ok(None) => break Ok(()),
            Err(reason) => break Err(reason),
        }
    };
    // Behind a normalisation of its own a unit can be moved by its scale and shift alone.
    if chain.normalization.is_none() {
        ended?;
    }
    let producer = network.producer(made);
    Ok(Maker {
        node: producer.map_or_else(String::new, |node| network.nodes()[node].name.clone()),
        feeds: Vec::new(),
        weights: chain.weights,
        shift: chain.shift,
        normalization: chain.normalization,
    })
}

/// The way back, as far as it was gone.
struct Chain<'a> {
    network: &'a Network,
    units: usize,
    weights: Option<Share>,
    shift: Option<Shift>,
    normalization: Option<UnitNormalization>,
}

impl Chain<'_> {
    /// The value before a value's producer, if the way goes on there.
    fn step(&mut self, shapes: &Shapes, value: ValueId) -> Result<Option<ValueId>, String> {
        let network = self.network;
        let index = network
            .producer(value)
            .ok_or("it acts on an input of the network")?;
        let node = &network.nodes()[index];
        if network.units(value, shapes) != self.units {
            return Err(format!("node '{}' rearranges the units", node.name));
        }
        match node.role {
            Role::Same | Role::Dropped | Role::Transposed | Role::Reshaped { .. } => {
                Ok(Some(input(node, 0)?))
            }
            Role::Sum { subtracts } => {
                let (operand, constant, factor) = operands(network, node, subtracts)?;
                if self.shift.is_none() {
                    self.shift = numbers_by_unit(network, shapes, constant, (self.units, value))
                        .map(|share| Shift { share, factor });
                }
                Ok(Some(operand))
            }
            Role::Product { divides: false } => {
                let (operand, constant, _) = operands(network, node, false)?;
                self.scale(shapes, constant, value)?;
                Ok(Some(operand))
            }
            Role::Normalization(kind) => {
                self.normalize(node, kind)?;
                // Fresh weights of one unit would change the others through the statistics.
                kind.is_by_unit().then(|| input(node, 0)).transpose()
            }
            Role::Weighted(kind) => {
                self.end_at(node, kind)?;
                Ok(None)
            }
            _ => Err(format!(
                "its pre-activation comes from {} at node '{}'",
                node.operator, node.name
            )),
        }
    }

    /// Takes the factors of a product and what is added behind it for the scale and the shift of a batch
    /// normalisation, whose statistics an exporter folded into them.
    fn scale(&mut self, shapes: &Shapes, constant: ValueId, value: ValueId) -> Result<(), String> {
        let scale = numbers_by_unit(self.network, shapes, constant, (self.units, value));
        match scale {
            Some(scale) if self.normalization.is_none() && self.shift.is_some() => {
                self.normalization = Some(UnitNormalization {
                    scale,
                    statistics: None,
                });
                Ok(())
            }
            _ => Err("its pre-activation is a product that is not shifted unit by unit".into()),
        }
    }

    fn normalize(&mut self, node: &Node, kind: Normalization) -> Result<(), String> {
        if self.normalization.is_some() {
            return Err(format!(
                "it is normalised more than once (node '{}')",
                node.name
            ));
        }
        let own = |number: usize| {
            let tensor = Operand::alone(self.network, input(node, number)?)?;
            if tensor.elements() == self.units {
                Ok(list(self.network, &tensor))
            } else {
                Err(format!(
                    "node '{}' does not scale each unit by itself",
                    node.name
                ))
            }
        };
        let statistics = match kind {
            Normalization::Batch => Some(Statistics {
                mean: own(3)?,
                variance: own(4)?,
                epsilon: node.attributes().float("epsilon", 1e-5)?,
            }),
            _ => None,
        };
        let scale = own(1)?;
        // What was added behind it stays as it is: the normalisation's own shift moves the unit.
        self.shift = Some(Shift {
            share: own(2)?,
            factor: 1.0,
        });
        self.normalization = Some(UnitNormalization { scale, statistics });
        Ok(())
    }

    /// Takes the weights, and the bias where nothing behind it shifts the units.
    fn end_at(&mut self, node: &Node, kind: Weighted) -> Result<(), String> {
        let network = self.network;
        let (number, axis) = match kind {
            Weighted::Convolution => (1, 0),
            Weighted::TransposedConvolution => (1, 1),
            Weighted::Gemm => (1, usize::from(node.attributes().int("transB", 0)? == 0)),
            Weighted::MatrixProduct => weights_of_product(network, node)?,
        };
        let tensor = Operand::alone(network, input(node, number)?)?;
        let groups = match kind {
            Weighted::TransposedConvolution => node.attributes().int("group", 1)?.max(1) as usize,
            _ => 1,
        };
        let expected = self.units / groups;
        if tensor.shape().get(axis) != Some(&expected) || (groups > 1 && !tensor.is_plain()) {
            return Err(format!(
                "the weights of node '{}' have no axis of {expected} units",
                node.name
            ));
        }
        self.weights = Some(share(network, &tensor, axis, groups, Places::plain()));
        if kind == Weighted::MatrixProduct || self.shift.is_some() {
            return Ok(());
        }
        let bias = input(node, 2).and_then(|bias| Operand::alone(network, bias));
        if let Ok(bias) = bias
            && bias.elements() == self.units
        {
            let factor = match kind {
                Weighted::Gemm => node.attributes().float("beta", 1.0)?,
                _ => 1.0,
            };
            self.shift = (factor != 0.0).then(|| Shift {
                share: list(network, &bias),
                factor,
            });
        }
        Ok(())
    }
}

/// A share of a tensor along an axis that a node sees.
pub(super) fn share(
    network: &Network,
    tensor: &Operand,
    axis: usize,
    groups: usize,
    places: Places,
) -> Share {
    Share {
        parameter: network.parameters()[tensor.parameter].name.clone(),
        shape: tensor.stored.clone(),
        axis: tensor.axes[axis],
        groups,
        places,
    }
}

/// A share of a tensor that holds one number for each unit.
fn list(network: &Network, tensor: &Operand) -> Share {
    let units = tensor.elements();
    let axis = tensor.shape().iter().position(|&size| size == units);
    share(network, tensor, axis.unwrap_or(0), 1, Places::plain())
}

fn input(node: &Node, number: usize) -> Result<ValueId, String> {
    node.input(number)
        .ok_or_else(|| format!("node '{}' has no input {number}", node.name))
}

/// Refuses a value that anything but the way from it sees.
fn private(network: &Network, needed: &[bool], value: ValueId) -> Result<(), String> {
    if network.outputs().iter().any(|output| output.value == value) {
        return Err("its pre-activation is an output of the network".into());
    }
    let mut seeing = network
        .consumers(value)
        .iter()
        .filter(|(node, _)| needed[*node])
        .map(|(node, input)| (&network.nodes()[*node], *input))
        .filter(|(node, input)| node.role.sees(*input))
        .map(|(node, _)| node);
    match (seeing.next(), seeing.next()) {
        (Some(_), Some(other)) => Err(format!(
            "its pre-activation also feeds node '{}'",
            other.name
        )),
        _ => Ok(()),
    }
}

/// Which factor of a matrix product holds the weights, and which axis of it counts the units.
fn weights_of_product(network: &Network, node: &Node) -> Result<(usize, usize), String> {
    let number = usize::from(network.is_constant(input(node, 1)?));
    let rank = Operand::alone(network, input(node, number)?)?.shape().len();
    match rank.checked_sub(if number == 1 { 1 } else { 2 }) {
        Some(axis) if rank > 1 => Ok((number, axis)),
        _ => Err(format!("the weights of node '{}' are a vector", node.name)),
    }
}

/// The operand and the constant of a sum, a difference or a product, with the constant's sign.
fn operands(
    network: &Network,
    node: &Node,
    subtracts: bool,
) -> Result<(ValueId, ValueId, f64), String> {
    let (left, right) = (input(node, 0)?, input(node, 1)?);
    let sign = if subtracts { -1.0 } else { 1.0 };
    let two = node.inputs.len() == 2;
    match (network.is_constant(left), network.is_constant(right)) {
        (false, true) if two => Ok((left, right, sign)),
        (true, false) if two && sign > 0.0 => Ok((right, left, 1.0)),
        _ => Err(format!(
            "its pre-activation joins two branches at node '{}' ({})",
            node.name, node.operator
        )),
    }
}

/// The share of `constant`, if it holds one number for each unit of `value` and is not shared.
fn numbers_by_unit(
    network: &Network,
    shapes: &Shapes,
    constant: ValueId,
    (units, value): (usize, ValueId),
) -> Option<Share> {
    let tensor = Operand::alone(network, constant).ok()?;
    let shape = tensor.shape();
    let axis = network.unit_axis(value, shapes)?;
    let missing = shapes.get(value)?.len().checked_sub(shape.len())?;
    let axis = axis.checked_sub(missing)?;
    let lies_on_axis = shape.get(axis) == Some(&units) && tensor.elements() == units;
    lies_on_axis.then(|| share(network, &tensor, axis, 1, Places::plain()))
}
