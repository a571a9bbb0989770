//! The engine over ONNX networks and arrays in memory. Figures are answered as JSON.

use std::io::Write;
use std::path::{Path, PathBuf};

use leaky_cure::Stop;
use leaky_cure::compare::{Plan, Trial};
use leaky_cure::cure::cure_to_file;
use leaky_cure::diagnose::{DiagnoseOptions, Diagnosis, explain, gradient_norms_on};
use leaky_cure::objective::ObjectiveOptions;
use leaky_cure::train::End;
use leaky_onnx::{Model, Network, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::answers::{json_of, refused};
use crate::data::{Source, arrays};
use crate::files::{destination, unwritable};
use crate::options::{CompareRequest, ConvertRequest, CureRequest, at_least_one, part};
use crate::unit_map::UnitMap;
use crate::watched::watched;

/// A network's bytes, figures and gradient norms, and the epoch in which its training diverged.
type CuredParts<'py> = (Bound<'py, PyBytes>, String, String, Option<usize>);

/// A network with its samples.
#[pyclass(frozen, module = "leaky_relu._engine")]
pub(crate) struct Task {
    task: leaky_cure::Task,
    /// What was read, and is not to be written.
    files: Vec<PathBuf>,
}

#[pymethods]
impl Task {
    #[new]
    #[pyo3(signature = (name, model, data, validation=None, test=None))]
    fn new(
        name: String,
        model: Source,
        data: &Bound<'_, PyDict>,
        validation: Option<&Bound<'_, PyDict>>,
        test: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let (model, files) = model.open()?;
        let mut task = leaky_cure::Task::new(name, model, &arrays(data)?).map_err(refused)?;
        if let Some(validation) = validation {
            task = task.validated_on(&arrays(validation)?).map_err(refused)?;
        }
        if let Some(test) = test {
            task = task.tested_on(&arrays(test)?).map_err(refused)?;
        }
        Ok(Self { task, files })
    }

    #[pyo3(signature = (batch_size, tau=None, progress=None))]
    fn diagnose(
        &self,
        py: Python<'_>,
        batch_size: usize,
        tau: Option<f64>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let options = DiagnoseOptions {
            batch_size: at_least_one("batch_size", batch_size)?,
            tau: tau.map(|tau| part("tau", tau)).transpose()?,
        };
        let diagnosis = watched(py, progress, |stop, progress| {
            leaky_cure::diagnose(&self.task, options, stop, progress)
        })?;
        json_of(&diagnosis.map_err(refused)?)
    }

    /// A diagnosis of the same network in another form, with why its dead units are dead, as far as these
    /// samples tell.
    fn explain(&self, py: Python<'_>, diagnosis: &str, batch_size: usize) -> PyResult<String> {
        let verdict: Diagnosis = serde_json::from_str(diagnosis).map_err(refused)?;
        let network = self.task.network().map_err(refused)?;
        let explained = watched(py, None, |stop, _| {
            let data = &self.task.data;
            let samples: Vec<usize> = (0..data.samples()).collect();
            explain(verdict, &network, (data, &samples), batch_size.max(1), stop)
        })?;
        json_of(&explained.map_err(refused)?)
    }

