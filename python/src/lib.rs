//! The extension module behind the Python package `leaky-relu`: `leaky_relu._engine`.
//!
//! The package's Python files give names, types and defaults, and bring arrays into form that do not lie as
//! the kernels need them; they call the functions here.

mod answers;
mod arrays;
mod data;
mod files;
mod functions;
mod networks;
mod options;
mod pages;
mod signs;
mod threads;
mod unit_map;
mod watched;

use pyo3::prelude::*;

#[pymodule]
mod _engine {
    #[pymodule_export]
    use crate::functions::{
        elu, elu_grad, leaky_relu, leaky_relu_grad, otherwise, prelu, prelu_grad, relu, relu_grad,
    };
    #[pymodule_export]
    use crate::networks::{Task, command, convert, with_its_data};
    #[pymodule_export]
    use crate::pages::{comparison_page, cure_page, diagnosis_page, plot_file};
    #[pymodule_export]
    use crate::signs::{leaky_relu_from_signs, leaky_relu_with_signs};
    #[pymodule_export]
    use crate::unit_map::UnitMap;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
