//! The numbers of a parameter that belong to one unit, said once for all units of a layer.

use serde::Serialize;

/// Some numbers of one parameter, in row-major order: `count` blocks of `length`, `stride` apart, the
/// first of them at `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Slice {
    /// Where the first block begins.
    pub start: usize,
    /// How long each block is.
    pub length: usize,
    /// How far apart blocks begin.
    pub stride: usize,
    /// How many blocks there are.
    pub count: usize,
}

impl Slice {
    /// Where the numbers stand in the parameter.
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..self.count).flat_map(move |block| {
            let start = self.start + block * self.stride;
            start..start + self.length
        })
    }
}

/// The entries along an axis that belong to a unit: for unit `u` these are `first + u * step`, and the
/// same shifted by every multiple below `count` of each level's `stride`.
///
/// A channel of a convolution is one entry; behind a flattening it is as many as there were positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Places {
    /// The first entry of unit 0.
    pub first: usize,
    /// How far apart the first entries of two units are.
    pub step: usize,
    /// Repetitions, the widest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
}

/// Entries that are repeated along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Level {
    /// How often.
    pub count: usize,
    /// How far apart.
    pub stride: usize,
}

impl Places {
    /// Entry `u` for unit `u`.
    pub(super) fn plain() -> Self {
        Self {
            first: 0,
            step: 1,
            levels: Vec::new(),
        }
    }

    /// Whether unit `u` has entry `u` and no other.
    pub(super) fn is_plain(&self) -> bool {
        *self == Self::plain()
    }

    /// The same entries behind others that were joined before them.
    pub(super) fn behind(&self, others: usize) -> Self {
        Self {
            first: self.first + others,
            ..self.clone()
        }
    }

    /// The entries when the axis, of `size` entries, becomes one with those `outer` before it and those
    /// `inner` behind it.
    pub(super) fn merged(&self, outer: usize, size: usize, inner: usize) -> Self {
        let level = |count, stride| (count > 1).then_some(Level { count, stride });
        let own = self.levels.iter().map(|own| Level {
            stride: own.stride * inner,
            ..*own
        });
        Self {
            first: self.first * inner,
            step: self.step * inner,
            levels: level(outer, size * inner)
                .into_iter()
                .chain(own)
                .chain(level(inner, 1))
                .collect(),
        }
    }

    /// The runs of neighbouring entries of a unit: where each begins, and their common length.
    fn runs(&self, unit: usize) -> (Vec<usize>, usize) {
        let (levels, length) = match self.levels.split_last() {
            Some((Level { count, stride: 1 }, others)) => (others, *count),
            _ => (self.levels.as_slice(), 1),
        };
        let mut starts = vec![self.first + unit * self.step];
        for level in levels {
            starts = starts
                .iter()
                .flat_map(|start| (0..level.count).map(move |index| start + index * level.stride))
                .collect();
        }
        (starts, length)
    }
}

/// The numbers that belong to each unit of a group in one parameter: the entries along one axis that
/// [`Places`] names, over all entries of the other axes.
///
/// Where a weight is split into groups of channels, its axis 1 counts the channels of one group only:
/// entry `p` of all channels is then entry `p % shape[1]` of axis 1, in the rows (axis 0) of group
/// `p / shape[1]`, which are `shape[0] / groups` many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The parameter's name in the file.
    pub parameter: String,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// The axis that counts units.
    pub axis: usize,
    /// How many groups of channels there are: 1, except where axis 1 counts those of one group.
    #[serde(skip_serializing_if = "is_one")]
    pub groups: usize,
    /// The entries of each unit.
    #[serde(flatten)]
    pub places: Places,
}

fn is_one(number: &usize) -> bool {
    *number == 1
}

impl Share {
    /// The slices that are one unit's.
    pub fn of(&self, unit: usize) -> Vec<Slice> {
        let below: usize = self.shape[self.axis + 1..].iter().product();
        let size = self.shape[self.axis];
        let (starts, run) = self.places.runs(unit);
        if self.groups == 1 {
            let slice = |start| Slice {
                start: start * below,
                length: run * below,
                stride: size * below,
                count: self.shape[..self.axis].iter().product(),
            };
            return starts.into_iter().map(slice).collect();
        }
        let rows = self.shape[0] / self.groups;
        let entries = starts.iter().flat_map(|start| *start..start + run);
        let slice = |entry: usize| Slice {
            start: (entry / size * rows * size + entry % size) * below,
            length: below,
            stride: size * below,
            count: rows,
        };
        entries.map(slice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, Share};

    fn share(shape: &[usize], axis: usize, groups: usize, places: Places) -> Share {
        Share {
            parameter: "w".into(),
            shape: shape.to_vec(),
            axis,
            groups,
            places,
        }
    }

    fn numbers(share: &Share, unit: usize) -> Vec<usize> {
        let slices = share.of(unit).into_iter();
        slices.flat_map(super::Slice::places).collect()
    }

    #[test]
    fn an_entry_is_found_on_every_axis() {
        let found = |axis, unit| numbers(&share(&[2, 3, 2], axis, 1, Places::plain()), unit);
        assert_eq!(found(0, 1), [6, 7, 8, 9, 10, 11]);
        assert_eq!(found(1, 2), [4, 5, 10, 11]);
        assert_eq!(found(2, 0), [0, 2, 4, 6, 8, 10]);
    }

    #[test]
    fn a_grouped_weight_has_a_unit_in_the_rows_of_its_group_only() {
        let weight = share(&[4, 3, 2], 1, 2, Places::plain());
        // Channel 4 of six is channel 1 of the second group, which has rows 2 and 3.
        assert_eq!(numbers(&weight, 4), [14, 15, 20, 21]);
    }

    #[test]
    fn a_flattened_channel_is_a_run_of_entries() {
        let flat = Places::plain().merged(1, 3, 4);
        let weight = share(&[12, 5], 0, 1, flat);
        assert_eq!(weight.of(1).len(), 1);
        assert_eq!(numbers(&weight, 1), (20..40).collect::<Vec<_>>());
    }

    #[test]
    fn a_channel_that_is_flattened_last_stands_in_each_position() {
        let flat = Places::plain().merged(2, 3, 1);
        assert_eq!(numbers(&share(&[6, 1], 0, 1, flat), 1), [1, 4]);
    }

    #[test]
    fn joining_and_flattening_follow_one_another() {
        // Two channels behind three others, of 2 positions each, flattened.
        let places = Places::plain().behind(3).merged(1, 5, 2);
        assert_eq!(numbers(&share(&[10, 1], 0, 1, places), 1), [8, 9]);
    }
}
