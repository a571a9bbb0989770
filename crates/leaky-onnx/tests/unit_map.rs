//! The unit map names what makes units and what hears them.

use std::path::{Path, PathBuf};

use burn::backend::DispatchDevice;
use burn::tensor::TensorData;
use leaky_onnx::unit_map::{Flow, Group, HeardBy, Share, Side, UnitMap};
use leaky_onnx::{Model, Network, Value};

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(folder)
}

/// Every fixture network.
fn networks() -> Vec<PathBuf> {
    let entries = |folder: &str| {
        let entries = std::fs::read_dir(fixtures(folder)).expect("the folder");
        entries.map(|entry| entry.expect("an entry").path())
    };
    let is_network = |path: &PathBuf| path.extension().is_some_and(|end| end == "onnx");
    let mut found: Vec<PathBuf> = entries("networks")
        .map(|folder| folder.join("model.onnx"))
        .chain(entries("revival").chain(entries("sick")).filter(is_network))
        .collect();
    found.sort();
    found
}

fn open(path: &Path) -> Network {
    let model = Model::read(path).expect("the network");
    Network::new(&model, &DispatchDevice::default()).expect("it runs")
}

/// Two samples of numbers that differ from one another.
fn inputs(network: &Network) -> Vec<TensorData> {
    let input = |input: &leaky_onnx::Input| {
        let sizes: Vec<usize> = input.shape.iter().map(|size| size.unwrap_or(2)).collect();
        let count: usize = sizes.iter().product();
        let numbers: Vec<f32> = (0..count)
            .map(|i| ((i * 37) % 101) as f32 / 50.0 - 1.0)
            .collect();
        TensorData::new(numbers, sizes).convert_dtype(input.dtype)
    };
    network.inputs().iter().map(input).collect()
}

fn map(network: &Network) -> UnitMap {
    let values = inputs(network).into_iter();
    let values = values.map(|data| Value::from_data(data, network.device()));
    let shapes = network.shapes(values.collect()).expect("it runs");
    network.unit_map(&shapes).expect("a map")
}

fn shares(group: &Group) -> Vec<&Share> {
    let mut found = Vec::new();
    for maker in &group.makers {
        found.extend(&maker.weights);
        found.extend(maker.shift.as_ref().map(|shift| &shift.share));
        if let Some(normalization) = &maker.normalization {
            found.push(&normalization.scale);
            let statistics = normalization.statistics.iter();
            found.extend(statistics.flat_map(|known| [&known.mean, &known.variance]));
        }
    }
    for hearer in &group.hearers {
        match &hearer.by {
            HeardBy::Weights(weights) => found.push(weights),
            HeardBy::Normalization(heard) => found.extend([
                &heard.scale,
                &heard.shift,
                &heard.statistics.mean,
                &heard.statistics.variance,
            ]),
        }
    }
    found
}

/// Replaces the numbers of a unit in a share.
fn edit(network: &mut Network, share: &Share, unit: usize, new: impl Fn(f64) -> f64) {
    let index = network
        .parameters()
        .iter()
        .position(|parameter| parameter.name == share.parameter)
        .expect("a parameter of this name");
    let data = network.parameter_data(index).expect("its numbers");
    let mut numbers: Vec<f64> = data.iter::<f64>().collect();
    for slice in share.of(unit) {
        for place in slice.places() {
            numbers[place] = new(numbers[place]);
        }
    }
    let numbers = TensorData::new(numbers, data.shape().to_vec()).convert_dtype(data.dtype());
    network.set_parameter(index, numbers);
}

/// Makes all that hears a unit deaf to it.
fn mute(network: &mut Network, group: &Group, unit: usize) {
    for hearer in &group.hearers {
        match &hearer.by {
            HeardBy::Weights(weights) => edit(network, weights, unit, |_| 0.0),
            HeardBy::Normalization(heard) => edit(network, &heard.scale, unit, |_| 0.0),
        }
    }
}

/// Makes a unit fire everywhere, or not at all, wherever it is made.
fn shift(network: &mut Network, group: &Group, unit: usize, by: f64) {
    for maker in &group.makers {
        match (&maker.shift, &maker.weights) {
            (Some(shift), _) => edit(network, &shift.share, unit, |_| by * shift.factor.signum()),
            (None, Some(weights)) => edit(network, weights, unit, |_| by),
            (None, None) => {}
        }
    }
}

fn outputs(network: &Network) -> Vec<f64> {
    let found = network.run(inputs(network)).expect("it runs");
    found
        .iter()
        .flat_map(|data| data.iter::<f64>().collect::<Vec<_>>())
        .collect()
}

