//! How the pre-activation of a unit comes about: the weights, shifts and scales that are its own.

use leaky_onnx::{Network, Node, Rectifier, Shapes, ValueId};

use super::part::Part;

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
    /// Mean and variance, where they are numbers in the file.
    statistics: Option<(usize, usize)>,
}

/// The weights of a layer, and the axis of them that counts its units.
#[derive(Debug, Clone, Copy)]
struct Weights {
    parameter: usize,
    axis: usize,
    /// Where the axis counts the units of one group only, as in a grouped ConvTranspose.
    units_per_group: Option<usize>,
}

/// What computes the pre-activations of a layer.
#[derive(Debug)]
pub(super) struct Incoming {
    units: usize,
    weights: Option<Weights>,
    shift: Option<Shift>,
    normalization: Option<Normalization>,
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
    /// Its mean and variance in a batch normalisation.
    pub(super) statistics: Option<(Part, Part)>,
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
            if let Some(other) = network.consumers(value).get(1) {
                return Err(format!(
                    "its pre-activation also feeds node '{}'",
                    network.nodes()[other.0].name
                ));
            }
            let Some(index) = network.producer(value) else {
                return Err("it acts on an input of the network".into());
            };
            if units_of(network, value, shapes) != units {
                return Err(format!(
                    "node '{}' rearranges the units",
                    network.nodes()[index].name
                ));
            }
            let node = &network.nodes()[index];
            let input = |number: usize| node.inputs.get(number).copied().flatten();
            let follow = match node.operator.as_str() {
                "Identity" | "Dropout" | "Cast" | "Transpose" | "Reshape" | "Flatten"
                | "Squeeze" | "Unsqueeze" => input(0),
                "Add" | "Sub" => {
                    let (operand, shift, factor) = shifted(network, node)?;
                    if found.shift.is_none() && found.normalization.is_none() {
                        found.shift = shift_of(network, shift, units, shapes, value)
                            .map(|parameter| Shift { parameter, factor });
                    }
                    Some(operand)
                }
                "BatchNormalization"
                | "InstanceNormalization"
                | "GroupNormalization"
                | "LayerNormalization" => {
                    found.normalize(network, node, units)?;
                    if matches!(
                        node.operator.as_str(),
                        "GroupNormalization" | "LayerNormalization"
                    ) {
                        // Fresh weights of one unit would change the others through the statistics.
                        return Ok(found);
                    }
                    input(0)
                }
                "Conv" | "ConvTranspose" | "Gemm" | "MatMul" => {
                    found.end_at(network, node, units)?;
                    return Ok(found);
                }
                other => {
                    return Err(format!(
                        "its pre-activation comes from {other} at node '{}'",
                        node.name
                    ));
                }
            };
            value = follow.ok_or_else(|| format!("node '{}' has no input", node.name))?;
        }
    }

    fn normalize(&mut self, network: &Network, node: &Node, units: usize) -> Result<(), String> {
        if self.normalization.is_some() {
            return Err(format!(
                "it is normalised more than once (node '{}')",
                node.name
            ));
        }
        let own = |number: usize| {
            let id = node.inputs.get(number).copied().flatten();
            id.ok_or_else(|| format!("node '{}' has no scale and shift", node.name))
                .and_then(|id| own_parameter(network, id))
                .and_then(|parameter| {
                    match network.parameters()[parameter]
                        .shape
                        .iter()
                        .product::<usize>()
                    {
                        size if size == units => Ok(parameter),
                        _ => Err(format!(
                            "node '{}' does not scale each unit by itself",
                            node.name
                        )),
                    }
                })
        };
        let statistics = match node.operator.as_str() {
            "BatchNormalization" => Some((own(3)?, own(4)?)),
            _ => None,
        };
        self.normalization = Some(Normalization {
            scale: own(1)?,
            shift: own(2)?,
            statistics,
        });
        Ok(())
    }

    fn end_at(&mut self, network: &Network, node: &Node, units: usize) -> Result<(), String> {
        let input = |number: usize| node.inputs.get(number).copied().flatten();
        let parameter = |number: usize| {
            let id = input(number).ok_or_else(|| format!("node '{}' has no weights", node.name))?;
            own_parameter(network, id)
        };
        let flag = |name| node.attributes().int(name, 0).map(|value| value != 0);
        let (number, axis) = match node.operator.as_str() {
            "Conv" => (1, 0),
            "ConvTranspose" => (1, 1),
            "Gemm" => (1, usize::from(!flag("transB")?)),
            _ => {
                let is_parameter =
                    |number| input(number).is_some_and(|id| network.parameter_of(id).is_some());
                let number = if is_parameter(1) { 1 } else { 0 };
                let rank = network.parameters()[parameter(number)?].shape.len();
                if rank < 2 {
                    return Err(format!("the weights of node '{}' are a vector", node.name));
                }
                (number, if number == 1 { rank - 1 } else { rank - 2 })
            }
        };
        let weights = parameter(number)?;
        let size = network.parameters()[weights].shape.get(axis).copied();
        let groups = node.attributes().int("group", 1)?.max(1) as usize;
        let units_per_group =
            (node.operator == "ConvTranspose" && groups > 1).then_some(units / groups);
        if size != Some(units_per_group.unwrap_or(units)) {
            return Err(format!(
                "the weights of node '{}' have no axis of {units} units",
                node.name
            ));
        }
        self.weights = Some(Weights {
            parameter: weights,
            axis,
            units_per_group,
        });
        // Behind a normalisation the layer's own shift is the normalisation's.
        let bias = input(2)
            .filter(|_| matches!(node.operator.as_str(), "Conv" | "ConvTranspose" | "Gemm"));
        if let (Some(bias), None, None) = (bias, self.shift, self.normalization)
            && let Ok(parameter) = own_parameter(network, bias)
            && network.parameters()[parameter]
                .shape
                .iter()
                .product::<usize>()
                == units
        {
            let factor = if node.operator == "Gemm" {
                node.attributes().float("beta", 1.0)?
            } else {
                1.0
            };
            self.shift = (factor != 0.0).then_some(Shift { parameter, factor });
        }
        Ok(())
    }

    /// The numbers of one unit.
    pub(super) fn unit(&self, network: &Network, unit: usize) -> UnitNumbers {
        let number = |parameter| Part::number(parameter, unit);
        let weights = self.weights.map(
            |Weights {
                 parameter,
                 axis,
                 units_per_group,
             }| {
                let shape = &network.parameters()[parameter].shape;
                let Some(units) = units_per_group else {
                    return Part::entry(parameter, shape, axis, unit);
                };
                let rows = shape[0] * units / self.units;
                let group = unit / units;
                Part::entry_of_rows(
                    parameter,
                    shape,
                    group * rows..(group + 1) * rows,
                    unit % units,
                )
            },
        );
        UnitNumbers {
            weights,
            shift: match (self.normalization, self.shift) {
                (Some(normalization), _) => Some((number(normalization.shift), 1.0)),
                (None, Some(shift)) => Some((number(shift.parameter), shift.factor)),
                (None, None) => None,
            },
            scale: self
                .normalization
                .map(|normalization| number(normalization.scale)),
            statistics: self
                .normalization
                .and_then(|normalization| normalization.statistics)
                .map(|(mean, variance)| (number(mean), number(variance))),
        }
    }
}

