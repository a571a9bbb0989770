//! How class labels and what a network answers lie beside each other.

/// Where the numbers of one position stand among those of an answer: `inner` apart, one for each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// How many blocks of `classes * inner` numbers there are.
    pub outer: usize,
    /// How many classes.
    pub classes: usize,
    /// How many positions stand side by side.
    pub inner: usize,
}

impl Layout {
    /// For labels of this shape, where the classes stand on an axis of the answer.
    pub fn of(labels: &[usize], axis: usize, classes: usize) -> Self {
        let axis = axis.min(labels.len());
        Self {
            outer: labels[..axis].iter().product(),
            classes,
            inner: labels[axis..].iter().product(),
        }
    }

    /// Where the numbers of each position stand, in the order of the labels.
    pub fn positions(self) -> impl Iterator<Item = impl Iterator<Item = usize>> {
        let Self {
            outer,
            classes,
            inner,
        } = self;
        (0..outer).flat_map(move |block| {
            (0..inner).map(move |position| {
                let first = block * classes * inner + position;
                (0..classes).map(move |class| first + class * inner)
            })
        })
    }
}

/// How much a label of each class counts so that all classes count alike; a class without a label counts
/// nothing.
pub(super) fn balanced(counts: &[u64]) -> Vec<f64> {
    let present = counts.iter().filter(|&&count| count > 0).count() as f64;
    let all = counts.iter().sum::<u64>() as f64;
    counts
        .iter()
        .map(|&count| match count {
            0 => 0.0,
            count => all / (present * count as f64),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_stand_side_by_side_or_an_image_apart() {
        let places = |axis| -> Vec<Vec<usize>> {
            let layout = Layout::of(&[2, 3], axis, 2);
            layout.positions().map(Iterator::collect).collect()
        };
        assert_eq!(
            places(1),
            [[0, 3], [1, 4], [2, 5], [6, 9], [7, 10], [8, 11]]
        );
        assert_eq!(
            places(2),
            [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]]
        );
    }

    /// `compute_class_weight("balanced", classes=[0, 1, 3], y=[0, 0, 0, 1, 3, 3])` of scikit-learn.
    #[test]
    fn balanced_weights_are_those_of_scikit_learn() {
        let found = balanced(&[3, 1, 0, 2]);
        assert_eq!(found, [6.0 / 9.0, 6.0 / 3.0, 0.0, 6.0 / 6.0]);
    }
}
