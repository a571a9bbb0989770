//! A rectifier over an array file: part by part, so that memory stays bounded, and with everything
//! but the elements kept as it was.

use std::io::{self, Write};

use bytemuck::Pod;
use half::f16;
use leaky_relu::{Elu, Float, LeakyRelu, Number, PRelu, Rectifier as _, Relu};

use leaky_cure::data::{DataError, FloatType, PlainArray};
use leaky_cure::text::printable;

/// About how many elements are in memory at a time.
const PART: u64 = 1 << 20;

/// Why a function cannot be made or applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// ReLU was given a slope.
    #[error("relu has no slope: leave --alpha out, or ask for --rectifier leaky-relu")]
    NoSlope,
    /// A function of one slope was given several.
    #[error("--alpha was given {0} times: only prelu has several slopes, one for each channel")]
    OneSlope(usize),
    /// There are not as many slopes as channels.
    #[error("--alpha was given {slopes} times, but {file} has {channels} channels on axis {axis}")]
    Channels {
        /// How many slopes there are.
        slopes: usize,
        /// The array, as the user named it.
        file: String,
        /// How many channels it has.
        channels: usize,
        /// The axis that they are on.
        axis: usize,
    },
    /// The gradient of the output is not like the input.
    #[error("{dy} is not like {x}: its {what} is {found}, expected {expected}")]
    Unlike {
        /// The gradient, as the user named it.
        dy: String,
        /// The input, as the user named it.
        x: String,
        /// What differs.
        what: &'static str,
        /// As it is.
        found: String,
        /// As it should be.
        expected: String,
    },
    /// An array cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The kernels refuse a slope.
    #[error("--alpha: {0}")]
    Slope(#[from] leaky_relu::Error),
}

/// A rectifier by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rectifier {
    /// x above zero, alpha * x below.
    LeakyRelu,
    /// x above zero, 0 below.
    Relu,
    /// x above zero, alpha * (exp(x) - 1) below.
    Elu,
    /// As Leaky ReLU, with a slope for each channel.
    PRelu,
}

impl Rectifier {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeakyRelu => "leaky-relu",
            Self::Relu => "relu",
            Self::Elu => "elu",
            Self::PRelu => "prelu",
        }
    }
}

/// A rectifier with its slopes.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// With its slope.
    LeakyRelu(f64),
    /// Without any.
    Relu,
    /// With its depth.
    Elu(f64),
    /// With its slopes: one, or one for each channel.
    PRelu(Vec<f64>),
}

impl Function {
    /// The function of that name and those slopes; where there are none, the default.
    ///
    /// # Errors
    ///
    /// Where there are slopes too many.
    pub fn new(rectifier: Rectifier, alpha: &[f64]) -> Result<Self, ApplyError> {
        let one = |default| match *alpha {
            [] => Ok(default),
            [alpha] => Ok(alpha),
            _ => Err(ApplyError::OneSlope(alpha.len())),
        };
        Ok(match rectifier {
            Rectifier::LeakyRelu => Self::LeakyRelu(one(0.01)?),
            Rectifier::Elu => Self::Elu(one(1.0)?),
            Rectifier::Relu if alpha.is_empty() => Self::Relu,
            Rectifier::Relu => return Err(ApplyError::NoSlope),
            Rectifier::PRelu if alpha.is_empty() => Self::PRelu(vec![0.25]),
            Rectifier::PRelu => Self::PRelu(alpha.to_vec()),
        })
    }

    /// The values and the gradients at `x`, for a function of one slope.
    ///
    /// # Errors
    ///
    /// Where the kernels refuse the slope.
    pub fn curve(&self, x: &[f64]) -> Result<(Vec<f64>, Vec<f64>), ApplyError> {
        let parts = Parts {
            function: self,
            inner: 1,
        };
        let (_, function) = parts.part(0);
        let mut values = x.to_vec();
        function.forward(&mut values)?;
        let mut gradients = vec![1.0; x.len()];
        function.backward(x, &mut gradients)?;
        Ok((values, gradients))
    }
}

