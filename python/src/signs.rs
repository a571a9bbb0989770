//! Leaky ReLU for a framework that keeps the sign bits itself, as an array of bytes.

use ::leaky_relu::{LeakyRelu, Number, Rectifier, SignBits};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Bits16, Bytes, Dense, with_element};
use crate::functions::refused;
use crate::threads::detached;

/// Writes `f(x)` to `y` and the sign bits of `x` to `signs`, eight elements a byte, the first element
/// in the lowest bit. `y` may be `x`. Arrays of `uint16` hold `bfloat16`.
#[pyfunction]
pub(crate) fn leaky_relu_with_signs(
    x: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    signs: &Bound<'_, PyAny>,
    alpha: f64,
    threads: usize,
) -> PyResult<()> {
    let (x, mut y) = (dense(x)?, dense(y)?);
    let mut signs = bytes_for(signs, x.len())?;
    let signs = signs.get_mut().ok_or_else(unfit)?;
    let in_place = y.is_memory_of(&x);
    if !y.lies_like(&x) || !y.is_writeable() || (!in_place && y.overlaps(&x)) {
        return Err(unfit());
    }
    with_element!(x.element, T => {
        let f = LeakyRelu::new(<T as Number>::Alpha::from_f64(alpha)).map_err(refused)?;
        let (py, bytes, y) = (x.py(), x.bytes(), y.elements_mut::<T>());
        let x = (!in_place).then(|| x.elements::<T>());
        detached(py, bytes, threads, || {
            let mut kept = SignBits::new();
            match x {
                Some(x) => f.forward_with_signs(x, y, &mut kept),
                None => f.forward_in_place_with_signs(y, &mut kept),
            }
            for (bytes, word) in signs.chunks_mut(8).zip(kept.words()) {
                bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
            }
        })
    })
}

/// Writes to `dx` the gradient of the input of Leaky ReLU, from the `signs` that
/// [`leaky_relu_with_signs`] kept and the gradient `dy` of the output. `dx` may be `dy`.
#[pyfunction]
pub(crate) fn leaky_relu_from_signs(
    signs: &Bound<'_, PyAny>,
    dy: &Bound<'_, PyAny>,
    dx: &Bound<'_, PyAny>,
    alpha: f64,
    threads: usize,
) -> PyResult<()> {
    let (dy, mut dx) = (dense(dy)?, dense(dx)?);
    let signs = bytes_for(signs, dy.len())?;
    let in_place = dx.is_memory_of(&dy);
    if !dx.lies_like(&dy) || !dx.is_writeable() || (!in_place && dx.overlaps(&dy)) {
        return Err(unfit());
    }
    with_element!(dy.element, T => {
        let f = LeakyRelu::new(<T as Number>::Alpha::from_f64(alpha)).map_err(refused)?;
        let (py, bytes, len) = (dy.py(), dy.bytes(), dy.len());
        let (signs, dx) = (signs.get(), dx.elements_mut::<T>());
        let dy = (!in_place).then(|| dy.elements::<T>());
        detached(py, bytes, threads, || {
            let signs = SignBits::from_bytes(signs, len)?;
            match dy {
                Some(dy) => f.backward_from_signs(&signs, dy, dx),
                None => f.backward_from_signs_in_place(&signs, dx),
            }
            Ok(())
        })
    })?
    .map_err(refused)
}

fn dense<'py>(array: &Bound<'py, PyAny>) -> PyResult<Dense<'py>> {
    Dense::of(array, Bits16::Bfloat16).ok_or_else(unfit)
}

fn bytes_for<'py>(signs: &Bound<'py, PyAny>, elements: usize) -> PyResult<Bytes<'py>> {
    Bytes::of(signs)
        .filter(|signs| signs.get().len() == elements.div_ceil(8))
        .ok_or_else(unfit)
}

fn unfit() -> PyErr {
    PyValueError::new_err(
        "needs contiguous arrays of one float type and shape, apart or the same, and sign bits of an \
         eighth of their length in bytes",
    )
}
