//! Channels that are tied: all places of a graph at which the same channels stand.
//!
//! From one rectifier the channels are followed both ways: forward through everything that passes a
//! silent channel on, to the nodes that hear it; back to what makes them; and at a sum of branches into
//! the other branches, whose channels are then the same ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::hearing::{heard_by, normalized_behind};
use super::making::maker;
use super::map::{Flow, Group, Hearer, Maker, Obstacle, Side};
use super::passing::{Channels, Passing, passing};
use super::share::Places;
use crate::facts::Role;
use crate::graph::{Node, ValueId};
use crate::network::Network;
use crate::rectifier::Rectifier;
use crate::units::Shapes;

/// A network and what was asked of it once for all groups.
pub(super) struct Asked<'a> {
    pub(super) network: &'a Network,
    pub(super) shapes: &'a Shapes,
    pub(super) rectifiers: &'a [Rectifier],
    /// Which nodes run.
    pub(super) needed: Vec<bool>,
    /// For each node, its place among the rectifiers.
    pub(super) layers: Vec<Option<usize>>,
}

impl Asked<'_> {
    /// The group of channels that the units of a layer belong to.
    pub(super) fn group(&self, layer: usize) -> Group {
        let rectifier = &self.rectifiers[layer];
        let mut ties = Ties {
            asked: self,
            units: self.network.units(rectifier.output, self.shapes),
            sites: BTreeMap::new(),
            open: VecDeque::new(),
            unmade: VecDeque::new(),
            layers: BTreeSet::from([layer]),
            heard: Vec::new(),
            makers: Vec::new(),
            obstacles: Vec::new(),
        };
        match self.network.unit_axis(rectifier.output, self.shapes) {
            Some(axis) => {
                let channels = Channels {
                    axis,
                    places: Places::plain(),
                };
                ties.add(rectifier.input, channels.clone(), false);
                ties.add(rectifier.output, channels, true);
                ties.follow();
            }
            None => {
                let reason = "no axis of its activation counts units".to_owned();
                ties.refuse(Side::Making, rectifier.input, reason);
            }
        }
        ties.finish()
    }
}

/// A value in which the channels stand.
struct Site {
    channels: Channels,
    /// Whether what precedes it is a site too, so that nothing else makes it.
    follows: bool,
}

/// Something that cannot be named, at a value.
struct Refusal {
    side: Side,
    value: ValueId,
    reason: String,
}

struct Ties<'a> {
    asked: &'a Asked<'a>,
    units: usize,
    sites: BTreeMap<ValueId, Site>,
    /// Sites whose consumers were not looked at yet.
    open: VecDeque<ValueId>,
    /// Sites whose producers were not looked at yet.
    unmade: VecDeque<ValueId>,
    layers: BTreeSet<usize>,
    /// Nodes, with the number of the input, that hear a site.
    heard: Vec<(ValueId, usize, usize)>,
    makers: Vec<(ValueId, Maker)>,
    obstacles: Vec<Refusal>,
}

