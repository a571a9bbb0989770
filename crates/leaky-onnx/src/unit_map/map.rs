//! The unit map: which numbers make a unit, and which hear it.

use serde::Serialize;

use super::share::Share;

/// Which slices of which parameters make each unit of each rectifier of a network, and which hear it.
///
/// Channels that the graph ties together, as those of a residual stream are by `Add`, live and die
/// together: they are one [`Group`]. In a plain stack every rectifier has a group of its own.
///
/// The map depends on the graph and its shapes alone, neither on data nor on the numbers of the
/// parameters. It is what Fang et al. (2023, "DepGraph: Towards Any Structural Pruning") call a
/// dependency graph, looked at from its rectifiers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitMap {
    /// The rectifiers, in execution order.
    pub layers: Vec<Layer>,
    /// The groups that their units belong to.
    pub groups: Vec<Group>,
}

/// One rectifier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    /// Its node's name in the file.
    pub name: String,
    /// The ONNX operator.
    pub operator: String,
    /// The slope below zero; `None` where there is no single one.
    pub alpha: Option<f64>,
    /// Where it bends.
    pub threshold: f64,
    /// Whether weights stand between it and every output of the network.
    pub hidden: bool,
    /// Whether it gives zero for everything below its threshold.
    pub silent: bool,
    /// How many units it has.
    pub units: usize,
    /// The place of its group among the [groups](UnitMap::groups). Unit `u` of the layer is channel `u`
    /// of the group.
    pub group: usize,
}

/// Channels that are tied: what is done to one of them at one place is felt at all others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// How many channels there are.
    pub units: usize,
    /// The rectifiers that the channels pass, by their places among the [layers](UnitMap::layers).
    pub layers: Vec<usize>,
    /// Which activations go on into another rectifier of the group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<Flow>,
    /// What makes the channels; what they are is the sum of all of these.
    pub makers: Vec<Maker>,
    /// What hears the channels behind the rectifiers. With all of them muted, nothing else of the
    /// network depends on a channel, unless an obstacle says so.
    pub hearers: Vec<Hearer>,
    /// What the graph does not allow to name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
}

/// An activation that is part of the pre-activation of another rectifier, as a residual connection
/// makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// The rectifier that it comes from.
    pub from: usize,
    /// The rectifier that it goes into, without another between.
    pub to: usize,
}

/// The numbers that make the channels of a group at one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Maker {
    /// The node that ends the making: the one that gives the group its numbers.
    pub node: String,
    /// The rectifiers that it reaches before any other.
    pub feeds: Vec<usize>,
    /// The incoming weights of each unit. None where a unit has none of its own, as before a layer
    /// normalisation, which mixes them, or behind a stream that others hear too: then its scale and
    /// shift are all that is its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Share>,
    /// What shifts each unit: a bias, or the shift of the normalisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<Shift>,
    /// What normalises each unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalization: Option<UnitNormalization>,
}

/// A number for each unit that is multiplied by a factor and added.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shift {
    /// The number.
    #[serde(flatten)]
    pub share: Share,
    /// The factor: 1, -1 where it is subtracted, or `beta` of a `Gemm`.
    pub factor: f64,
}

/// The scale of each unit in a normalisation, and what a batch normalisation knows of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitNormalization {
    /// The scale.
    pub scale: Share,
    /// The stored statistics of a batch normalisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
}

/// The mean and the variance of each unit, and the number that is added to the variance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// The mean.
    pub mean: Share,
    /// The variance.
    pub variance: Share,
    /// Added to the variance.
    pub epsilon: f64,
}

/// A node that hears the channels of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hearer {
    /// Its name in the file.
    pub node: String,
    /// The rectifiers whose activations it hears without another rectifier between.
    pub hears: Vec<usize>,
    /// What it hears with.
    #[serde(flatten)]
    pub by: HeardBy,
    /// What normalises the result where each channel of it comes from one unit alone, as behind a
    /// depthwise convolution: to a channel that was silent it knows no variance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Box<HeardNormalization>>,
}

/// What a node hears a unit with, and so what mutes it there.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeardBy {
    /// These weights multiply the unit: where they are zero, it is not heard.
    Weights(Share),
    /// A batch normalisation passes the unit on: with a scale of zero, and for a shift what it gave for
    /// a silent unit, it is not heard.
    Normalization(Box<HeardNormalization>),
}

/// A batch normalisation behind the channels of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeardNormalization {
    /// The scale.
    pub scale: Share,
    /// The shift.
    pub shift: Share,
    /// The stored statistics.
    pub statistics: Statistics,
}

/// Why something of a group cannot be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// What cannot be named.
    pub side: Side,
    /// The rectifiers that are concerned before any other: those that are fed from there, and those
    /// that are heard there.
    pub layers: Vec<usize>,
    /// Why, said of one unit.
    pub reason: String,
}

/// The two sides of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What makes it.
    Making,
    /// What hears it.
    Hearing,
}

impl UnitMap {
    /// The group of a layer.
    pub fn group_of(&self, layer: usize) -> &Group {
        &self.groups[self.layers[layer].group]
    }
}

impl Maker {
    /// Everything of it that a revival changes.
    pub fn shares(&self) -> Vec<&Share> {
        let mut found: Vec<&Share> = self.weights.iter().collect();
        found.extend(self.shift.as_ref().map(|shift| &shift.share));
        if let Some(normalization) = &self.normalization {
            found.push(&normalization.scale);
            if let Some(statistics) = &normalization.statistics {
                found.extend([&statistics.mean, &statistics.variance]);
            }
        }
        found
    }
}

impl Hearer {
    /// Everything of it that a revival reads or changes.
    pub fn shares(&self) -> Vec<&Share> {
        let mut found = Vec::new();
        match &self.by {
            HeardBy::Weights(weights) => found.push(weights),
            HeardBy::Normalization(heard) => found.extend(heard.shares()),
        }
        found.extend(self.behind.iter().flat_map(|behind| behind.shares()));
        found
    }
}

impl HeardNormalization {
    /// The scale, the shift, the mean and the variance.
    pub fn shares(&self) -> [&Share; 4] {
        let Statistics { mean, variance, .. } = &self.statistics;
        [&self.scale, &self.shift, mean, variance]
    }
}

impl Group {
    /// The first obstacle on one side, if there is any.
    pub fn obstacle(&self, side: Side) -> Option<&Obstacle> {
        self.obstacles.iter().find(|obstacle| obstacle.side == side)
    }
}