/// What stopped the work.
#[derive(Debug)]
pub enum Stopped {
    /// The inputs: they do not fit, or cannot be read.
    Reading(ApplyError),
    /// The output cannot be written.
    Writing(io::Error),
}

impl<E: Into<ApplyError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Reading(error.into())
    }
}

/// Writes the array `f(x)` to `output`, or with `dy` the gradient `f'(x) dy`, under the header of `x`.
///
/// # Errors
///
/// Where `dy` is not like `x`, the slopes do not fit, or reading or writing fails.
pub fn apply(
    function: &Function,
    x: &PlainArray,
    dy: Option<&PlainArray>,
    output: &mut impl Write,
) -> Result<(), Stopped> {
    if let Some(dy) = dy {
        same_kind(x, dy)?;
    }
    let parts = Parts::new(function, x)?;
    output.write_all(x.header()).map_err(Stopped::Writing)?;
    match x.element() {
        FloatType::F16 => parts.work_through::<f16>(x, dy, output),
        FloatType::F32 => parts.work_through::<f32>(x, dy, output),
        FloatType::F64 => parts.work_through::<f64>(x, dy, output),
    }
}

/// Checks that elements of `dy` and of `x` stand side by side.
fn same_kind(x: &PlainArray, dy: &PlainArray) -> Result<(), ApplyError> {
    let order = |array: &PlainArray| match array.fortran_order() && array.shape().len() > 1 {
        true => "Fortran",
        false => "C",
    };
    let facts = [
        (
            "shape",
            format!("{:?}", dy.shape()),
            format!("{:?}", x.shape()),
        ),
        (
            "type",
            format!("{:?}", dy.element()),
            format!("{:?}", x.element()),
        ),
        ("order", order(dy).to_owned(), order(x).to_owned()),
    ];
    for (what, found, expected) in facts {
        if found != expected {
            return Err(ApplyError::Unlike {
                dy: printable(dy.name()),
                x: printable(x.name()),
                what,
                found,
                expected,
            });
        }
    }
    Ok(())
}

/// A function, and where in an array its channels lie.
struct Parts<'a> {
    function: &'a Function,
    /// How many elements of one channel stand together.
    inner: u64,
}

impl<'a> Parts<'a> {
    fn new(function: &'a Function, x: &PlainArray) -> Result<Self, ApplyError> {
        let slopes = match function {
            Function::PRelu(slopes) => slopes.len(),
            _ => 1,
        };
        if slopes == 1 {
            return Ok(Self { function, inner: 1 });
        }
        let shape = x.shape();
        let axis = usize::from(shape.len() > 1);
        let channels = shape.get(axis).copied().unwrap_or(1);
        if channels != slopes {
            return Err(ApplyError::Channels {
                slopes,
                file: printable(x.name()),
                channels,
                axis,
            });
        }
        let faster = match x.fortran_order() {
            true => &shape[..axis],
            false => &shape[axis + 1..],
        };
        // An array without elements has no runs either; one element a run serves it.
        let inner = faster.iter().map(|length| *length as u64).product::<u64>();
        Ok(Self {
            function,
            inner: inner.max(1),
        })
    }

    /// How many of the elements from `start` on are done together, and the slopes that they have.
    fn part(&self, start: u64) -> (u64, PartFunction<'_>) {
        let slopes = match self.function {
            Function::LeakyRelu(alpha) => return (PART, PartFunction::LeakyRelu(*alpha)),
            Function::Relu => return (PART, PartFunction::Relu),
            Function::Elu(alpha) => return (PART, PartFunction::Elu(*alpha)),
            Function::PRelu(slopes) => slopes,
        };
        if slopes.len() == 1 {
            return (PART, PartFunction::PRelu { slopes, inner: 1 });
        }
        let sample = self.inner.saturating_mul(slopes.len() as u64);
        if sample <= PART {
            let inner = self.inner as usize;
            return (
                PART / sample * sample,
                PartFunction::PRelu { slopes, inner },
            );
        }
        // A sample does not fit: one channel at a time.
        let channel = (start / self.inner % slopes.len() as u64) as usize;
        let left = self.inner - start % self.inner;
        let slopes = &slopes[channel..=channel];
        (left.min(PART), PartFunction::PRelu { slopes, inner: 1 })
    }

