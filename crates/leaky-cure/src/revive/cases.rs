//! What can be done for a channel, told from the unit map and where the channel is dead.

use std::collections::BTreeSet;

use leaky_onnx::unit_map::{Group, Maker, Side, UnitMap};

/// One way in which channels of a group are dead, and what that allows.
pub(super) struct Case<'a> {
    map: &'a UnitMap,
    pub(super) group: &'a Group,
    /// The layers at which the channel is dead.
    dead: BTreeSet<usize>,
    /// The rectifiers that silence the channel on all data.
    silent: BTreeSet<usize>,
    /// Those of them at which nothing depends on the channel once what hears it is muted.
    pub(super) exact: BTreeSet<usize>,
}

impl<'a> Case<'a> {
    /// For channels of a group that are dead at these layers.
    pub(super) fn new(map: &'a UnitMap, group: &'a Group, dead: BTreeSet<usize>) -> Self {
        let is_silent = |layer: &usize| map.layers[*layer].silent;
        let silent: BTreeSet<usize> = dead.iter().copied().filter(is_silent).collect();
        let mut case = Self {
            map,
            group,
            dead,
            exact: silent.clone(),
            silent,
        };
        loop {
            let kept = case.exact.iter().copied();
            let kept: BTreeSet<usize> = kept
                .filter(|&layer| case.can_be_made(layer) && case.obstacle(layer).is_none())
                .collect();
            if kept.len() == case.exact.len() {
                return case;
            }
            case.exact = kept;
        }
    }

    /// What keeps a channel heard that speaks at a layer, whatever is muted.
    fn obstacle(&self, layer: usize) -> Option<String> {
        let obstacles = self.group.obstacles.iter();
        let mut obstacles = obstacles.filter(|obstacle| obstacle.side == Side::Hearing);
        let heard =
            obstacles.find(|found| found.layers.is_empty() || found.layers.contains(&layer));
        if let Some(heard) = heard {
            return Some(heard.reason.clone());
        }
        let alive = |other: &usize| !self.silent.contains(other);
        let hearers = self.group.hearers.iter();
        let mut with_others = hearers.filter(|hearer| hearer.hears.contains(&layer));
        let other = with_others.find_map(|hearer| hearer.hears.iter().find(|other| alive(other)));
        if let Some(&other) = other {
            return Some(format!(
                "it is heard together with '{}', where its channel is alive",
                self.map.layers[other].name
            ));
        }
        let flows = self.group.flows.iter();
        let mut flows = flows.filter(|flow| flow.from == layer);
        let flow = flows.find(|flow| !self.exact.contains(&flow.to))?;
        let name = &self.map.layers[flow.to].name;
        Some(if alive(&flow.to) {
            format!("it is added to what '{name}' takes, where its channel is alive")
        } else {
            format!("it is added to what '{name}' takes, whose activation cannot be muted")
        })
    }

    /// The makers that feed a layer and none but `allowed` ones, so that they may be changed.
    pub(super) fn makers(&self, layer: usize, allowed: &BTreeSet<usize>) -> Vec<&'a Maker> {
        let group = self.group;
        let makers = self.makers_at(layer, allowed);
        makers.map(|maker| &group.makers[maker]).collect()
    }

    /// The same by their places in the group.
    pub(super) fn makers_at(
        &self,
        layer: usize,
        allowed: &BTreeSet<usize>,
    ) -> impl Iterator<Item = usize> {
        let makers = self.group.makers.iter().enumerate();
        makers
            .filter(move |(_, maker)| maker.feeds.contains(&layer))
            .filter(|(_, maker)| maker.feeds.iter().all(|fed| allowed.contains(fed)))
            .map(|(place, _)| place)
    }

    /// What makes the channel where it can be revived exactly, by places in the group.
    pub(super) fn exact_makers(&self) -> impl Iterator<Item = usize> {
        let makers = self.group.makers.iter().enumerate();
        makers
            .filter(|(_, maker)| !maker.feeds.is_empty())
            .filter(|(_, maker)| maker.feeds.iter().all(|fed| self.exact.contains(fed)))
            .map(|(place, _)| place)
    }

    /// What hears the channel there, by places in the group.
    pub(super) fn exact_hearers(&self) -> impl Iterator<Item = usize> {
        let hearers = self.group.hearers.iter().enumerate();
        hearers
            .filter(|(_, hearer)| hearer.hears.iter().any(|heard| self.exact.contains(heard)))
            .map(|(place, _)| place)
    }

    /// What hears the channel at a layer and can be muted, by places in the group.
    pub(super) fn bounded_hearers(&self, layer: usize) -> impl Iterator<Item = usize> {
        let hearers = self.group.hearers.iter().enumerate();
        hearers
            .filter(move |(_, hearer)| hearer.hears.contains(&layer))
            .filter(|(_, hearer)| hearer.hears.iter().all(|heard| self.silent.contains(heard)))
            .map(|(place, _)| place)
    }

    /// The layers whose activations a layer takes.
    fn sources(&self, layer: usize) -> impl Iterator<Item = usize> {
        let flows = self.group.flows.iter();
        flows
            .filter(move |flow| flow.to == layer)
            .map(|flow| flow.from)
    }

    /// The layers at which the channel can be revived within a bound alone: nothing else of it is
    /// alive there, so that its size can be chosen.
    pub(super) fn bounded(&self) -> Vec<usize> {
        let left = self.silent.difference(&self.exact).copied();
        left.filter(|&layer| !self.makers(layer, &self.silent).is_empty())
            .filter(|&layer| self.sources(layer).all(|from| self.silent.contains(&from)))
            .collect()
    }

    /// The layers at which the channel is dead.
    pub(super) fn dead(&self) -> &BTreeSet<usize> {
        &self.dead
    }

    /// The rectifiers that silence the channel.
    pub(super) fn silent(&self) -> &BTreeSet<usize> {
        &self.silent
    }

    /// Whether a layer can be given life at all: by numbers of its own, or by the layers before it.
    fn can_be_made(&self, layer: usize) -> bool {
        !self.makers(layer, &self.exact).is_empty() || self.sources(layer).next().is_some()
    }

    /// Why the channel stays dead at a layer where nothing was tried.
    pub(super) fn reason(&self, layer: usize) -> String {
        let found = &self.map.layers[layer];
        if !found.silent {
            return format!(
                "{} is never silent: the unit passes on its negative input and still learns",
                found.operator
            );
        }
        let mut making = self.group.obstacles.iter();
        let making = making.find(|o| o.side == Side::Making && o.layers.contains(&layer));
        if self.makers(layer, &self.silent).is_empty()
            && let Some(making) = making
        {
            return making.reason.clone();
        }
        self.obstacle(layer)
            .or_else(|| making.map(|making| making.reason.clone()))
            .unwrap_or_else(|| "nothing that makes it is its own".into())
    }
}
