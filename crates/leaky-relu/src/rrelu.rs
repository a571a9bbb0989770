//! The randomised Leaky ReLU.

use crate::arch::{Elements, Memory, Vector};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Applied, Gradient, SlopeOf, execute};
use crate::leaky_relu::LeakyRelu;
use crate::length::same_length;
use crate::number::{Alpha, Number};
use crate::rectifier::{BySigns, Computed, Rectifier};
use crate::split::Everywhere;

/// The randomised Leaky ReLU: in training `f(x) = x` for `x > 0` and `a * x` otherwise, with a slope
/// `a` drawn for each element between `lower` and `upper`; in inference the Leaky ReLU with their
/// mean.
///
/// Source: Xu, Wang, Chen and Li (2015), "Empirical Evaluation of Rectified Activations in
/// Convolutional Network". The slopes that were drawn are kept for the gradient, as in PyTorch; the
/// gradient is `slope * dy`, the second derivative zero. The methods of [`Rectifier`] are those of the
/// function in inference; those of training stand here.
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
            bound.finite_or(parameter)?;
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
    pub const fn lower(&self) -> A {
        self.lower
    }

    /// The highest slope.
    pub const fn upper(&self) -> A {
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
    #[track_caller]
    pub fn forward_training<T: Float<Alpha = A>>(
        &self,
        x: &[T],
        y: &mut [T],
        slopes: &mut [T],
        uniform: impl FnMut() -> A,
    ) {
        self.draw(x, slopes, uniform);
        multiply(slopes, Elements::into(x, y));
    }

    /// As [`forward_training`](Self::forward_training); `x` becomes the output.
    ///
    /// # Panics
    /// If the slices differ in length.
    #[track_caller]
    pub fn forward_training_in_place<T: Float<Alpha = A>>(
        &self,
        x: &mut [T],
        slopes: &mut [T],
        uniform: impl FnMut() -> A,
    ) {
        self.draw(x, slopes, uniform);
        multiply(slopes, Elements::in_place(x));
    }

    /// Reads the slopes that [`forward_training`](Self::forward_training) wrote and the gradient
    /// `dy` of the output, writes the gradient of the input, `slope * dy`, to `dx`.
    ///
    /// # Panics
    /// If the slices differ in length.
    #[track_caller]
    pub fn backward_training<T: Float<Alpha = A>>(&self, slopes: &[T], dy: &[T], dx: &mut [T]) {
        multiply(slopes, Elements::into(dy, dx));
    }

    /// As [`backward_training`](Self::backward_training); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// If the slices differ in length.
    #[track_caller]
    pub fn backward_training_in_place<T: Float<Alpha = A>>(&self, slopes: &[T], dy: &mut [T]) {
        multiply(slopes, Elements::in_place(dy));
    }

    #[track_caller]
    fn draw<T: Float<Alpha = A>>(&self, x: &[T], slopes: &mut [T], mut uniform: impl FnMut() -> A) {
        same_length(x.len(), slopes.len());
        for (x, slope) in x.iter().zip(slopes) {
            *slope = T::narrow(if x.widen() <= A::ZERO {
                self.between(uniform())
            } else {
                A::ONE
            });
        }
    }

    /// The slope at that part of the way from the lowest to the highest.
    fn between(&self, part: A) -> A {
        let width = self.upper - self.lower;
        if width.finite_or("width").is_ok() {
            return self.lower + part * width;
        }
        // The bounds are further apart than the largest number: half of the way fits.
        let (lower, upper) = (self.lower * A::HALF, self.upper * A::HALF);
        let half = lower + part * (upper - lower);
        half + half
    }
}

impl<A: Alpha> Default for RRelu<A> {
    /// Slopes from 1/8 to 1/3, as in PyTorch.
    fn default() -> Self {
        RRelu {
            lower: A::from_f64(1.0 / 8.0),
            upper: A::from_f64(1.0 / 3.0),
        }
    }
}

impl<T: Float> Rectifier<T> for RRelu<T::Alpha> {}

impl<T: Float> BySigns<T> for RRelu<T::Alpha> {}

impl<T: Float> Computed<T> for RRelu<T::Alpha> {
    type Function = LeakyRelu<T::Alpha>;
    type Gradient = SlopeOf<LeakyRelu<T::Alpha>>;
    type GradientFromOutput = SlopeOf<LeakyRelu<T::Alpha>>;

    fn function(&self, _: usize) -> Self::Function {
        self.inference()
    }

    fn gradient(&self, len: usize) -> Self::Gradient {
        Computed::<T>::gradient(&self.inference(), len)
    }

    fn gradient_from_output(&self, len: usize) -> Result<Self::GradientFromOutput, Error> {
        Computed::<T>::gradient_from_output(&self.inference(), len)
    }
}

#[track_caller]
fn multiply<T: Float>(slopes: &[T], elements: Elements<'_, T>) {
    same_length(slopes.len(), elements.len());
    execute(elements, Applied::gradient(Product, slopes));
}

/// The product of slope and element.
#[derive(Clone, Copy)]
struct Product;

impl Everywhere for Product {}

impl<T: Number> Gradient<T> for Product {
    #[inline(always)]
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        _: usize,
        slope: Vector<S, T>,
        x: Vector<S, T>,
    ) -> Vector<S, T> {
        s.mul(slope, x)
    }
}
