//! The sliding product itself: every output position sums the products of the weights with the
//! inputs under the kernel. A convolution is one, its transpose and its input gradient are others.

use super::geometry::Phases;

/// A sliding product of a given shape.
#[derive(Clone, Debug)]
pub(super) struct Correlation {
    pub(super) batch: usize,
    pub(super) groups: usize,
    /// Channels of the input in a group.
    pub(super) depth: usize,
    /// Channels of the output in a group.
    pub(super) channels: usize,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) phases: Phases,
    pub(super) weight: WeightOrder,
}

/// How far apart the weights of neighbours lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct WeightOrder {
    pub(super) group: usize,
    pub(super) output: usize,
    pub(super) input: usize,
}

impl Correlation {
    /// How many numbers the output has.
    pub(super) fn output_len(&self) -> usize {
        self.batch * self.image_len()
    }

    /// Whether every channel has its own kernel.
    pub(super) fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.depth == 1 && self.channels == 1
    }

    pub(super) fn image_len(&self) -> usize {
        self.groups * self.channels * self.plane()
    }

    pub(super) fn plane(&self) -> usize {
        self.output[0] * self.output[1]
    }
}
