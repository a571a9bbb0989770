//! Parameters that must stay as they are.

use std::collections::BTreeSet;

use super::map::{Group, Obstacle, Side, UnitMap};
use super::share::Share;

impl UnitMap {
    /// The map of the same network where some parameters must stay as they are, because they are frozen,
    /// say: what they make cannot be made anew, and what hears with them cannot be muted. `fixed` says of
    /// a parameter, by its name, why it is one of them; in the words of an [`Obstacle`].
    #[must_use]
    pub fn with_fixed(mut self, fixed: impl Fn(&str) -> Option<String>) -> Self {
        for group in &mut self.groups {
            fix(group, |shares| {
                shares.into_iter().find_map(|share| fixed(&share.parameter))
            });
        }
        self
    }
}

fn fix(group: &mut Group, fixed: impl Fn(Vec<&Share>) -> Option<String>) {
    let mut obstacles = Vec::new();
    for maker in &group.makers {
        if let Some(reason) = fixed(maker.shares()) {
            obstacles.push(Obstacle {
                side: Side::Making,
                layers: maker.feeds.clone(),
                reason,
            });
        }
    }
    // What is added to something fixed has no numbers that could centre the sum.
    let barred: BTreeSet<usize> = obstacles.iter().flat_map(|o| o.layers.clone()).collect();
    group.makers.retain(|maker| {
        let adds_to_it = maker.feeds.iter().any(|layer| barred.contains(layer));
        !adds_to_it && fixed(maker.shares()).is_none()
    });
    group.hearers.retain(|hearer| match fixed(hearer.shares()) {
        None => true,
        Some(reason) => {
            obstacles.push(Obstacle {
                side: Side::Hearing,
                layers: hearer.hears.clone(),
                reason,
            });
            false
        }
    });
    group.obstacles.extend(obstacles);
}