impl Ties<'_> {
    fn node(&self, index: usize) -> &'_ Node {
        &self.asked.network.nodes()[index]
    }

    /// The rectifier of the group that a node is.
    fn layer(&self, node: usize) -> Option<usize> {
        self.asked.layers[node].filter(|layer| self.layers.contains(layer))
    }

    fn refuse(&mut self, side: Side, value: ValueId, reason: String) {
        self.obstacles.push(Refusal {
            side,
            value,
            reason,
        });
    }

    /// Notes that the channels stand in a value.
    fn add(&mut self, value: ValueId, channels: Channels, follows: bool) {
        if let Some(known) = self.sites.get_mut(&value) {
            known.follows |= follows;
            if known.channels != channels {
                self.refuse(
                    Side::Hearing,
                    value,
                    "its activation meets itself in another order".into(),
                );
            }
            return;
        }
        self.sites.insert(value, Site { channels, follows });
        self.open.push_back(value);
        self.unmade.push_back(value);
    }

    fn follow(&mut self) {
        loop {
            if let Some(value) = self.open.pop_front() {
                self.forward(value);
            } else if let Some(value) = self.unmade.pop_front() {
                self.back(value);
            } else {
                return;
            }
        }
    }

    fn forward(&mut self, value: ValueId) {
        let Asked {
            network,
            shapes,
            needed,
            layers,
            ..
        } = self.asked;
        let channels = self.sites[&value].channels.clone();
        for &(index, number) in network.consumers(value) {
            if !needed[index] {
                continue;
            }
            let node = &network.nodes()[index];
            // Behind a concatenation a rectifier has units beside these: it only passes them on.
            let passed = if layers[index].is_some() && number == 0 && channels.places.is_plain() {
                self.layers.extend(layers[index]);
                Ok(Passing::Through(channels.clone()))
            } else {
                passing(network, shapes, (node, number), (value, &channels))
            };
            match passed {
                Ok(Passing::Through(channels)) => self.add(node.outputs[0], channels, true),
                Ok(Passing::Added) => self.join(node, Some((value, &channels))),
                Ok(Passing::Heard) => self.heard.push((value, index, number)),
                Ok(Passing::Unheard) => {}
                Err(why) => {
                    let reason = format!(
                        "its activation {why} at node '{}' ({})",
                        node.name, node.operator
                    );
                    self.refuse(Side::Hearing, value, reason);
                }
            }
        }
    }

    /// Ties the operands of a sum of branches with one another and with the sum. One of them is known
    /// to be a site, or else the sum is.
    fn join(&mut self, node: &Node, from: Option<(ValueId, &Channels)>) {
        let Asked {
            network, shapes, ..
        } = self.asked;
        let output = node.outputs[0];
        let rank = |value: ValueId| shapes.get(value).map_or(0, <[usize]>::len);
        let (value, channels) = match from {
            Some((value, channels)) => (value, channels.clone()),
            None => (output, self.sites[&output].channels.clone()),
        };
        let at = format!("at node '{}' ({})", node.name, node.operator);
        if !channels.places.is_plain() {
            let reason = format!("its activation is joined with others and then added {at}");
            self.refuse(Side::Hearing, value, reason);
            return;
        }
        let axis = channels.axis + rank(output) - rank(value);
        let on = |axis| Channels {
            axis,
            places: Places::plain(),
        };
        for &operand in node.inputs.iter().flatten() {
            if network.is_constant(operand) {
                let reason = format!("its activation has a constant added {at}");
                self.refuse(Side::Hearing, operand, reason);
                continue;
            }
            let own = (axis + rank(operand)).checked_sub(rank(output));
            let size = own.and_then(|own| shapes.get(operand)?.get(own).copied());
            match own {
                Some(own) if size == Some(self.units) => self.add(operand, on(own), false),
                _ => {
                    let reason = format!("its activation is repeated along other units {at}");
                    self.refuse(Side::Hearing, operand, reason);
                }
            }
        }
        self.add(output, on(axis), true);
    }

    fn back(&mut self, value: ValueId) {
        let Asked {
            network,
            shapes,
            needed,
            layers,
            ..
        } = self.asked;
        let Site { channels, follows } = &self.sites[&value];
        if *follows {
            return;
        }
        let channels = channels.clone();
        let Some(index) = network.producer(value) else {
            let reason = "it acts on an input of the network".to_owned();
            return self.refuse(Side::Making, value, reason);
        };
        let node = self.node(index);
        let branches = node.inputs.iter().flatten();
        let branches = branches.filter(|id| !network.is_constant(**id)).count();
        let input = node.input(0);
        match (node.role, input) {
            (Role::Sum { .. }, _) if branches > 1 => {
                let node = &network.nodes()[index];
                self.join(node, None);
            }
            (_, Some(input)) if layers[index].is_some() => {
                self.layers.extend(layers[index]);
                self.add(input, channels, false);
            }
            (
                Role::Same
                | Role::Dropped
                | Role::KeepsZero
                | Role::Transposed
                | Role::Reshaped { .. }
                | Role::Pooled
                | Role::Resized
                | Role::Padded
                | Role::Repeated,
                Some(input),
            ) if network.units(input, shapes) == self.units
                && network.unit_axis(input, shapes).is_some() =>
            {
                // Whether the channels really pass is seen on the way forward again.
                let axis = network.unit_axis(input, shapes).unwrap_or(channels.axis);
                let places = Places::plain();
                self.add(input, Channels { axis, places }, false);
            }
            _ => match maker(network, shapes, needed, value) {
                Ok(maker) => self.makers.push((value, maker)),
                Err(reason) => self.refuse(Side::Making, value, reason),
            },
        }
    }

    fn finish(self) -> Group {
        let fed = self.fed();
        let (heard, rectified) = self.heard();
        let network = self.asked.network;
        let list = |layers: Option<&BTreeSet<usize>>| -> Vec<usize> {
            layers.map_or_else(Vec::new, |layers| layers.iter().copied().collect())
        };
        let place = |value: ValueId| network.producer(value).map_or(0, |node| node + 1);
        let mut refusals = self.obstacles;
        let mut hearers = Vec::new();
        for output in network.outputs() {
            let value = output.value;
            if !self.sites.contains_key(&value) {
                continue;
            }
            let reason = if list(heard.get(&value)).is_empty() {
                "its pre-activation is an output of the network"
            } else {
                "it feeds the network's output"
            };
            refusals.push(Refusal {
                side: Side::Hearing,
                value,
                reason: reason.into(),
            });
        }
        for (value, index, number) in self.heard {
            let node = &network.nodes()[index];
            let hears = list(heard.get(&value));
            let by = if rectified.contains(&value) {
                let channels = &self.sites[&value].channels;
                heard_by(
                    network,
                    self.asked.shapes,
                    (node, number),
                    (value, channels),
                )
            } else if hears.is_empty() {
                Err(format!(
                    "its pre-activation also feeds node '{}'",
                    node.name
                ))
            } else {
                Err(format!(
                    "its activation is added to what passes no rectifier, and heard at node '{}' ({})",
                    node.name, node.operator
                ))
            };
            match by {
                Ok(by) => {
                    let channels = &self.sites[&value].channels;
                    let behind = normalized_behind(network, self.asked.shapes, node, channels);
                    let hearer = Hearer {
                        node: node.name.clone(),
                        hears,
                        by,
                        behind: behind.map(Box::new),
                    };
                    hearers.push((index, hearer));
                }
                Err(reason) => refusals.push(Refusal {
                    side: Side::Hearing,
                    value,
                    reason,
                }),
            }
        }
        let mut flows = Vec::new();
        for &to in &self.layers {
            let from = heard.get(&self.asked.rectifiers[to].input);
            flows.extend(list(from).into_iter().map(|from| Flow { from, to }));
        }
        hearers.sort_by_key(|(index, _)| *index);
        refusals.sort_by_key(|refusal| (refusal.side == Side::Hearing, place(refusal.value)));
        let mut makers = self.makers;
        makers.sort_by_key(|(value, _)| place(*value));
        Group {
            units: self.units,
            layers: self.layers.into_iter().collect(),
            flows,
            makers: makers
                .into_iter()
                .map(|(value, maker)| Maker {
                    feeds: list(fed.get(&value)),
                    ..maker
                })
                .collect(),
            hearers: hearers.into_iter().map(|(_, hearer)| hearer).collect(),
            obstacles: refusals
                .into_iter()
                .map(|refusal| {
                    // What stands before a rectifier is not silent where the rectifier is.
                    let before = (!rectified.contains(&refusal.value))
                        .then(|| list(fed.get(&refusal.value)));
                    let mut layers: BTreeSet<usize> = before.into_iter().flatten().collect();
                    layers.extend(list(heard.get(&refusal.value)));
                    Obstacle {
                        side: refusal.side,
                        layers: layers.into_iter().collect(),
                        reason: refusal.reason,
                    }
                })
                .collect(),
        }
    }

    /// For each site, the rectifiers whose activations reach it before any other rectifier; and the
    /// sites that are silent where these rectifiers are.
    fn heard(&self) -> (BTreeMap<ValueId, BTreeSet<usize>>, BTreeSet<ValueId>) {
        let network = self.asked.network;
        let mut heard: BTreeMap<ValueId, BTreeSet<usize>> = BTreeMap::new();
        let mut rectified = BTreeSet::new();
        for (index, node) in network.nodes().iter().enumerate() {
            let Some(&output) = node.outputs.first() else {
                continue;
            };
            if !self.sites.contains_key(&output) {
                continue;
            }
            if let Some(layer) = self.layer(index) {
                heard.insert(output, BTreeSet::from([layer]));
                rectified.insert(output);
                continue;
            }
            let inputs: Vec<ValueId> = node.inputs.iter().flatten().copied().collect();
            let ends = matches!(node.role, Role::Weighted(_) | Role::Normalization(_));
            let silent = match node.role {
                Role::Sum { .. } => inputs.iter().all(|input| rectified.contains(input)),
                _ => !ends && inputs.iter().any(|input| rectified.contains(input)),
            };
            if silent {
                rectified.insert(output);
            }
            if !ends {
                let reaching = inputs.iter().filter_map(|input| heard.get(input));
                let reaching: BTreeSet<usize> = reaching.flatten().copied().collect();
                heard.insert(output, reaching);
            }
        }
        (heard, rectified)
    }

    /// For each site, the rectifiers that it reaches before any other.
    fn fed(&self) -> BTreeMap<ValueId, BTreeSet<usize>> {
        let network = self.asked.network;
        let mut fed: BTreeMap<ValueId, BTreeSet<usize>> = BTreeMap::new();
        for (index, node) in network.nodes().iter().enumerate().rev() {
            let Some(&output) = node.outputs.first() else {
                continue;
            };
            if !self.sites.contains_key(&output) {
                continue;
            }
            let reached = match self.layer(index) {
                Some(layer) => BTreeSet::from([layer]),
                None => fed.get(&output).cloned().unwrap_or_default(),
            };
            if matches!(node.role, Role::Weighted(_) | Role::Normalization(_)) {
                continue;
            }
            for input in node.inputs.iter().flatten() {
                if self.sites.contains_key(input) {
                    fed.entry(*input).or_default().extend(&reached);
                }
            }
        }
        fed
    }
}
