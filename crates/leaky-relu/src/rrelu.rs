//! The randomised Leaky ReLU.

use crate::arch::{Arithmetic, Pass};
use crate::kernel::{Binary, Map2, Operand, execute, same_length};
use crate::{Alpha, Error, Float, LeakyRelu};

/// The randomised Leaky ReLU: in training `f(x) = x` for `x > 0` and `a * x` otherwise, with a slope
/// `a` drawn for each element between `lower` and `upper`; in inference the Leaky ReLU with their
/// mean.
///
/// Source: Xu, Wang, Chen and Li (2015), "Empirical Evaluation of Rectified Activations in
/// Convolutional Network". The slopes that were drawn are kept for the gradient, as in PyTorch; the
/// gradient is `slope * dy`, the second derivative zero.
///
/// ```
/// use leaky_relu::RRelu;
///
/// let f = RRelu::new(0.125_f32, 0.375)?;
/// assert_eq!(f.inference().alpha(), 0.25);
///
/// let (mut y, mut slopes) = ([0.0_f32; 3], [0.0_f32; 3]);
/// // A generator of uniform numbers from 0 up to 1 stands in the place of this constant.
/// f.forward_training(&[1.0, -1.0, -2.0], &mut y, &mut slopes, || 0.5);
/// assert_eq!(y, [1.0, -0.25, -0.5]);
/// assert_eq!(slopes, [1.0, 0.25, 0.25]);
/// # Ok::<(), leaky_relu::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RRelu<A = f32> {
    lower: A,
    upper: A,
}

impl<A: Alpha> RRelu<A> {
    /// A randomised Leaky ReLU with slopes from `lower` to `upper`. PyTorch's defaults are 1/8 and
    /// 1/3.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a bound is NaN or infinite, [`Error::EmptyRange`] if `lower` is above
    /// `upper`.
    pub fn new(lower: A, upper: A) -> Result<Self, Error> {
        for (parameter, bound) in [("lower", lower), ("upper", upper)] {
            if !bound.finite() {
                return Err(Error::NotFinite {
                    parameter,
                    value: bound.into(),
                });
            }
        }
        if lower > upper {
            return Err(Error::EmptyRange {
                lower: lower.into(),
                upper: upper.into(),
            });
        }
        Ok(RRelu { lower, upper })
    }

    /// The lowest slope.
    pub fn lower(&self) -> A {
        self.lower
    }

    /// The highest slope.
    pub fn upper(&self) -> A {
        self.upper
    }

    /// The function in inference: the Leaky ReLU with the mean slope.
    pub fn inference(&self) -> LeakyRelu<A> {
        let alpha = self.lower * A::HALF + self.upper * A::HALF;
        LeakyRelu::new(alpha).expect("the mean of finite bounds is finite")
    }

    /// Reads `x`, draws a slope for each element that is at or below zero, writes the slopes to
    /// `slopes` (1 for the other elements, NaN among them) and `slope * x` to `y`.
    ///
    /// `uniform` gives uniform numbers from 0 up to 1; it is called once for each slope drawn, in
    /// the order of the elements.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward_training<T: Float<Alpha = A>>(
        &self,
        x: &[T],
        y: &mut [T],
        slopes: &mut [T],
        uniform: impl FnMut() -> A,
    ) {
        self.draw(x, slopes, uniform);
        multiply(slopes, Pass::into(x, y));
    }

    /// As [`forward_training`](Self::forward_training); `x` becomes the output.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward_training_in_place<T: Float<Alpha = A>>(
        &self,
        x: &mut [T],
        slopes: &mut [T],
        uniform: impl FnMut() -> A,
    ) {
        self.draw(x, slopes, uniform);
        multiply(slopes, Pass::in_place(x));
    }

    /// Reads the slopes that [`forward_training`](Self::forward_training) wrote and the gradient
    /// `dy` of the output, writes the gradient of the input, `slope * dy`, to `dx`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_training<T: Float<Alpha = A>>(&self, slopes: &[T], dy: &[T], dx: &mut [T]) {
        multiply(slopes, Pass::into(dy, dx));
    }

    /// As [`backward_training`](Self::backward_training); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_training_in_place<T: Float<Alpha = A>>(&self, slopes: &[T], dy: &mut [T]) {
        multiply(slopes, Pass::in_place(dy));
    }

    fn draw<T: Float<Alpha = A>>(&self, x: &[T], slopes: &mut [T], mut uniform: impl FnMut() -> A) {
        same_length(x.len(), slopes.len());
        for (x, slope) in x.iter().zip(slopes) {
            *slope = T::narrow(if x.widen() <= A::ZERO {
                self.lower + uniform() * (self.upper - self.lower)
            } else {
                A::ONE
            });
        }
    }
}

fn multiply<T: Float>(slopes: &[T], pass: Pass<'_, T>) {
    same_length(slopes.len(), pass.len());
    let (function, kept) = (Product, Operand::new(slopes));
    execute(pass, Map2 { function, kept });
}

/// The product of slope and element.
#[derive(Clone, Copy)]
struct Product;

impl<A: Alpha> Binary<A> for Product {
    #[inline(always)]
    fn value<S: Arithmetic<A>>(self, s: S, slope: S::Vector, x: S::Vector) -> S::Vector {
        s.mul(slope, x)
    }
}
