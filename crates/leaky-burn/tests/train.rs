//! The metric of Burn's training dashboard.

use burn::data::dataloader::Progress;
use burn::tensor::{Device, Tensor};
use burn::train::metric::{Metric, MetricMetadata, Numeric};
use leaky_burn::train::{UnitInput, UnitMetric};
use leaky_burn::{UnitCounts, count_units};

fn metadata() -> MetricMetadata {
    MetricMetadata {
        progress: Progress {
            items_processed: 1,
            items_total: 1,
            unit: None,
        },
        iteration: Some(0),
        lr: None,
    }
}

/// Two layers of two units: rows of the first, and the same negated.
fn counted(rows: &[[f32; 2]]) -> Vec<UnitCounts> {
    let x = Tensor::<1>::from_floats(rows.concat().as_slice(), &Device::flex())
        .reshape([rows.len(), 2]);
    let (_, counts) = count_units(|| {
        leaky_burn::relu(x.clone());
        leaky_burn::leaky_relu(x.neg(), 0.1)
    });
    counts
}

#[test]
fn a_unit_that_speaks_in_one_batch_of_an_epoch_is_not_dead_in_that_epoch() {
    let mut metric = UnitMetric::dead();
    let silent = UnitInput::new(counted(&[[1.0, -1.0], [2.0, -3.0]]));
    let speaks = UnitInput::new(counted(&[[-1.0, 1.0]]));
    assert!(metric.value().is_none());

    // In each layer one of two units is silent.
    let entry = metric
        .update(&silent, &metadata())
        .expect("nothing is fetched");
    assert_eq!(
        entry.formatted,
        "epoch 50.0 % - batch 50.0 % - by layer 1/2 1/2"
    );
    assert_eq!(metric.running_value().expect("counted").current(), 50.0);

    let entry = metric
        .update(&speaks, &metadata())
        .expect("nothing is fetched");
    assert_eq!(
        entry.formatted,
        "epoch 0.0 % - batch 50.0 % - by layer 0/2 0/2"
    );
    assert_eq!(
        metric.compute().expect("nothing is fetched").serialized,
        "0,final"
    );

    metric.clear();
    assert!(metric.running_value().is_none());
}

#[test]
fn a_metric_of_one_layer_tells_that_one_alone_and_its_name_says_so() {
    let counts = counted(&[[1.0, 1.0], [1.0, 1.0]]);
    for (layer, percent) in [(0, 0.0), (1, 100.0)] {
        let mut metric = UnitMetric::dead().of_layer(layer, "stem");
        assert_eq!(*metric.name(), "Dead units, stem");
        metric
            .update(&UnitInput::new(counts.clone()), &metadata())
            .expect("nothing is fetched");
        assert_eq!(metric.final_value().current(), percent);
    }
}

#[test]
fn dormant_units_are_told_apart_from_dead_ones() {
    let mut rows = vec![[-1.0, -1.0]; 2000];
    rows[7] = [-1.0, 1.0];
    let counts = UnitInput::new(counted(&rows));
    for (mut metric, percent) in [(UnitMetric::dead(), 50.0), (UnitMetric::dormant(), 50.0)] {
        metric = metric.of_layer(0, "stem");
        metric
            .update(&counts, &metadata())
            .expect("nothing is fetched");
        assert_eq!(metric.final_value().current(), percent);
    }
}
