//! The two ends of the channels of a case: what makes them, and what hears them.

use leaky_onnx::unit_map::{Hearer, Maker, Share};

use super::cases::Case;

/// What a revival changes.
pub(super) struct Ends<'a> {
    pub(super) makers: Vec<&'a Maker>,
    pub(super) hearers: Vec<&'a Hearer>,
}

impl<'a> Ends<'a> {
    /// Of channels that are revived exactly.
    pub(super) fn exact(case: &Case<'a>) -> Self {
        let group = case.group;
        let makers = case.exact_makers();
        let hearers = case.exact_hearers();
        Self {
            makers: makers.map(|place| &group.makers[place]).collect(),
            hearers: hearers.map(|place| &group.hearers[place]).collect(),
        }
    }

    /// Of channels that are revived at a layer within a bound.
    pub(super) fn bounded(case: &Case<'a>, layer: usize) -> Self {
        let group = case.group;
        let hearers = case.bounded_hearers(layer);
        Self {
            makers: case.makers(layer, case.silent()),
            hearers: hearers.map(|place| &group.hearers[place]).collect(),
        }
    }

    /// The numbers of all of them.
    pub(super) fn shares(&self) -> impl Iterator<Item = &'a Share> {
        let makers = self.makers.iter().flat_map(|maker| maker.shares());
        let hearers = self.hearers.iter();
        makers.chain(hearers.flat_map(|hearer| hearer.shares()))
    }
}
