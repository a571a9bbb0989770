//! Where a convolution reads and writes: one description for a convolution, its transpose and the
//! gradients of both.

/// How a kernel slides over the two spatial axes of an image. A signal of one axis is an image of
/// one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    /// The padding before the first row and the first column. What lies behind the last follows
    /// from the lengths of the two images.
    pub(super) begin: [usize; 2],
}

impl Window {
    /// How many numbers the kernel has for each pair of channels.
    pub(super) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }
}

/// One place of the kernel: which number of it is meant, and how far its place in the input lies
/// from the place that the output position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tap {
    pub(super) index: usize,
    pub(super) shift: [isize; 2],
}

/// Output positions that take the same taps: `origin + step * i` for `i` below `count`, along each
/// axis. They read the input at `stride * i + shift`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    pub(super) origin: [usize; 2],
    pub(super) step: [usize; 2],
    pub(super) count: [usize; 2],
    pub(super) taps: Vec<Tap>,
}

/// The phases of a product, and how far they move in the input from one position to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phases {
    pub(super) phases: Vec<Phase>,
    pub(super) stride: [usize; 2],
}

impl Phases {
    /// The positions of a convolution: one phase, every tap, strides taken in the input.
    pub(super) fn of_convolution(window: &Window, output: [usize; 2]) -> Self {
        let along = |axis: usize| {
            (0..window.kernel[axis])
                .map(move |k| (k * window.dilation[axis]) as isize - window.begin[axis] as isize)
        };
        let taps = along(0)
            .flat_map(|y| along(1).map(move |x| [y, x]))
            .enumerate()
            .map(|(index, shift)| Tap { index, shift })
            .collect();
        Phases {
            phases: vec![Phase {
                origin: [0, 0],
                step: [1, 1],
                count: output,
                taps,
            }],
            stride: window.stride,
        }
    }

    /// The positions of a transposed convolution, which is the input gradient of a convolution as
    /// well. A stride leaves gaps between the inputs; the positions between two of them make one
    /// phase each, whose taps are those of the kernel that meet an input there.
    pub(super) fn of_transpose(window: &Window, output: [usize; 2]) -> Self {
        let along = |axis: usize, origin: usize| -> Vec<(usize, isize)> {
            let stride = window.stride[axis] as isize;
            (0..window.kernel[axis])
                .filter_map(|k| {
                    let reach = (origin + window.begin[axis]) as isize
                        - (k * window.dilation[axis]) as isize;
                    (reach.rem_euclid(stride) == 0).then(|| (k, reach.div_euclid(stride)))
                })
                .collect()
        };
        let mut phases = Vec::new();
        for y in 0..window.stride[0].min(output[0]) {
            let rows = along(0, y);
            for x in 0..window.stride[1].min(output[1]) {
                let columns = along(1, x);
                let taps = rows.iter().flat_map(|&(row, down)| {
                    columns.iter().map(move |&(column, right)| Tap {
                        index: row * window.kernel[1] + column,
                        shift: [down, right],
                    })
                });
                phases.push(Phase {
                    origin: [y, x],
                    step: window.stride,
                    count: [
                        (output[0] - y).div_ceil(window.stride[0]),
                        (output[1] - x).div_ceil(window.stride[1]),
                    ],
                    taps: taps.collect(),
                });
            }
        }
        Phases {
            phases,
            stride: [1, 1],
        }
    }

    /// The largest number of positions that a phase has along each axis.
    pub(super) fn most(&self) -> [usize; 2] {
        let most = |axis: usize| self.phases.iter().map(|phase| phase.count[axis]).max();
        [most(0).unwrap_or(0), most(1).unwrap_or(0)]
    }

    /// The least and the largest shift along each axis; zero where there are no taps.
    pub(super) fn reach(&self) -> [(isize, isize); 2] {
        let reach = |axis: usize| {
            let shifts = || {
                let taps = self.phases.iter().flat_map(|phase| &phase.taps);
                taps.map(move |tap| tap.shift[axis])
            };
            (shifts().min().unwrap_or(0), shifts().max().unwrap_or(0))
        };
        [reach(0), reach(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stride_of_two_splits_the_transpose_into_four_phases_that_share_the_taps() {
        let window = Window {
            kernel: [3, 3],
            stride: [2, 2],
            dilation: [1, 1],
            begin: [1, 1],
        };
        let phases = Phases::of_transpose(&window, [8, 7]);
        let taps: Vec<usize> = phases.phases.iter().map(|p| p.taps.len()).collect();
        assert_eq!(taps, [1, 2, 2, 4]);
        assert_eq!(phases.most(), [4, 4]);
        assert_eq!(phases.phases[3].count, [4, 3]);
        assert_eq!(phases.reach(), [(0, 1), (0, 1)]);
    }

    #[test]
    fn a_stride_longer_than_the_kernel_leaves_phases_without_taps() {
        let window = Window {
            kernel: [1, 1],
            stride: [1, 3],
            dilation: [1, 1],
            begin: [0, 0],
        };
        let phases = Phases::of_transpose(&window, [1, 7]);
        let taps: Vec<usize> = phases.phases.iter().map(|p| p.taps.len()).collect();
        assert_eq!(taps, [1, 0, 0]);
    }
}
