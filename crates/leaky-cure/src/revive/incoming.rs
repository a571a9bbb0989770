//! How the pre-activation of a unit comes about: the weights, shifts and scales that are its own.

use leaky_onnx::{Network, Node, Rectifier, Shapes, ValueId};

use super::own::Own;
use super::part::Part;

/// What computes the pre-activations of a layer.
#[derive(Debug)]
pub(super) struct Incoming {
    units: usize,
    weights: Option<Weights>,
    shift: Option<Shift>,
    normalization: Option<Normalization>,
}

/// The weights of a layer, and the axis of them that counts its units.
#[derive(Debug)]
struct Weights {
    tensor: Own,
    axis: usize,
    /// Where the axis counts the units of one group only, as in a grouped ConvTranspose.
    units_per_group: Option<usize>,
}

/// A parameter that shifts all units of a layer, one number each, times a factor.
#[derive(Debug, Clone, Copy)]
struct Shift {
    parameter: usize,
    factor: f64,
}

/// A normalisation with a scale and a shift for each unit.
#[derive(Debug, Clone, Copy)]
struct Normalization {
    scale: usize,
    shift: usize,
    /// Mean, variance and what is added to it, where they are numbers in the file.
    statistics: Option<(usize, usize, f64)>,
}

/// The numbers that are a unit's own.
#[derive(Debug)]
pub(super) struct UnitNumbers {
    /// Its incoming weights; none where they are mixed with those of others before a layer
    /// normalisation.
    pub(super) weights: Option<Part>,
    /// Its shift, with the factor that it is multiplied by.
    pub(super) shift: Option<(Part, f64)>,
    /// Its scale in a normalisation.
    pub(super) scale: Option<Part>,
    /// What a batch normalisation knows of it.
    pub(super) statistics: Option<Statistics>,
}

/// The mean and the variance of a unit, and the number that is added to the variance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statistics {
    pub(super) mean: Part,
    pub(super) variance: Part,
    pub(super) epsilon: f64,
}

impl Incoming {
    /// Follows a rectifier's pre-activation back to the weights that make it.
    ///
    /// # Errors
    ///
    /// Says why the units of this rectifier have no numbers of their own that can be redrawn.
    pub(super) fn of(
        network: &Network,
        rectifier: &Rectifier,
        shapes: &Shapes,
    ) -> Result<Self, String> {
        let units = units_of(network, rectifier.input, shapes);
        let mut found = Self {
            units,
            weights: None,
            shift: None,
            normalization: None,
        };
        let mut value = rectifier.input;
        loop {
            only_goes_on(network, value)?;
            let index = network
                .producer(value)
                .ok_or("it acts on an input of the network")?;
            let node = &network.nodes()[index];
            if units_of(network, value, shapes) != units {
                return Err(format!("node '{}' rearranges the units", node.name));
            }
            let follow = match node.operator.as_str() {
                "Identity" | "Dropout" | "Cast" | "Transpose" | "Reshape" | "Flatten"
                | "Squeeze" | "Unsqueeze" => input(node, 0)?,
                "Add" | "Sub" => {
                    let (operand, constant, factor) = shifted(network, node)?;
                    if found.shift.is_none() && found.normalization.is_none() {
                        found.shift = shift_of(network, constant, units, shapes, value)
                            .map(|parameter| Shift { parameter, factor });
                    }
                    operand
                }
                "BatchNormalization" | "InstanceNormalization" => {
                    found.normalize(network, node)?;
                    input(node, 0)?
                }
                "GroupNormalization" | "LayerNormalization" => {
                    // Fresh weights of one unit would change the others through the statistics.
                    found.normalize(network, node)?;
                    return Ok(found);
                }
                "Conv" | "ConvTranspose" | "Gemm" | "MatMul" => {
                    found.end_at(network, node)?;
                    return Ok(found);
                }
                other => {
                    return Err(format!(
                        "its pre-activation comes from {other} at node '{}'",
                        node.name
                    ));
                }
            };
            value = follow;
        }
    }

    fn normalize(&mut self, network: &Network, node: &Node) -> Result<(), String> {
        if self.normalization.is_some() {
            return Err(format!(
                "it is normalised more than once (node '{}')",
                node.name
            ));
        }
        let own = |number: usize| {
            let tensor = Own::of(network, input(node, number)?)?;
            if tensor.len() == self.units {
                Ok(tensor.parameter)
            } else {
                Err(format!(
                    "node '{}' does not scale each unit by itself",
                    node.name
                ))
            }
        };
        let statistics = match node.operator.as_str() {
            "BatchNormalization" => {
                Some((own(3)?, own(4)?, node.attributes().float("epsilon", 1e-5)?))
            }
            _ => None,
        };
        self.normalization = Some(Normalization {
            scale: own(1)?,
            shift: own(2)?,
            statistics,
        });
        Ok(())
    }

