//! The unit map of a network, and what is to be done for its dead units.

use std::collections::HashMap;

use leaky_cure::revive::plan;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::answers::json_of;

/// Which slices of which parameters make each unit, and which hear it.
#[pyclass(frozen, module = "leaky_relu._engine")]
pub(crate) struct UnitMap {
    map: leaky_onnx::unit_map::UnitMap,
}

impl UnitMap {
    pub(crate) fn new(map: leaky_onnx::unit_map::UnitMap) -> Self {
        Self { map }
    }
}

#[pymethods]
impl UnitMap {
    /// The map as JSON.
    fn figures(&self) -> PyResult<String> {
        json_of(&self.map)
    }

    /// What is to be done for the `dead` units of each layer, as JSON: the layers and groups of the map
    /// without parameters that are `fixed`, each with the reason, and the treatments.
    fn plan(
        &self,
        dead: Vec<Vec<usize>>,
        bounded: bool,
        fixed: HashMap<String, String>,
    ) -> PyResult<String> {
        let layers = self.map.layers.len();
        if dead.len() != layers {
            return Err(PyValueError::new_err(format!(
                "the dead units are those of {} layers, but the network has {layers}",
                dead.len()
            )));
        }
        let map = self.map.clone().with_fixed(|name| fixed.get(name).cloned());
        json_of(&(&map, plan(&map, &dead, bounded)))
    }
}
