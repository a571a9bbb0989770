//! The survey of a whole network.

use super::map::{Layer, UnitMap};
use super::ties::Asked;
use crate::error::Result;
use crate::network::Network;
use crate::units::Shapes;

impl Network {
    /// The map of the network's units: what makes each and what hears it.
    ///
    /// # Errors
    ///
    /// If an attribute of a rectifier cannot be read. What the graph does not allow to name is no error:
    /// it stands in the map, as an [`Obstacle`](super::Obstacle).
    pub fn unit_map(&self, shapes: &Shapes) -> Result<UnitMap> {
        let rectifiers = self.rectifiers()?;
        let mut layers = vec![None; self.nodes().len()];
        for (layer, rectifier) in rectifiers.iter().enumerate() {
            layers[rectifier.node] = Some(layer);
        }
        let asked = Asked {
            network: self,
            shapes,
            rectifiers: &rectifiers,
            needed: self.needed(),
            layers,
        };
        let mut groups = Vec::new();
        let mut group_of: Vec<Option<usize>> = vec![None; rectifiers.len()];
        for layer in 0..rectifiers.len() {
            if group_of[layer].is_none() {
                let group = asked.group(layer);
                for &member in &group.layers {
                    group_of[member].get_or_insert(groups.len());
                }
                groups.push(group);
            }
        }
        let layers = rectifiers.iter().zip(group_of);
        let layers = layers.map(|(rectifier, group)| Layer {
            name: rectifier.name.clone(),
            operator: rectifier.operator.clone(),
            alpha: rectifier.alpha,
            threshold: rectifier.threshold,
            hidden: rectifier.hidden,
            silent: rectifier.is_silent(),
            units: self.units(rectifier.output, shapes),
            group: group.unwrap_or_default(),
        });
        Ok(UnitMap {
            layers: layers.collect(),
            groups,
        })
    }
}
