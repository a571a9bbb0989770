use serde_json::Value;

use super::running::{fixture, succeeds};

const DRAWS: usize = 4000;

/// The figures of `diagnose --at-init` for a perceptron of one number in and one out.
fn figures(width: usize, hidden: usize, data: &str) -> Value {
    let folder = fixture("born-dead");
    let printed = succeeds([
        "diagnose".as_ref(),
        folder
            .join(format!("width-{width}-hidden-{hidden}.onnx"))
            .as_os_str(),
        "--data".as_ref(),
        folder.join(data).as_os_str(),
        "--at-init".as_ref(),
        "--draws".as_ref(),
        DRAWS.to_string().as_ref(),
        "--json".as_ref(),
        "-".as_ref(),
    ]);
    serde_json::from_str(&printed).expect("JSON")
}

fn network(figures: &Value, kind: &str) -> f64 {
    figures[kind]["network"]["probability"].as_f64().unwrap()
}

/// Four standard errors of a probability told from the draws, and a little for those near zero.
fn sampling_error(probability: f64) -> f64 {
    let draws = DRAWS as f64;
    4.0 * (probability * (1.0 - probability) / draws).sqrt() + 4.0 / draws
}

/// The bounds of Lu, Shin, Su and Karniadakis (2020), "Dying ReLU and Initialization: Theory and
/// Numerical Examples", on the probability that a network of one input, without biases at first, is
/// born dead on data of both signs. Their L counts the output layer too.
fn bounds(width: usize, hidden: usize) -> (f64, f64) {
    let (n, half) = (width as f64, |power: i32| 0.5_f64.powi(power));
    let (width, hidden) = (width as i32, hidden as i32);
    let a1 = 1.0 - half(width);
    let a2 = 1.0 - half(width - 1) - (n - 1.0) * half(2 * width);
    let factor = (1.0 - half(width - 1)) * (1.0 - half(width)) / (1.0 + (n - 1.0) * half(width));
    let lower = 1.0 - a1.powi(hidden - 1) + factor * (a2.powi(hidden - 1) - a1.powi(hidden - 1));
    (lower, 1.0 - a1.powi(hidden))
}

const NETWORKS: [(usize, usize); 5] = [(2, 1), (2, 2), (2, 4), (3, 9), (4, 9)];

#[test]
fn on_one_point_each_layer_dies_when_all_its_weights_point_away() {
    for (width, hidden) in NETWORKS {
        let found = figures(width, hidden, "one-point.npy");
        let (_, expected) = bounds(width, hidden);
        let probability = network(&found, "own");
        let error = (probability - expected).abs();
        assert!(
            error <= sampling_error(expected),
            "width {width}, {hidden} layers: {probability}, expected {expected}"
        );
        // In the first layer each unit is alive on the point or not, as a coin falls.
        let unit = found["own"]["layers"][0]["unit"].as_f64().unwrap();
        assert!((unit - 0.5).abs() < sampling_error(0.5), "{unit}");
    }
}

#[test]
fn on_both_sides_of_zero_the_probability_lies_within_the_bounds_of_the_theory() {
    for (width, hidden) in NETWORKS {
        let found = figures(width, hidden, "both-sides.npy");
        let (lower, upper) = bounds(width, hidden);
        let probability = network(&found, "own");
        let within = lower - sampling_error(lower)..=upper + sampling_error(upper);
        assert!(
            within.contains(&probability),
            "width {width}, {hidden} layers: {probability} is not within {within:?}"
        );
        // With one or two hidden layers the lower bound is the probability itself.
        if hidden <= 2 {
            assert!(
                (probability - lower).abs() <= sampling_error(lower),
                "{probability}, {lower}"
            );
        }
    }
}

#[test]
fn a_network_of_leaky_relu_is_never_born_dead() {
    let found = figures(3, 9, "both-sides.npy");
    assert!(network(&found, "own") > 0.5);
    assert_eq!(network(&found, "leaky_relu"), 0.0);
    let interval = &found["leaky_relu"]["network"]["interval"];
    assert_eq!(interval[0], 0.0);
    assert!(interval[1].as_f64().unwrap() < 0.002);
}
