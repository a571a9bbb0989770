//! Parts of a parameter: the numbers in it that belong to one unit.

/// Some numbers of one parameter, in row-major order: `count` blocks of `length`, `stride` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) parameter: usize,
    start: usize,
    length: usize,
    stride: usize,
    count: usize,
}

impl Part {
    /// One number.
    pub(super) fn number(parameter: usize, index: usize) -> Self {
        Self {
            parameter,
            start: index,
            length: 1,
            stride: 1,
            count: 1,
        }
    }

    /// Entry `index` of `axis`, over all entries of the other axes.
    pub(super) fn entry(parameter: usize, shape: &[usize], axis: usize, index: usize) -> Self {
        let length: usize = shape[axis + 1..].iter().product();
        Self {
            parameter,
            start: index * length,
            length,
            stride: shape[axis] * length,
            count: shape[..axis].iter().product(),
        }
    }

    /// Entry `index` of axis 1, over entries `rows` of axis 0 and all of the others.
    pub(super) fn entry_of_rows(
        parameter: usize,
        shape: &[usize],
        rows: std::ops::Range<usize>,
        index: usize,
    ) -> Self {
        let all = Self::entry(parameter, shape, 1, index);
        Self {
            start: all.start + rows.start * all.stride,
            count: rows.len(),
            ..all
        }
    }

    /// How many numbers there are.
    pub(super) fn len(self) -> usize {
        self.count * self.length
    }

    /// Where they stand in the parameter.
    pub(super) fn places(self) -> impl Iterator<Item = usize> {
        (0..self.count).flat_map(move |block| {
            let start = self.start + block * self.stride;
            start..start + self.length
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn an_entry_is_found_on_every_axis() {
        let shape = [2, 3, 2];
        let places = |axis, index| {
            Part::entry(0, &shape, axis, index)
                .places()
                .collect::<Vec<_>>()
        };
        assert_eq!(places(0, 1), [6, 7, 8, 9, 10, 11]);
        assert_eq!(places(1, 2), [4, 5, 10, 11]);
        assert_eq!(places(2, 0), [0, 2, 4, 6, 8, 10]);
    }

    #[test]
    fn an_entry_of_some_rows_leaves_the_other_rows() {
        let part = Part::entry_of_rows(0, &[4, 3, 2], 2..4, 1);
        assert_eq!(part.places().collect::<Vec<_>>(), [14, 15, 20, 21]);
        assert_eq!(part.len(), 4);
    }
}
