//! The small network against what it must be: its gradient the derivative, its file the same network,
//! its revival silent.

use burn::tensor::TensorData;
use leaky_onnx::{Model, Network as Engine};

use super::file::onnx;
use super::rectifier::Kind;
use super::revival::bring_back;
use super::session::Session;
use super::settings::{Initialization, Optimizer, Settings, Shape};
use super::snapshot::{Snapshot, shown};

const KINDS: [Kind; 4] = [Kind::Relu, Kind::LeakyRelu, Kind::Prelu, Kind::Elu];
const SHAPES: [Shape; 5] = [
    Shape::Spiral,
    Shape::Circles,
    Shape::Xor,
    Shape::Wave,
    Shape::Digits,
];

fn session(settings: Settings) -> Session {
    Session::new(settings).unwrap_or_else(|error| panic!("{error}"))
}

/// A network that too large a rate killed, as in the page's story.
fn killed() -> Session {
    let mut killed = session(Settings {
        shape: Shape::Spiral,
        samples: 400,
        widths: vec![16, 16],
        lr: 1.0,
        seed: 3,
        ..Settings::default()
    });
    killed.train(300);
    killed
}

#[test]
fn the_gradient_is_the_derivative_of_the_loss() {
    for kind in KINDS {
        for shape in [Shape::Spiral, Shape::Wave, Shape::Digits] {
            let mut session = session(Settings {
                rectifier: kind,
                alpha: 0.2,
                shape,
                widths: vec![5, 4],
                ..Settings::default()
            });
            // At biases of zero, points at which all units before are silent lie on a kink.
            for layer in &mut session.network.layers {
                let biases = layer.parameters.arrays_mut()[1].iter_mut();
                biases
                    .zip(1..)
                    .for_each(|(bias, unit)| *bias = 0.03 * unit as f32);
            }
            // Plain descent by a step of length 1 leaves the gradient as the difference.
            let before = session.network.clone();
            session.jolt(1.0);
            let gradients = session.gradients.clone();
            session.network = before;
            for (layer, gradient) in gradients.iter().enumerate() {
                for array in 0..3 {
                    for (place, &gradient) in gradient.arrays()[array].iter().enumerate() {
                        let mut loss = |change: f32| {
                            let parameters = &mut session.network.layers[layer].parameters;
                            let kept = parameters.arrays()[array][place];
                            parameters.arrays_mut()[array][place] = kept + change;
                            let loss = session.quality(&session.training).loss;
                            let parameters = &mut session.network.layers[layer].parameters;
                            parameters.arrays_mut()[array][place] = kept;
                            loss
                        };
                        // Little, so that few samples pass a kink on the way.
                        let slope = (loss(2e-4) - loss(-2e-4)) / 4e-4;
                        let gradient = f64::from(gradient);
                        assert!(
                            (slope - gradient).abs() < 2e-3 + 0.03 * gradient.abs(),
                            "{kind:?} {shape:?}, layer {layer}, array {array}, {place}: {gradient} and {slope}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn training_lowers_the_loss_whatever_is_learned_and_with_every_rectifier() {
    for shape in SHAPES {
        for kind in KINDS {
            let mut session = session(Settings {
                shape,
                rectifier: kind,
                alpha: 0.1,
                ..Settings::default()
            });
            let before = session.quality(&session.training).loss;
            session.train(400);
            let after = session.quality(&session.training).loss;
            assert!(
                after < 0.9 * before,
                "{shape:?} {kind:?}: {before} to {after}"
            );
        }
    }
}

#[test]
fn the_same_settings_and_steps_give_the_same_numbers_in_whatever_parts() {
    for optimizer in [Optimizer::Sgd, Optimizer::Momentum, Optimizer::Adam] {
        let settings = Settings {
            optimizer,
            ..Settings::default()
        };
        let (mut whole, mut parts) = (session(settings.clone()), session(settings));
        whole.train(123);
        for steps in [1, 100, 22] {
            parts.train(steps);
        }
        let output = |session: &Session| session.network.output(&session.testing.x);
        assert_eq!(output(&whole), output(&parts));
    }
}

#[test]
fn the_file_is_the_same_network_to_the_engine() {
    for (kind, shape) in
        KINDS
            .into_iter()
            .zip([Shape::Digits, Shape::Circles, Shape::Wave, Shape::Digits])
    {
        let mut session = session(Settings {
            rectifier: kind,
            alpha: 0.3,
            shape,
            ..Settings::default()
        });
        session.train(50);
        let file = onnx(&session.network, None).expect("a file");
        let model = Model::from_bytes(&file).expect("ONNX");
        let engine = Engine::new(&model, &Default::default()).expect("a network");
        let samples = [session.testing.len(), session.testing.features];
        let x = TensorData::new(session.testing.x.clone(), samples);
        let outputs = engine.run(vec![x]).expect("outputs");
        let own = session.network.output(&session.testing.x);
        assert_eq!(outputs[0].num_elements(), own.len());
        for (engine, own) in outputs[0].iter::<f32>().zip(own) {
            assert!(
                (engine - own).abs() < 1e-5 * (1.0 + own.abs()),
                "{kind:?}: {engine} and {own}"
            );
        }
    }
}

#[test]
fn the_file_of_a_network_that_tells_classes_ends_in_their_probabilities() {
    for (shape, sum) in [(Shape::Circles, None), (Shape::Digits, Some(1.0))] {
        let session = session(Settings {
            shape,
            ..Settings::default()
        });
        let file = onnx(&session.network, session.answer().probabilities()).expect("a file");
        let model = Model::from_bytes(&file).expect("ONNX");
        let engine = Engine::new(&model, &Default::default()).expect("a network");
        let sample = session.testing.x[..session.testing.features].to_vec();
        let x = TensorData::new(sample, [1, session.testing.features]);
        let outputs = engine.run(vec![x]).expect("outputs");
        let parts: Vec<f32> = outputs[0].iter().collect();
        assert!(parts.iter().all(|part| (0.0..=1.0).contains(part)));
        if let Some(sum) = sum {
            assert!((parts.iter().sum::<f32>() - sum).abs() < 1e-5);
        }
    }
}

/// A network that reads digits.
fn reader(lr: f32) -> Session {
    let mut reader = session(Settings {
        shape: Shape::Digits,
        samples: 1000,
        widths: vec![16, 16],
        lr,
        ..Settings::default()
    });
    reader.train(400);
    reader
}

#[test]
fn a_network_reads_most_digits_that_it_never_saw_and_what_is_drawn_counts_them() {
    let session = reader(0.01);
    let quality = session.quality(&session.testing);
    assert!(quality.score > 0.85, "{quality:?}");
    let figures = Snapshot::of(&session).expect("figures").figures;
    let figures: serde_json::Value = serde_json::from_str(&figures).expect("JSON");
    let confusion: Vec<u64> = figures["digits"]["confusion"]
        .as_array()
        .expect("counts")
        .iter()
        .map(|count| count.as_u64().expect("a count"))
        .collect();
    assert_eq!(confusion.iter().sum::<u64>(), 450);
    let right: u64 = confusion.iter().step_by(11).sum();
    assert!((right as f64 / 450.0 - quality.score).abs() < 1e-9);
    let drawn = shown(&session);
    let named = figures["digits"]["named"].as_array().expect("digits");
    assert_eq!((named.len(), drawn.len()), (36, 36));
    let told = named.iter().zip(&drawn.y);
    let told = told.filter(|(named, digit)| named.as_u64() == Some(**digit as u64));
    assert!(told.count() > 25);
}

#[test]
fn a_unit_that_reads_digits_likes_a_picture_and_a_dead_one_none() {
    let session = reader(1.0);
    let snapshot = Snapshot::of(&session).expect("a snapshot");
    let figures: serde_json::Value = serde_json::from_str(&snapshot.figures).expect("JSON");
    let mut units = snapshot.maps.chunks_exact(64);
    let mut dead_units = 0;
    for layer in &figures["layers"].as_array().expect("layers")[..2] {
        let dead = layer["dead"].as_array().expect("dead units");
        dead_units += dead.len();
        for unit in 0..16_u64 {
            let map = units.next().expect("a map");
            let flat = map.iter().all(|&shade| shade == 128);
            assert_eq!(flat, dead.contains(&unit.into()), "unit {unit}");
        }
    }
    assert!(units.next().is_none());
    assert!(dead_units > 0, "the rate was meant to kill some");
}

#[test]
fn revival_moves_no_answer_to_a_digit() {
    let mut session = reader(1.0);
    let before = session.network.output(&session.training.x);
    let revived = bring_back(&mut session, 0.01).expect("the engine revives");
    assert!(revived.revived > 0, "{revived:?}");
    assert_eq!(before, session.network.output(&session.training.x));
}

#[test]
fn too_large_a_rate_kills_units_and_revival_brings_all_back_without_moving_an_output() {
    let mut session = killed();
    let before = session.network.output(&session.training.x);
    let revived = bring_back(&mut session, 0.01).expect("the engine revives");
    assert!(revived.dead > 12, "{revived:?}");
    assert_eq!(revived.revived, revived.dead);
    assert_eq!(revived.max_difference, 0.0, "{revived:?}");
    let figures = Snapshot::of(&session).expect("figures").figures;
    assert!(figures.contains(r#""dead":0,"#), "{figures}");
    let after = session.network.output(&session.training.x);
    assert_eq!(before, after);
}

#[test]
fn units_that_are_not_silent_are_left_and_the_engine_says_why() {
    let mut session = killed();
    session
        .rectify(None, Kind::LeakyRelu, 0.01)
        .expect("a slope");
    let revived = bring_back(&mut session, 0.01).expect("the engine answers");
    assert_eq!(revived.revived, 0);
    assert!(!revived.reasons.is_empty());
}

#[test]
fn what_is_drawn_counts_the_dead_as_the_engine_does() {
    let mut session = killed();
    let figures = Snapshot::of(&session).expect("figures").figures;
    let revived = bring_back(&mut session, 0.01).expect("the engine revives");
    let counted = format!(r#""dead":{},"layers""#, revived.dead);
    assert!(figures.contains(&counted), "{counted} in {figures}");
}

#[test]
fn every_unit_has_a_map_and_every_hidden_layer_a_histogram_of_all_points() {
    let session = killed();
    let snapshot = Snapshot::of(&session).expect("a snapshot");
    assert_eq!(snapshot.maps.len(), 32 * snapshot.surface.len());
    let counted: u32 = snapshot.histograms.iter().sum();
    assert_eq!(counted as usize, 32 * session.training.len());
}

#[test]
fn settings_that_make_no_sense_are_refused_with_what_they_should_be() {
    let refused = |settings| Session::new(settings).err().expect("refused");
    for (settings, words) in [
        (
            Settings {
                widths: vec![0],
                ..Settings::default()
            },
            "1 to 32, but is 0",
        ),
        (
            Settings {
                lr: f32::NAN,
                ..Settings::default()
            },
            "above zero, but is NaN",
        ),
        (
            Settings {
                shape: Shape::Own,
                ..Settings::default()
            },
            "no point to train on",
        ),
        (
            Settings {
                samples: 1_000_000,
                ..Settings::default()
            },
            "1 to 2000, but is 1000000",
        ),
    ] {
        let error = refused(settings);
        assert!(error.contains(words), "{error}");
    }
    let wide = Settings {
        initialization: Initialization::Wide,
        ..Settings::default()
    };
    assert!(Session::new(wide).is_ok());
}