    /// The cured network, the figures, the gradient norms before and after, and the epoch in which the
    /// training diverged, if it did.
    #[pyo3(signature = (request, output=None, progress=None))]
    fn cure<'py>(
        &self,
        py: Python<'py>,
        request: CureRequest,
        output: Option<PathBuf>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<CuredParts<'py>> {
        let options = request.options(&self.files)?;
        let destination = output
            .map(|path| destination(&path, &self.files))
            .transpose()?;
        let cured = watched(py, progress, |stop, progress| match &destination {
            Some(destination) => cure_to_file(&self.task, &options, destination, stop, progress),
            None => leaky_cure::cure(&self.task, &options, stop, progress),
        })?;
        let cured = cured.map_err(refused)?;
        let gradients = watched(py, None, |_, _| {
            let size = options.training.batch_size;
            let norms = |network: &Network| {
                gradient_norms_on(&self.task, network, options.objective, size).map_err(refused)
            };
            let given = self.task.network().map_err(refused)?;
            PyResult::Ok([norms(&given)?, norms(&cured.network)?])
        })??;
        let bytes = cured.model.to_bytes().map_err(refused)?;
        let diverged = match cured.end {
            End::Diverged(epoch) => Some(epoch),
            End::Done | End::NoBetter(_) | End::Stopped => None,
        };
        let (report, gradients) = (json_of(&cured.report)?, json_of(&gradients)?);
        Ok((PyBytes::new(py, &bytes), report, gradients, diverged))
    }

    #[pyo3(signature = (request, progress=None))]
    fn compare(
        &self,
        py: Python<'_>,
        request: CompareRequest,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let options = request.options()?;
        let comparison = watched(py, progress, |stop, progress| {
            leaky_cure::compare(&self.task, &options, stop, progress)
        })?;
        json_of(&comparison.map_err(refused)?)
    }

    /// How many trainings a comparison takes, its request checked against network and data.
    fn trainings(&self, request: CompareRequest) -> PyResult<usize> {
        let options = request.options()?;
        let plan = Plan::new(&self.task, &options).map_err(refused)?;
        Ok(plan.missing(&[]).len())
    }

    /// One training of a comparison, by its number.
    fn trial(&self, py: Python<'_>, request: CompareRequest, number: usize) -> PyResult<String> {
        let options = request.options()?;
        let trained = watched(py, None, |stop, _| {
            let plan = Plan::new(&self.task, &options)?;
            let place = plan.missing(&[]).get(number).copied();
            place.map(|place| plan.train(place, stop)).transpose()
        })?;
        let (trial, _) = trained
            .map_err(refused)?
            .ok_or_else(|| PyValueError::new_err(format!("there is no training {number}")))?;
        json_of(&trial)
    }

    /// What trainings that were done elsewhere come to.
    fn conclude(&self, request: CompareRequest, trials: Vec<String>) -> PyResult<String> {
        let options = request.options()?;
        let mut trials: Vec<Trial> = trials
            .iter()
            .map(|trial| serde_json::from_str(trial).map_err(refused))
            .collect::<PyResult<_>>()?;
        let comparison = Plan::new(&self.task, &options)
            .and_then(|plan| plan.run(&mut trials, &Stop::new(), &mut (), |_| Ok(())))
            .map_err(refused)?;
        json_of(&comparison)
    }

    /// How much of the gradient reaches each layer of weights.
    fn gradient_norms(&self, py: Python<'_>, batch_size: usize) -> PyResult<String> {
        let network = self.task.network().map_err(refused)?;
        let norms = watched(py, None, |_, _| {
            gradient_norms_on(
                &self.task,
                &network,
                ObjectiveOptions::default(),
                batch_size.max(1),
            )
        })?;
        json_of(&norms.map_err(refused)?)
    }

    /// Which slices of which parameters make each unit, and which hear it.
    fn unit_map(&self) -> PyResult<UnitMap> {
        let network: Network = self.task.network().map_err(refused)?;
        let few: Vec<usize> = (0..self.task.data.samples().min(2)).collect();
        let batch = self.task.data.batch(&few).map_err(refused)?;
        let inputs = batch
            .into_iter()
            .map(|array| Value::from_data(array, network.device()))
            .collect();
        let shapes = network.shapes(inputs).map_err(refused)?;
        UnitMap::of(&network, &shapes)
    }
}

/// The network with its hidden ReLUs leaking, and what was done to each.
#[pyfunction]
#[pyo3(signature = (name, model, request, output=None))]
pub(crate) fn convert<'py>(
    py: Python<'py>,
    name: &str,
    model: Source,
    request: ConvertRequest,
    output: Option<PathBuf>,
) -> PyResult<(Bound<'py, PyBytes>, String)> {
    let options = request.options()?;
    let (mut model, files) = model.open()?;
    let destination = output
        .as_deref()
        .map(|path| destination(path, &files))
        .transpose()?;
    let conversion = leaky_cure::convert(&mut model, name, &options).map_err(refused)?;
    let bytes = model.to_bytes().map_err(refused)?;
    if let Some(destination) = destination {
        let written = written_bytes(&model, destination.path(), &bytes)?;
        destination
            .write(|file| file.write_all(&written))
            .map_err(unwritable)?;
    }
    Ok((PyBytes::new(py, &bytes), json_of(&conversion)?))
}

/// Does what a command line asks for, and gives the exit code.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, command_line: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| leaky::run(command_line))
}

/// The bytes of a network with the data that lie outside of its file.
#[pyfunction]
pub(crate) fn with_its_data<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
    let (model, _) = Source::Path(path).open()?;
    Ok(PyBytes::new(py, &model.to_bytes().map_err(refused)?))
}

/// External data that was not changed stays where it is, if the file is written beside it.
fn written_bytes(model: &Model, path: &Path, whole: &[u8]) -> PyResult<Vec<u8>> {
    if model.external_files().is_empty() {
        return Ok(whole.to_vec());
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    model.to_bytes_in(folder).map_err(refused)
}
