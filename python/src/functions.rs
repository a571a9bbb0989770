//! The rectifiers and their gradients over arrays, as Python calls them.
//!
//! Arrays that do not lie as the kernels need them are brought into form in Python: whoever does that was
//! named by [`otherwise`], and calls again. So a call with arrays that do costs no detour.

use ::leaky_relu::{Elu, Error, Float, LeakyRelu, Number, PRelu, Rectifier, Relu};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::arrays::{Bits16, Dense, with_element};
use crate::threads::detached;

/// What a function over arrays answers: the result, or nothing where the arrays must be brought into
/// form first.
type Answer<'py> = PyResult<Option<Bound<'py, PyAny>>>;

/// Brings arrays into form.
static FORMER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Names the Python function that brings arrays into form: it is called with the name of a function here and
/// its arguments, where these do not lie as the kernels need them.
#[pyfunction]
pub(crate) fn otherwise(former: &Bound<'_, PyAny>) -> PyResult<()> {
    FORMER
        .set(former.py(), former.clone().unbind())
        .map_err(|_| PyRuntimeError::new_err("already named"))
}

/// The answer, or what comes of the arguments when they are brought into form.
fn answered<'py>(
    answer: Answer<'py>,
    py: Python<'py>,
    arguments: impl PyCallArgs<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    match answer? {
        Some(result) => Ok(result),
        None => match FORMER.get(py) {
            Some(former) => former.bind(py).call1(arguments),
            None => Err(PyRuntimeError::new_err("nobody brings arrays into form")),
        },
    }
}

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

/// `x` where `x > 0`, `alpha * x` elsewhere, elementwise.
///
/// `x` is an array of `float16`, `float32`, `float64` or `ml_dtypes.bfloat16`, of any shape and strides;
/// the result has its type and shape. Integers and booleans give `float64`, as `alpha * x` does; a number
/// gives a NumPy scalar. `out` takes the result where it is given, and may be `x` itself. Results equal
/// PyTorch's on the CPU bit for bit.
///
/// Source: Maas, Hannun and Ng (2013), "Rectifier Nonlinearities Improve Neural Network Acoustic Models".
///
/// >>> leaky_relu(np.array([-1, 0, 1, 2, 3]))
/// array([-0.01,  0.  ,  1.  ,  2.  ,  3.  ])
#[pyfunction]
#[pyo3(signature = (x, alpha=0.01, out=None))]
pub(crate) fn leaky_relu<'py>(
    x: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let answer = values(x, out, Leaky { alpha });
    answered(answer, x.py(), ("leaky_relu", x, alpha, out))
}

/// The gradient of `leaky_relu` with respect to `x`: `dy` where `x > 0`, `alpha * dy` elsewhere.
///
/// `dy`, the gradient of the output, is broadcast to the shape of `x`; a plain `1.0` gives the derivative.
/// At 0 and at NaN the derivative is `alpha`, as in PyTorch. `out` may be `dy`.
#[pyfunction]
#[pyo3(signature = (x, dy, alpha=0.01, out=None))]
pub(crate) fn leaky_relu_grad<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let answer = gradient(x, dy, out, Leaky { alpha });
    answered(answer, x.py(), ("leaky_relu_grad", x, dy, alpha, out))
}

/// 0 where `x < 0`, `x` elsewhere, elementwise: NaN stays NaN, `-0.0` stays.
///
/// Types, shapes and `out` are as for `leaky_relu`.
#[pyfunction]
#[pyo3(signature = (x, out=None))]
pub(crate) fn relu<'py>(
    x: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let answer = values(x, out, Rectified);
    answered(answer, x.py(), ("relu", x, out))
}

/// The gradient of `relu` with respect to `x`: 0 where `x <= 0`, `dy` elsewhere, also at NaN.
#[pyfunction]
#[pyo3(signature = (x, dy, out=None))]
pub(crate) fn relu_grad<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let answer = gradient(x, dy, out, Rectified);
    answered(answer, x.py(), ("relu_grad", x, dy, out))
}

/// `x` where `x > 0`, `alpha * (exp(x) - 1)` elsewhere, elementwise.
///
/// Types, shapes and `out` are as for `leaky_relu`. Results lie within 2 units in the last place of
/// PyTorch's.
///
/// Source: Clevert, Unterthiner and Hochreiter (2016), "Fast and Accurate Deep Network Learning by
/// Exponential Linear Units (ELUs)".
#[pyfunction]
#[pyo3(signature = (x, alpha=1.0, out=None))]
pub(crate) fn elu<'py>(
    x: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let answer = values(x, out, Exponential { alpha });
    answered(answer, x.py(), ("elu", x, alpha, out))
}

/// The gradient of `elu` with respect to `x`: `dy` where `x > 0`, `alpha * exp(x) * dy` elsewhere.
#[pyfunction]
#[pyo3(signature = (x, dy, alpha=1.0, out=None))]
pub(crate) fn elu_grad<'py>(
    x: &Bound<'py, PyAny>,
    dy: &Bound<'py, PyAny>,
    alpha: f64,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let answer = gradient(x, dy, out, Exponential { alpha });
    answered(answer, x.py(), ("elu_grad", x, dy, alpha, out))
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
