//! The engine's pages and drawings, from figures in JSON.

use leaky_cure::candidate::Candidate;
use leaky_cure::compare::Comparison;
use leaky_cure::cure::Report;
use leaky_cure::diagnose::{Diagnosis, GradientNorm};
use leaky_cure::train::End;
use leaky_report::curve::Curve;
use leaky_report::{Provenance, ReportError, plot};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::de::DeserializeOwned;

use crate::answers::refused;

/// The page of a diagnosis, with gradient norms where they are known.
#[pyfunction]
pub(crate) fn diagnosis_page(figures: &str, gradients: Option<&str>) -> PyResult<String> {
    let diagnosis: Diagnosis = read(figures)?;
    let gradients: Result<Vec<GradientNorm>, String> = match gradients {
        Some(norms) => Ok(read(norms)?),
        None => Err("it takes a loss, and so what the network should answer".to_owned()),
    };
    let made = Provenance::of_program().network(&diagnosis.model);
    page(leaky_report::diagnosis(&diagnosis, &gradients, &made))
}

/// The page of a cure, with the gradient norms before and after it, and the epoch in which it diverged.
#[pyfunction]
#[pyo3(signature = (figures, gradients, diverged, seed))]
pub(crate) fn cure_page(
    figures: &str,
    gradients: &str,
    diverged: Option<usize>,
    seed: u64,
) -> PyResult<String> {
    let report: Report = read(figures)?;
    let end = diverged.map_or(End::Done, End::Diverged);
    let made = Provenance::of_program().network(&report.before.model);
    page(leaky_report::cure(
        &report,
        end,
        read(gradients)?,
        &made.seed(seed),
    ))
}

/// The page of a comparison.
#[pyfunction]
pub(crate) fn comparison_page(figures: &str) -> PyResult<String> {
    let comparison: Comparison = read(figures)?;
    let seeds = comparison.trials.iter().map(|trial| trial.seed + 1).max();
    let made = Provenance::of_program().network(&comparison.model);
    let made = made.seeds(seeds.unwrap_or_default() as usize);
    page(leaky_report::comparison(&comparison, &made))
}

/// The curves of rectifiers and beside them their gradients, as the bytes of an SVG or a PNG file.
#[pyfunction]
pub(crate) fn plot_file<'py>(
    py: Python<'py>,
    title: &str,
    rectifiers: Vec<String>,
    kind: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let curves: Vec<Curve> = rectifiers
        .into_iter()
        .map(|name| {
            let rectifier: Candidate = name.parse().map_err(PyValueError::new_err)?;
            Curve::of(name, rectifier).map_err(refused)
        })
        .collect::<PyResult<_>>()?;
    let drawn = match kind {
        "svg" => plot::svg(title, &curves).map(String::into_bytes),
        "png" => plot::png(title, &curves),
        other => {
            return Err(PyValueError::new_err(format!(
                "'{other}' is no kind of drawing: give 'svg' or 'png'"
            )));
        }
    };
    Ok(PyBytes::new(py, &drawn.map_err(refused)?))
}

fn read<T: DeserializeOwned>(figures: &str) -> PyResult<T> {
    serde_json::from_str(figures).map_err(refused)
}

fn page(made: Result<String, ReportError>) -> PyResult<String> {
    made.map_err(refused)
}
