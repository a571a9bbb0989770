//! The rectifiers and their gradients over arrays.

use ::leaky_relu::{Elu, Error, Float, LeakyRelu, Number, PRelu, Rectifier, Relu};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Bits16, Dense, with_element};
use crate::threads::detached;

/// What a function over arrays answers: the result, or nothing where the arrays must be brought into
/// form first.
pub(crate) type Answer<'py> = PyResult<Option<Bound<'py, PyAny>>>;

/// A function of one array, for elements of any type.
trait Function: Copy + Send + Sync {
    fn of<T: Float>(self) -> Result<impl Rectifier<T> + Sync, Error>;
}

#[derive(Clone, Copy)]
struct Leaky {
    alpha: f64,
}

impl Function for Leaky {
    fn of<T: Float>(self) -> Result<impl Rectifier<T> + Sync, Error> {
        LeakyRelu::new(T::Alpha::from_f64(self.alpha))
    }
}

#[derive(Clone, Copy)]
struct Exponential {
    alpha: f64,
}

impl Function for Exponential {
    fn of<T: Float>(self) -> Result<impl Rectifier<T> + Sync, Error> {
        Elu::new(T::Alpha::from_f64(self.alpha))
    }
}

#[derive(Clone, Copy)]
struct Rectified;

impl Function for Rectified {
    fn of<T: Float>(self) -> Result<impl Rectifier<T> + Sync, Error> {
        Ok(Relu)
    }
}

pub(crate) fn refused(error: Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The array for a result that lies like `like`: a new one, or `out` where it can take the result.
fn result_like<'py>(
    like: &Dense<'py>,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Dense<'py>>> {
    match out {
        None => like.empty_like().map(Some),
        Some(out) => {
            Ok(Dense::of(out, Bits16::Integer)
                .filter(|out| out.is_writeable() && out.lies_like(like)))
        }
    }
}

fn values<'py>(
    x: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
    function: impl Function,
) -> Answer<'py> {
    let Some(x) = Dense::of(x, Bits16::Integer) else {
        return Ok(None);
    };
    let Some(mut y) = result_like(&x, out)? else {
        return Ok(None);
    };
    let in_place = y.is_memory_of(&x);
    if !in_place && y.overlaps(&x) {
        return Ok(None);
    }
    with_element!(x.element, T => {
        let f = function.of::<T>().map_err(refused)?;
        let (py, bytes, y) = (x.py(), x.bytes(), y.elements_mut::<T>());
        if in_place {
            detached(py, bytes, 0, || f.forward_in_place(y))
        } else {
            let x = x.elements::<T>();
            detached(py, bytes, 0, || f.forward(x, y))
        }
    })?;
    Ok(Some(y.into_any()))
}

fn gradient<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
    function: impl Function,
) -> Answer<'py> {
    let (Some(x), Some(dy)) = (
        Dense::of(x, Bits16::Integer),
        Dense::of(dy, Bits16::Integer),
    ) else {
        return Ok(None);
    };
    let Some(mut dx) = result_like(&x, out)? else {
        return Ok(None);
    };
    let in_place = dx.is_memory_of(&dy);
    if !dy.lies_like(&x) || dx.overlaps(&x) || (!in_place && dx.overlaps(&dy)) {
        return Ok(None);
    }
    with_element!(x.element, T => {
        let f = function.of::<T>().map_err(refused)?;
        let (py, bytes) = (x.py(), x.bytes());
        let (x, dx) = (x.elements::<T>(), dx.elements_mut::<T>());
        if in_place {
            detached(py, bytes, 0, || f.backward_in_place(x, dx))
        } else {
            let dy = dy.elements::<T>();
            detached(py, bytes, 0, || f.backward(x, dy, dx))
        }
    })?;
    Ok(Some(dx.into_any()))
}

#[pyfunction]
#[pyo3(signature = (x, alpha, out=None))]
pub(crate) fn leaky_relu<'py>(
    x: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> Answer<'py> {
    values(x, out, Leaky { alpha })
}

#[pyfunction]
#[pyo3(signature = (x, dy, alpha, out=None))]
pub(crate) fn leaky_relu_grad<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> Answer<'py> {
    gradient(x, dy, out, Leaky { alpha })
}

#[pyfunction]
#[pyo3(signature = (x, out=None))]
pub(crate) fn relu<'py>(x: &Bound<'py, PyAny>, out: Option<&Bound<'py, PyAny>>) -> Answer<'py> {
    values(x, out, Rectified)
}

#[pyfunction]
#[pyo3(signature = (x, dy, out=None))]
pub(crate) fn relu_grad<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
) -> Answer<'py> {
    gradient(x, dy, out, Rectified)
}

#[pyfunction]
#[pyo3(signature = (x, alpha, out=None))]
pub(crate) fn elu<'py>(
    x: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> Answer<'py> {
    values(x, out, Exponential { alpha })
}

#[pyfunction]
#[pyo3(signature = (x, dy, alpha, out=None))]
pub(crate) fn elu_grad<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> Answer<'py> {
    gradient(x, dy, out, Exponential { alpha })
}

/// PReLU over `x` in the order of C, with the slopes `alpha` and `inner` elements together a channel.
#[pyfunction]
pub(crate) fn prelu<'py>(
    x: &Bound<'py, PyAny>,
    alpha: &Bound<'py, PyAny>,
    inner: usize,
) -> Answer<'py> {
    let (Some(x), Some(alpha)) = (in_order_of_c(x), in_order_of_c(alpha)) else {
        return Ok(None);
    };
    if alpha.element != x.element {
        return Ok(None);
    }
    let mut y = x.empty_like()?;
    with_element!(x.element, T => {
        let f = PRelu::new(alpha.elements::<T>(), inner).map_err(refused)?;
        let (py, bytes) = (x.py(), x.bytes());
        let (x, y) = (x.elements::<T>(), y.elements_mut::<T>());
        detached(py, bytes, 0, || f.forward(x, y))
    })?;
    Ok(Some(y.into_any()))
}

/// The gradients of [`prelu`] with respect to `x` and to `alpha`.
#[pyfunction]
pub(crate) fn prelu_grad<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    alpha: &Bound<'py, PyAny>,
    inner: usize,
) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let (Some(x), Some(dy), Some(alpha)) =
        (in_order_of_c(x), in_order_of_c(dy), in_order_of_c(alpha))
    else {
        return Ok(None);
    };
    if !dy.lies_like(&x) || alpha.element != x.element {
        return Ok(None);
    }
    let (mut dx, mut dalpha) = (x.empty_like()?, alpha.empty_like()?);
    with_element!(x.element, T => {
        let f = PRelu::new(alpha.elements::<T>(), inner).map_err(refused)?;
        let (py, bytes) = (x.py(), x.bytes());
        let (x, dy) = (x.elements::<T>(), dy.elements::<T>());
        let (dx, dalpha) = (dx.elements_mut::<T>(), dalpha.elements_mut::<T>());
        detached(py, bytes, 0, || f.backward_with_alpha(x, dy, dx, dalpha))
    })?;
    Ok(Some((dx.into_any(), dalpha.into_any())))
}

fn in_order_of_c<'py>(array: &Bound<'py, PyAny>) -> Option<Dense<'py>> {
    Dense::of(array, Bits16::Integer).filter(Dense::is_c_contiguous)
}