    /// Takes the weights, and the bias where nothing behind it shifts the units.
    fn end_at(&mut self, network: &Network, node: &Node) -> Result<(), String> {
        let flag = |name| node.attributes().int(name, 0).map(|value| value != 0);
        let (number, axis) = match node.operator.as_str() {
            "Conv" => (1, 0),
            "ConvTranspose" => (1, 1),
            "Gemm" => (1, usize::from(!flag("transB")?)),
            _ => weights_of_matmul(network, node)?,
        };
        let tensor = Own::of(network, input(node, number)?)?;
        let groups = node.attributes().int("group", 1)?.max(1) as usize;
        let grouped = node.operator == "ConvTranspose" && groups > 1;
        let units_per_group = grouped.then_some(self.units / groups);
        let expected = units_per_group.unwrap_or(self.units);
        if tensor.shape().get(axis) != Some(&expected) || (grouped && !tensor.is_plain()) {
            return Err(format!(
                "the weights of node '{}' have no axis of {expected} units",
                node.name
            ));
        }
        self.weights = Some(Weights {
            tensor,
            axis,
            units_per_group,
        });
        if node.operator == "MatMul" || self.shift.is_some() || self.normalization.is_some() {
            return Ok(());
        }
        let bias = input(node, 2).and_then(|bias| Own::of(network, bias));
        if let Ok(bias) = bias
            && bias.len() == self.units
        {
            let factor = if node.operator == "Gemm" {
                node.attributes().float("beta", 1.0)?
            } else {
                1.0
            };
            self.shift = (factor != 0.0).then_some(Shift {
                parameter: bias.parameter,
                factor,
            });
        }
        Ok(())
    }

    /// The numbers of one unit.
    pub(super) fn unit(&self, unit: usize) -> UnitNumbers {
        let number = |parameter| Part::number(parameter, unit);
        let weights = self.weights.as_ref().map(
            |Weights {
                 tensor,
                 axis,
                 units_per_group,
             }| match units_per_group {
                None => tensor.entry(*axis, unit),
                Some(units) => {
                    let rows = tensor.shape()[0] * units / self.units;
                    let group = unit / units;
                    tensor.entry_of_rows(group * rows..(group + 1) * rows, unit % units)
                }
            },
        );
        let shift = match (self.normalization, self.shift) {
            (Some(normalization), _) => Some((number(normalization.shift), 1.0)),
            (None, Some(shift)) => Some((number(shift.parameter), shift.factor)),
            (None, None) => None,
        };
        UnitNumbers {
            weights,
            shift,
            scale: self
                .normalization
                .map(|normalization| number(normalization.scale)),
            statistics: self
                .normalization
                .and_then(|normalization| normalization.statistics)
                .map(|(mean, variance, epsilon)| Statistics {
                    mean: number(mean),
                    variance: number(variance),
                    epsilon,
                }),
        }
    }
}

fn input(node: &Node, number: usize) -> Result<ValueId, String> {
    let value = node.inputs.get(number).copied().flatten();
    value.ok_or_else(|| format!("node '{}' has no input {number}", node.name))
}

/// Refuses a value that anything but the way to the rectifier sees.
fn only_goes_on(network: &Network, value: ValueId) -> Result<(), String> {
    if network.outputs().iter().any(|output| output.value == value) {
        return Err("its pre-activation is an output of the network".into());
    }
    let mut seeing = network
        .consumers(value)
        .iter()
        .map(|(node, _)| &network.nodes()[*node]);
    // Who asks for the shape alone sees no numbers.
    let mut seeing = seeing
        .by_ref()
        .filter(|node| !matches!(node.operator.as_str(), "Shape" | "Size"));
    match (seeing.next(), seeing.next()) {
        (Some(_), Some(other)) => Err(format!(
            "its pre-activation also feeds node '{}'",
            other.name
        )),
        _ => Ok(()),
    }
}

/// How many units a value carries.
fn units_of(network: &Network, value: ValueId, shapes: &Shapes) -> usize {
    let axis = network.unit_axis(value, shapes);
    axis.and_then(|axis| shapes.get(value)?.get(axis).copied())
        .unwrap_or(0)
}

/// Which factor of a matrix product holds the weights, and which axis of it counts the units.
fn weights_of_matmul(network: &Network, node: &Node) -> Result<(usize, usize), String> {
    let number = usize::from(network.is_constant(input(node, 1)?));
    let rank = Own::of(network, input(node, number)?)?.shape().len();
    match rank.checked_sub(if number == 1 { 1 } else { 2 }) {
        Some(axis) if rank > 1 => Ok((number, axis)),
        _ => Err(format!("the weights of node '{}' are a vector", node.name)),
    }
}

/// The operand and the constant of a sum or difference, with the constant's sign.
fn shifted(network: &Network, node: &Node) -> Result<(ValueId, ValueId, f64), String> {
    let (left, right) = (input(node, 0)?, input(node, 1)?);
    let sign = if node.operator == "Sub" { -1.0 } else { 1.0 };
    match (network.is_constant(left), network.is_constant(right)) {
        (false, true) => Ok((left, right, sign)),
        (true, false) if sign > 0.0 => Ok((right, left, 1.0)),
        _ => Err(format!(
            "its pre-activation is the sum of two branches at node '{}'",
            node.name
        )),
    }
}

/// The parameter behind `constant`, if it holds one number for each unit of `value` and is not shared.
fn shift_of(
    network: &Network,
    constant: ValueId,
    units: usize,
    shapes: &Shapes,
    value: ValueId,
) -> Option<usize> {
    let tensor = Own::of(network, constant).ok()?;
    let shape = tensor.shape();
    let axis = network.unit_axis(value, shapes)?;
    let missing = shapes.get(value)?.len().checked_sub(shape.len())?;
    let lies_on_axis = axis.checked_sub(missing).and_then(|axis| shape.get(axis)) == Some(&units);
    (lies_on_axis && tensor.len() == units).then_some(tensor.parameter)
}