/// How many units a value carries.
pub(super) fn units_of(network: &Network, value: ValueId, shapes: &Shapes) -> usize {
    let axis = network.unit_axis(value, shapes);
    shapes
        .get(value)
        .and_then(|shape| shape.get(axis))
        .copied()
        .unwrap_or(0)
}

/// The parameter behind a value, if nothing else uses it.
pub(super) fn own_parameter(network: &Network, value: ValueId) -> Result<usize, String> {
    let parameter = network.parameter_of(value).ok_or_else(|| {
        format!(
            "the weights '{}' are computed by the network",
            network.value_name(value)
        )
    })?;
    match network.consumers(value) {
        [_] => Ok(parameter),
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

/// The operand and the constant of a sum or difference, with the constant's sign.
fn shifted(network: &Network, node: &Node) -> Result<(ValueId, ValueId, f64), String> {
    let input = |number: usize| node.inputs.get(number).copied().flatten();
    let (Some(left), Some(right)) = (input(0), input(1)) else {
        return Err(format!("node '{}' lacks an input", node.name));
    };
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
    let parameter = own_parameter(network, constant).ok()?;
    let shape = &network.parameters()[parameter].shape;
    let axis = network.unit_axis(value, shapes);
    let missing = shapes.get(value)?.len().checked_sub(shape.len())?;
    let lies_on_axis = axis.checked_sub(missing).and_then(|axis| shape.get(axis)) == Some(&units);
    (lies_on_axis && shape.iter().product::<usize>() == units).then_some(parameter)
}
