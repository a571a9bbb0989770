//! Dead and dormant units on the dashboard that Burn shows while it trains.

use std::sync::Arc;

use burn::tensor::TensorReadError;
use burn::train::metric::{
    Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry,
};

use crate::unit_counts::UnitCounts;

/// What the counts of a step are for a metric: see [`UnitMetric`].
#[derive(Clone, Debug)]
pub struct UnitInput {
    counts: Vec<UnitCounts>,
}

impl UnitInput {
    /// Takes what [`count_units`](crate::count_units) counted in the forward pass of a step.
    pub fn new(counts: Vec<UnitCounts>) -> Self {
        UnitInput { counts }
    }
}

/// Which units are told.
#[derive(Clone, Copy, Debug)]
enum Told {
    Dead,
    Dormant,
}

impl Told {
    fn units(self, counts: &UnitCounts) -> usize {
        match self {
            Told::Dead => counts.dead(),
            Told::Dormant => counts.dormant(),
        }
    }
}

/// The part of the units, in percent, that are dead or dormant on all samples of the epoch so far; in
/// words also layer by layer.
///
/// The output of a training step hands on what was counted in its forward pass:
///
/// ```
/// use burn::train::metric::Adaptor;
/// use leaky_burn::train::UnitInput;
/// use leaky_burn::UnitCounts;
///
/// struct StepOutput {
///     counts: Vec<UnitCounts>,
///     // and the loss, the targets, …
/// }
///
/// impl Adaptor<UnitInput> for StepOutput {
///     fn adapt(&self) -> UnitInput {
///         UnitInput::new(self.counts.clone())
///     }
/// }
/// ```
///
/// and `SupervisedTraining::metric_train_numeric(UnitMetric::dead())` shows it. One for each layer that
/// is to have a curve of its own can stand beside it: `UnitMetric::dead().of_layer(0, "stem")`.
#[derive(Clone, Debug)]
pub struct UnitMetric {
    told: Told,
    layer: Option<usize>,
    name: MetricName,
    epoch: Vec<UnitCounts>,
    batch: f64,
}

impl UnitMetric {
    /// Units that were never above zero.
    pub fn dead() -> Self {
        Self::new(Told::Dead, "Dead units")
    }

    /// Units that were above zero on less than 0.1 % of samples and positions.
    pub fn dormant() -> Self {
        Self::new(Told::Dormant, "Dormant units")
    }

    fn new(told: Told, name: &str) -> Self {
        UnitMetric {
            told,
            layer: None,
            name: Arc::new(name.to_owned()),
            epoch: Vec::new(),
            batch: f64::NAN,
        }
    }

    /// Tells the units of one rectifier alone: of the one with this place in the order in which they
    /// are applied. The name stands on the dashboard.
    pub fn of_layer(self, place: usize, name: &str) -> Self {
        UnitMetric {
            layer: Some(place),
            name: Arc::new(format!("{}, {name}", self.name)),
            ..self
        }
    }

    /// The layers that are told.
    fn layers<'a>(&self, counts: &'a [UnitCounts]) -> &'a [UnitCounts] {
        match self.layer {
            None => counts,
            Some(place) => counts.get(place..=place).unwrap_or_default(),
        }
    }

    /// The part of the units of these layers, in percent.
    fn percent(&self, counts: &[UnitCounts]) -> f64 {
        let layers = self.layers(counts);
        let units: usize = layers.iter().map(UnitCounts::units).sum();
        let told: usize = layers.iter().map(|layer| self.told.units(layer)).sum();
        100.0 * told as f64 / units as f64
    }

    fn entry(&self, value: NumericEntry) -> SerializedEntry {
        let layers = self.layers(&self.epoch).iter();
        let by_layer: Vec<String> = layers
            .map(|layer| format!("{}/{}", self.told.units(layer), layer.units()))
            .collect();
        let (epoch, batch) = (self.percent(&self.epoch), self.batch);
        let layers = by_layer.join(" ");
        let shown = format!("epoch {epoch:.1} % - batch {batch:.1} % - by layer {layers}");
        SerializedEntry::new(shown, value.serialize())
    }
}

impl Metric for UnitMetric {
    type Input = UnitInput;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn description(&self) -> Option<String> {
        let what = match self.told {
            Told::Dead => "never above zero",
            Told::Dormant => "above zero on less than 0.1 % of samples and positions",
        };
        Some(format!(
            "Units of rectifiers that are {what}, counted on sign bits"
        ))
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes {
            unit: Some("%".to_owned()),
            higher_is_better: false,
        }
        .into()
    }

    fn update(
        &mut self,
        item: &UnitInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        self.batch = self.percent(&item.counts);
        if self.epoch.is_empty() {
            self.epoch.clone_from(&item.counts);
        } else {
            for (layer, counts) in self.epoch.iter_mut().zip(&item.counts) {
                layer.add(counts);
            }
        }
        Ok(self.entry(NumericEntry::Value(self.percent(&self.epoch))))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.entry(self.final_value()))
    }

    fn clear(&mut self) {
        self.epoch.clear();
        self.batch = f64::NAN;
    }
}

impl Numeric for UnitMetric {
    fn value(&self) -> Option<NumericEntry> {
        (!self.batch.is_nan()).then_some(NumericEntry::Value(self.batch))
    }

    fn running_value(&self) -> Option<NumericEntry> {
        let percent = self.percent(&self.epoch);
        (!percent.is_nan()).then_some(NumericEntry::Value(percent))
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.percent(&self.epoch))
    }
}