#[test]
fn the_channels_of_a_residual_stream_are_one_group() {
    let map = map(&open(&fixtures("networks/residual/model.onnx")));
    let groups: Vec<&[usize]> = map.groups.iter().map(|group| &group.layers[..]).collect();
    assert_eq!(groups, [&[0, 2][..], &[1], &[3], &[4]]);
    let stream = map.group_of(2);
    assert_eq!(stream.flows, [Flow { from: 0, to: 2 }]);
    let made: Vec<_> = stream
        .makers
        .iter()
        .map(|maker| {
            (
                maker.weights.as_ref().expect("weights").parameter.as_str(),
                &maker.feeds[..],
            )
        })
        .collect();
    assert_eq!(
        made,
        [("stem.weight", &[0][..]), ("block1.conv2.weight", &[2])]
    );
    let heard: Vec<_> = stream
        .hearers
        .iter()
        .map(|hearer| match &hearer.by {
            HeardBy::Weights(weights) => {
                (weights.parameter.as_str(), weights.axis, &hearer.hears[..])
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        heard,
        [
            ("block1.conv1.weight", 1, &[0][..]),
            ("block2.conv1.weight", 1, &[2]),
            ("block2.skip.weight", 1, &[2]),
        ]
    );
    assert_eq!(stream.obstacles, []);
}

#[test]
fn the_numbers_of_two_units_are_apart() {
    for path in networks() {
        let map = map(&open(&path));
        for group in &map.groups {
            for share in shares(group) {
                let elements: usize = share.shape.iter().product();
                let mut owner = vec![None; elements];
                for unit in 0..group.units {
                    for place in share.of(unit).into_iter().flat_map(|slice| slice.places()) {
                        let before = owner[place].replace(unit);
                        assert_eq!(before, None, "{}: {share:?}", path.display());
                    }
                }
            }
        }
    }
}

#[test]
fn behind_muted_hearers_nothing_depends_on_a_unit() {
    let mut seen = 0;
    for path in networks() {
        let given = open(&path);
        for group in &map(&given).groups {
            if group.obstacle(Side::Hearing).is_some() || group.obstacle(Side::Making).is_some() {
                continue;
            }
            for unit in [0, group.units - 1] {
                let mut silent = open(&path);
                mute(&mut silent, group, unit);
                shift(&mut silent, group, unit, -1e3);
                let expected = outputs(&silent);
                shift(&mut silent, group, unit, 1e3);
                assert_eq!(outputs(&silent), expected, "{}: {group:?}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} units were looked at");
}

#[test]
fn a_unit_is_heard_by_what_the_map_names() {
    let mut heard = 0;
    for path in networks() {
        let given = open(&path);
        for group in &map(&given).groups {
            let mut loud = open(&path);
            shift(&mut loud, group, 0, -1e3);
            let silent = outputs(&loud);
            shift(&mut loud, group, 0, 1e3);
            heard += usize::from(outputs(&loud) != silent);
        }
    }
    assert!(heard > 50, "only {heard} units are heard at all");
}

#[test]
fn what_cannot_be_named_has_a_reason() {
    let cases = std::fs::read_to_string(fixtures("revival/cases.json")).expect("the cases");
    let cases: serde_json::Value = serde_json::from_str(&cases).expect("JSON");
    let mut seen = 0;
    for (name, case) in cases.as_object().expect("an entry a network") {
        let structure = case["revived"] == true || case["reason"] == "does not vary";
        let map = map(&open(&fixtures(&format!("revival/{name}.onnx"))));
        let last = map.group_of(map.layers.len() - 1);
        let reasons: Vec<&str> = last.obstacles.iter().map(|o| o.reason.as_str()).collect();
        if structure {
            assert!(reasons.is_empty(), "{name}: {reasons:?}");
        } else {
            let reason = case["reason"].as_str().expect("a reason");
            assert!(
                reasons.iter().any(|r| r.contains(reason)),
                "{name}: {reasons:?}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} reasons");
}

#[test]
fn the_map_as_json_says_where_a_units_numbers_stand() {
    let map = map(&open(&fixtures("networks/mlp/model.onnx")));
    let json = serde_json::to_value(&map).expect("JSON");
    let layer = &json["layers"][0];
    let group = &json["groups"][layer["group"].as_u64().expect("a place") as usize];
    assert_eq!(layer["units"], group["units"]);
    let weights = &group["makers"][0]["weights"];
    assert_eq!(weights["axis"], 0);
    assert_eq!(weights["first"], 0);
    assert_eq!(weights["step"], 1);
    assert_eq!(weights["shape"][0], layer["units"]);
    assert!(group["hearers"][0]["weights"]["parameter"].is_string());
    let numbers: usize = open(&fixtures("networks/mlp/model.onnx"))
        .parameters()
        .iter()
        .map(|parameter| parameter.shape.iter().product::<usize>())
        .sum();
    let length = json.to_string().len();
    assert!(length < numbers, "{length} bytes for {numbers} numbers");
}

#[test]
fn parameters_that_must_stay_make_nothing_and_are_not_muted() {
    for path in networks() {
        let given = map(&open(&path));
        for group in &given.groups {
            for share in shares(group) {
                let name = share.parameter.as_str();
                let fixed = given
                    .clone()
                    .with_fixed(|other| (other == name).then(|| "it is frozen".into()));
                let left = fixed.groups.iter().flat_map(shares);
                assert!(
                    left.into_iter().all(|left| left.parameter != name),
                    "{name}"
                );
                for (before, after) in given.groups.iter().zip(&fixed.groups) {
                    let lost = before.makers.len() + before.hearers.len()
                        - after.makers.len()
                        - after.hearers.len();
                    let told = after.obstacles.iter();
                    let told = told.filter(|obstacle| obstacle.reason == "it is frozen");
                    assert_eq!(lost > 0, told.count() > 0, "{name} in {}", path.display());
                }
            }
        }
        assert_eq!(given.clone().with_fixed(|_| None), given);
    }
}
