//! Makes a pass of elements and a kernel, and runs it as the plan says.

use super::plan::Plan;
use crate::arch::{BLOCK, Elements, Kernel, Memory, Pass};
use crate::float::Float;
use crate::number::Number;
use crate::split::Split;

/// Does the kernel's work on all elements.
pub(crate) fn execute<T: Float, K: Kernel<T> + Split + Send>(elements: Elements<'_, T>, kernel: K) {
    let plan = Plan::writing(elements.len() * size_of::<T>(), elements.are_in_place());
    run(
        plan,
        Elementwise {
            elements,
            kernel,
            stream: plan.stream,
        },
    );
}

/// Makes `pass` as `plan` says.
pub(super) fn run<T: Float>(plan: Plan, pass: impl Pass<T>) {
    #[cfg(feature = "rayon")]
    if plan.share {
        return super::threads::share_out(plan.level, pass);
    }
    T::run_at(plan.level, pass);
}

/// From this many bytes on, blocks are made to start at a line of the output, since a vector that
/// straddles two lines takes longer to write. Shorter passes lose more by the part of a block that
/// this leaves at their start.
const ALIGNED_FROM: usize = 16 << 10;

/// The pass of a kernel over elements.
struct Elementwise<'a, T, K> {
    elements: Elements<'a, T>,
    kernel: K,
    /// Whether it writes past the caches.
    stream: bool,
}

impl<T: Number, K: Split> Split for Elementwise<'_, T, K> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first_elements, rest_elements) = self.elements.split_at(middle);
        let (first_kernel, rest_kernel) = self.kernel.split_at(middle);
        let part = |elements, kernel| Elementwise {
            elements,
            kernel,
            stream: self.stream,
        };
        (
            part(first_elements, first_kernel),
            part(rest_elements, rest_kernel),
        )
    }
}

impl<T: Number, K: Kernel<T> + Split + Send> Pass<T> for Elementwise<'_, T, K> {
    fn len(&self) -> usize {
        self.elements.len()
    }

    fn grain(&self) -> usize {
        self.kernel.grain()
    }

    #[inline(always)]
    fn run<S: Memory<T>>(self, s: S) {
        let Elementwise {
            elements,
            mut kernel,
            stream,
        } = self;
        let before_line = elements.before_line();
        let aligned = stream || elements.len() * size_of::<T>() >= ALIGNED_FROM;
        if !aligned || before_line >= BLOCK {
            elements.blocks::<S, false>(s, 0, &mut kernel);
        } else if stream {
            elements.blocks::<S, true>(s, before_line, &mut kernel);
        } else {
            elements.blocks::<S, false>(s, before_line, &mut kernel);
        }
        kernel.finish();
    }
}
