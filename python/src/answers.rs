//! What goes back to Python: figures as JSON, and errors.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An error of the engine in its own words.
pub(crate) fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The JSON of figures.
pub(crate) fn json_of(figures: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(figures).map_err(refused)
}
