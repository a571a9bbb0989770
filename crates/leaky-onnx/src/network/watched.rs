//! What is looked at while a network runs.

use crate::graph::ValueId;

/// The values that are shown while a network runs. The others need not be computed at all, where
/// several nodes run in one pass.
#[derive(Clone, Copy)]
pub(crate) enum Watched<'a> {
    All,
    Some(&'a [ValueId]),
}

impl Watched<'_> {
    /// Whether a value is shown.
    pub(super) fn sees(self, value: ValueId) -> bool {
        match self {
            Self::All => true,
            Self::Some(values) => values.contains(&value),
        }
    }
}
