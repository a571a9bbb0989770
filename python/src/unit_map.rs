//! The unit map of a network, and what is to be done for its dead units.

use std::collections::{BTreeMap, HashMap};

use leaky_cure::revive::{Constant, constants, leaks_muted, plan};
use leaky_onnx::{Network, Shapes};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Serialize;

use crate::answers::{json_of, refused};

/// Which slices of which parameters make each unit, and which hear it.
#[pyclass(frozen, module = "leaky_relu._engine")]
pub(crate) struct UnitMap {
    map: leaky_onnx::unit_map::UnitMap,
    constants: BTreeMap<String, Constant>,
}

impl UnitMap {
    pub(crate) fn of(network: &Network, shapes: &Shapes) -> PyResult<Self> {
        let map = network.unit_map(shapes).map_err(refused)?;
        let constants = constants(network, shapes, &map);
        Ok(Self { map, constants })
    }
}

#[derive(Serialize)]
struct Figures<'a> {
    #[serde(flatten)]
    map: &'a leaky_onnx::unit_map::UnitMap,
    constants: &'a BTreeMap<String, Constant>,
}

#[pymethods]
impl UnitMap {
    /// The map as JSON, with the constants behind the weights that hear units.
    fn figures(&self) -> PyResult<String> {
        json_of(&Figures {
            map: &self.map,
            constants: &self.constants,
        })
    }

    /// What is to be done for the `dead` units of each layer, as JSON: the layers and groups of the map
    /// without parameters that are `fixed`, each with the reason, and the treatments. Where outputs may
    /// be `changing`, units that cannot be muted are revived within a bound, and those that leak are muted.
    fn plan(
        &self,
        dead: Vec<Vec<usize>>,
        changing: bool,
        fixed: HashMap<String, String>,
    ) -> PyResult<String> {
        let layers = self.map.layers.len();
        if dead.len() != layers {
            return Err(PyValueError::new_err(format!(
                "the dead units are those of {} layers, but the network has {layers}",
                dead.len()
            )));
        }
        let mut map = self.map.clone().with_fixed(|name| fixed.get(name).cloned());
        if changing {
            map = leaks_muted(map);
        }
        json_of(&(&map, plan(&map, &dead, changing)))
    }
}
