//! Units that die in training, revived while it goes on.
//!
//! What is revived once can die again where the rate stays what killed it. So the units are looked at
//! every so many steps, and those that are dead get fresh weights as in a [revival](crate::revive); the
//! optimiser forgets what it knew of these (Sokar et al. 2023, "The Dormant Neuron Phenomenon in Deep
//! Reinforcement Learning"; Dohare et al. 2024, "Loss of plasticity in deep continual learning").

use leaky_onnx::Network;

use super::options::{Recycle, TrainOptions};
use super::snapshot::Snapshot;
use super::step::Steps;
use crate::data::samples::Samples;
use crate::data::split::spread;
use crate::diagnose::error::DiagnoseError;
use crate::diagnose::pass::diagnose_samples;
use crate::revive::{self, revive_leaking};
use crate::run::RunError;
use crate::stop::Stop;

/// How many of the training samples at most the units are looked at with.
const LOOKED_AT: usize = 1024;

/// Revives the units that are dead on training samples, spread evenly, if it is time to; gives how many
/// live again. A unit behind a leak is dead as well where it is never above zero.
///
/// # Errors
///
/// If the network cannot run on the samples.
pub(super) fn recycle(
    network: &mut Network,
    training: Samples,
    options: &TrainOptions,
    steps: &mut Steps,
) -> Result<usize, RunError> {
    let Some(Recycle { every, bound }) = options.recycle else {
        return Ok(0);
    };
    if !steps.taken().is_multiple_of(every as u64) {
        return Ok(0);
    }
    let (data, batch_size) = (training.data, options.batch_size);
    let samples = spread(training.chosen, LOOKED_AT);
    let looked = diagnose_samples(network, "", data, &samples, batch_size, &Stop::new(), || ());
    let verdict = match looked {
        Ok(verdict) => verdict,
        // Without a rectifier nothing dies; and where numbers have left their range, the loss of the
        // next step says so.
        Err(DiagnoseError::NoRectifier { .. } | DiagnoseError::Run(RunError::Network(_))) => {
            return Ok(0);
        }
        Err(DiagnoseError::Run(error)) => return Err(error),
    };
    if verdict.dead == 0 {
        return Ok(0);
    }
    let slopes = network.rectifiers()?;
    let mut slopes = slopes.iter().filter(|rectifier| rectifier.hidden);
    let before = Snapshot::of(network)?;
    let revival = revive_leaking(
        network,
        &verdict,
        &revive::Request {
            data,
            samples: &samples,
            batch_size,
            bound,
            alpha: slopes.find_map(|rectifier| rectifier.alpha).unwrap_or(0.0),
            seed: options.seed.wrapping_add(steps.taken()),
        },
    )?;
    for (parameter, places) in before.changed(network)? {
        steps.forget(network, parameter, &places)?;
    }
    Ok(revival.revived)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use burn::tensor::TensorData;
    use leaky_onnx::Model;

    use super::*;
    use crate::candidate::hidden_relus;
    use crate::data::{Arrays, Target};
    use crate::difference::Difference;
    use crate::objective::{Objective, ObjectiveOptions};
    use crate::run::device;
    use crate::task::Task;
    use crate::testing::{EXAMPLE, EXAMPLE_DATA};
    use crate::train::step::step;

    /// What a network is to learn of a task, the answers, and all samples.
    fn learned(task: &Task, network: &Network) -> (Objective, Target, Vec<usize>) {
        let options = ObjectiveOptions::default();
        let (objective, target) = Objective::new(network, &task.data, options).unwrap();
        (objective, target, (0..task.data.samples()).collect())
    }

    /// Training that recycles every so many steps, and is plain otherwise.
    fn recycling(every: usize) -> TrainOptions {
        TrainOptions {
            recycle: Some(Recycle::every(every)),
            ..TrainOptions::default()
        }
    }

    #[test]
    fn what_leaked_of_a_recycled_unit_on_the_average_stays() {
        let arrays = Arrays::from_bytes("digits-train.npz", EXAMPLE_DATA).unwrap();
        let mut model = Model::from_bytes(EXAMPLE).unwrap();
        let network = Network::new(&model, &device()).unwrap();
        let rectifiers = network.rectifiers().unwrap();
        model
            .leak(&network, &hidden_relus(&rectifiers), 0.3)
            .unwrap();
        let task = Task::new("digits.onnx", model, &arrays).unwrap();
        let [mut network, mut before] = [(); 2].map(|()| task.network().unwrap());
        let (_, target, all) = learned(&task, &network);
        let training = Samples {
            data: &task.data,
            target: &target,
            chosen: &all,
        };
        for network in [&mut network, &mut before] {
            crate::train::initialize(network, |_| 1.4, 1).unwrap();
            let parameters = network.parameters().iter();
            let bias = parameters.clone().position(|p| p.shape == [128]).unwrap();
            let mut numbers: Vec<f32> = network.parameter_data(bias).unwrap().iter().collect();
            numbers[..3].fill(-100.0);
            network.set_parameter(bias, TensorData::new(numbers, [128]));
        }
        let options = recycling(1);
        let mut steps = Steps::new(&options, &network, 9).unwrap();
        let revived = recycle(&mut network, training, &options, &mut steps).unwrap();
        assert!(revived >= 3, "{revived}");
        let found = Difference::between([&before, &network], &task.data, &all, 64, &Stop::new());
        let found = found.unwrap();
        // Thirty times a weight leaked of each of the three; little of it varies.
        assert!(found.relative < 0.2, "{found:?}");
        assert!(found.magnitude > 5.0, "{found:?}");
    }

    #[test]
    fn units_behind_a_learned_slope_are_recycled_too() {
        let folder = env!("CARGO_MANIFEST_DIR").to_owned() + "/../../fixtures/networks/two-inputs";
        let file = |name: &str| Path::new(&folder).join(name);
        let arrays = Arrays::open(&file("data.safetensors"), None).unwrap();
        let model = Model::read(file("model.onnx")).unwrap();
        let task = Task::new("two-inputs.onnx", model, &arrays).unwrap();
        let mut network = task.network().unwrap();
        let (_, target, all) = learned(&task, &network);
        let training = Samples {
            data: &task.data,
            target: &target,
            chosen: &all,
        };
        let look = |network: &Network| {
            let found = diagnose_samples(network, "", &task.data, &all, 64, &Stop::new(), || ());
            found.unwrap().layers.remove(1)
        };
        let before = look(&network);
        assert_eq!((before.op.as_str(), before.dead.len()), ("PRelu", 5));
        let options = recycling(1);
        let mut steps = Steps::new(&options, &network, 9).unwrap();
        recycle(&mut network, training, &options, &mut steps).unwrap();
        assert!(look(&network).dead.is_empty());
    }

    /// The digits with the first layer's first units pushed far below zero, after two steps of Adam, and
    /// recycled.
    #[test]
    fn the_optimiser_forgets_exactly_what_recycling_changed() {
        let arrays = Arrays::from_bytes("digits-train.npz", EXAMPLE_DATA).unwrap();
        let model = Model::from_bytes(EXAMPLE).unwrap();
        let task = Task::new("digits.onnx", model, &arrays).unwrap();
        let mut network = task.network().unwrap();
        let (objective, target, all) = learned(&task, &network);
        let training = Samples {
            data: &task.data,
            target: &target,
            chosen: &all,
        };
        let options = recycling(2);
        // Fresh weights, so that nearly all units live, and all weights have a gradient.
        crate::train::initialize(&mut network, |_| 1.4, 1).unwrap();
        let mut steps = Steps::new(&options, &network, 9).unwrap();
        for chosen in all.chunks(64).take(2) {
            step(
                &mut network,
                &objective,
                training,
                chosen,
                &options,
                &mut steps,
            )
            .unwrap();
        }
        let bias = network
            .parameters()
            .iter()
            .position(|p| p.shape == [128])
            .unwrap();
        let mut numbers: Vec<f32> = network.parameter_data(bias).unwrap().iter().collect();
        numbers[..3].fill(-1e3);
        network.set_parameter(bias, TensorData::new(numbers, [128]));
        let moments = |steps: &Steps, network: &Network| -> Vec<Vec<Vec<f64>>> {
            let indices = 0..network.parameters().len();
            let states = indices.map(|index| steps.recall(index).unwrap_or_default());
            let numbers = |moment: &TensorData| moment.iter::<f64>().collect();
            states
                .map(|state| state.moments.iter().map(numbers).collect())
                .collect()
        };
        let (before, given) = (moments(&steps, &network), Snapshot::of(&network).unwrap());
        let revived = recycle(&mut network, training, &options, &mut steps).unwrap();
        assert!(revived >= 3, "{revived}");
        let after = moments(&steps, &network);
        let mut changed = vec![Vec::new(); network.parameters().len()];
        for (index, places) in given.changed(&network).unwrap() {
            changed[index] = places;
        }
        assert!(changed.iter().filter(|places| !places.is_empty()).count() >= 3);
        let mut kept = 0;
        for ((before, after), changed) in before.iter().zip(&after).zip(&changed) {
            assert_eq!(before.len(), 2, "two moments");
            for (before, after) in before.iter().zip(after) {
                for (place, (before, after)) in before.iter().zip(after).enumerate() {
                    match changed.contains(&place) {
                        true => assert_eq!(*after, 0.0),
                        false => assert_eq!(before, after),
                    }
                    kept += usize::from(*after != 0.0);
                }
            }
        }
        assert!(kept > 1000, "most moments stay: {kept}");

        // What lives is left alone, and nothing is done between two looks.
        let given = Snapshot::of(&network).unwrap();
        assert_eq!(
            recycle(&mut network, training, &options, &mut steps).unwrap(),
            0
        );
        assert!(given.changed(&network).unwrap().is_empty());
    }
}