    fn work_through<T: Float + Pod>(
        &self,
        x: &PlainArray,
        dy: Option<&PlainArray>,
        output: &mut impl Write,
    ) -> Result<(), Stopped> {
        let mut start = 0;
        let mut from = Vec::new();
        let mut to = Vec::new();
        while start < x.elements() {
            let (len, function) = self.part(start);
            let len = len.min(x.elements() - start);
            read::<T>(x, start, len, &mut from)?;
            if let Some(dy) = dy {
                read::<T>(dy, start, len, &mut to)?;
                function
                    .backward(&from, &mut to)
                    .map_err(ApplyError::from)?;
            } else {
                to.clear();
                to.extend_from_slice(&from);
                function.forward(&mut to).map_err(ApplyError::from)?;
            }
            if x.swapped() {
                swap(&mut to);
            }
            output
                .write_all(bytemuck::cast_slice(&to))
                .map_err(Stopped::Writing)?;
            start += len;
        }
        Ok(())
    }
}

/// A function on elements of which it knows the channels.
enum PartFunction<'a> {
    LeakyRelu(f64),
    Relu,
    Elu(f64),
    PRelu { slopes: &'a [f64], inner: usize },
}

impl PartFunction<'_> {
    fn forward<T: Float>(&self, x: &mut [T]) -> Result<(), leaky_relu::Error> {
        match self {
            Self::LeakyRelu(alpha) => LeakyRelu::new(round::<T>(*alpha))?.forward_in_place(x),
            Self::Relu => Relu.forward_in_place(x),
            Self::Elu(alpha) => Elu::new(round::<T>(*alpha))?.forward_in_place(x),
            Self::PRelu { slopes, inner } => {
                let slopes = elements::<T>(slopes);
                PRelu::new(&slopes, *inner)?.forward_in_place(x);
            }
        }
        Ok(())
    }

    fn backward<T: Float>(&self, x: &[T], dy: &mut [T]) -> Result<(), leaky_relu::Error> {
        match self {
            Self::LeakyRelu(alpha) => LeakyRelu::new(round::<T>(*alpha))?.backward_in_place(x, dy),
            Self::Relu => Relu.backward_in_place(x, dy),
            Self::Elu(alpha) => Elu::new(round::<T>(*alpha))?.backward_in_place(x, dy),
            Self::PRelu { slopes, inner } => {
                let slopes = elements::<T>(slopes);
                PRelu::new(&slopes, *inner)?.backward_in_place(x, dy);
            }
        }
        Ok(())
    }
}

/// A slope in the type that elements of `T` are computed in.
fn round<T: Float>(alpha: f64) -> T::Alpha {
    T::Alpha::from_f64(alpha)
}

fn elements<T: Float>(slopes: &[f64]) -> Vec<T> {
    slopes.iter().map(|alpha| T::from_f64(*alpha)).collect()
}

/// Reads `len` elements from `start` on, in this machine's byte order.
fn read<T: Float + Pod>(
    array: &PlainArray,
    start: u64,
    len: u64,
    buffer: &mut Vec<T>,
) -> Result<(), Stopped> {
    // At most a part, however large the array.
    buffer.resize(len as usize, T::zeroed());
    array.read(
        start * size_of::<T>() as u64,
        bytemuck::cast_slice_mut(buffer),
    )?;
    if array.swapped() {
        swap(buffer);
    }
    Ok(())
}

/// Turns the bytes of each element around.
fn swap<T: Pod>(elements: &mut [T]) {
    for element in elements {
        bytemuck::bytes_of_mut(element).reverse();
    }
}
