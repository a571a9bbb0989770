//! What is to be done so that units do not die again, from why they died.

use super::cause::{Cause, CauseOfDeath, Prescription, Remedy};
use super::sentences::{range, short};
use super::verdict::Layer;

/// Weights and biases so many times as large as the largest usual draws, Kaiming's weights and PyTorch's
/// biases, were moved by training, or drawn larger.
const MOVED: f64 = 1.3;

/// What the deaths in these layers ask for: first what they died of, by how many units died of it, then
/// what protects whatever they died of.
pub(super) fn prescription(layers: &[Layer]) -> Vec<Prescription> {
    let mut found: Vec<Prescription> = [
        inputs(layers),
        statistics(layers),
        learning_rate(layers),
        initialization(layers),
        missing_weights(layers),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.units));
    found.extend([normalization(layers), slope(layers)].into_iter().flatten());
    found
}

fn causes(layers: &[Layer]) -> impl Iterator<Item = &CauseOfDeath> {
    layers.iter().flat_map(|layer| &layer.causes)
}

/// Those that a choice picks, and how many units there are in them.
fn chosen(
    layers: &[Layer],
    choice: impl Fn(&CauseOfDeath) -> bool,
) -> Option<(Vec<&CauseOfDeath>, usize)> {
    let chosen: Vec<&CauseOfDeath> = causes(layers).filter(|found| choice(found)).collect();
    let units = chosen.iter().map(|found| found.units.len()).sum();
    (units > 0).then_some((chosen, units))
}

fn inputs(layers: &[Layer]) -> Option<Prescription> {
    let of_data = |found: &CauseOfDeath| {
        let inputs = found.figures.inputs.as_ref();
        match found.cause {
            Cause::UnscaledInputs => true,
            Cause::NothingArrives => inputs.is_some_and(|inputs| inputs.from_data),
            _ => false,
        }
    };
    let (found, units) = chosen(layers, of_data)?;
    let inputs = found
        .iter()
        .find_map(|found| found.figures.inputs.as_ref())?;
    let sentence = if inputs.constant == inputs.count {
        format!(
            "Look at the data: all {} features are the same on every sample ({}), and {} hear nothing else.",
            inputs.count,
            range(inputs),
            dead(units)
        )
    } else {
        format!(
            "Scale the inputs of the network to mean 0 and deviation 1: they go {}, and {} died \
             of it.",
            range(inputs),
            of(units)
        )
    };
    Some(Prescription {
        remedy: Remedy::Inputs,
        units,
        sentence,
    })
}

fn statistics(layers: &[Layer]) -> Option<Prescription> {
    let (found, units) = chosen(layers, |found| found.cause == Cause::StatisticsDoNotFit)?;
    let off = largest(&found, |found| found.figures.from_inputs.map(f64::abs));
    Some(Prescription {
        remedy: Remedy::Statistics,
        units,
        sentence: format!(
            "Measure the statistics of the batch normalisations again, on data like these: they lie up \
             to {off} off the mean, of which {} died.",
            of(units)
        ),
    })
}

/// Whether weights or biases are what put units below zero, and how large they are beside fresh ones.
fn moved(found: &CauseOfDeath) -> Option<f64> {
    match found.cause {
        Cause::WeightsAgainstInputs => found.figures.weight_size,
        // The shift of a normalisation starts at zero: all of it was moved.
        Cause::ShiftBelowZero => Some(found.figures.shift_size.unwrap_or(f64::INFINITY)),
        _ => None,
    }
}

fn learning_rate(layers: &[Layer]) -> Option<Prescription> {
    let (found, units) = chosen(layers, |found| {
        moved(found).is_some_and(|size| size >= MOVED)
    })?;
    let of_cause = |cause: Cause| -> Vec<&CauseOfDeath> {
        let found = found.iter().copied();
        found.filter(|found| found.cause == cause).collect()
    };
    let mut figures = Vec::new();
    let weights = of_cause(Cause::WeightsAgainstInputs);
    if !weights.is_empty() {
        let size = largest(&weights, |found| found.figures.weight_size);
        figures.push(format!(
            "weights are up to {size} times as large as Kaiming's"
        ));
    }
    let shifts = of_cause(Cause::ShiftBelowZero);
    if !shifts.is_empty() {
        let lowest = largest(&shifts, |found| found.figures.shift.map(f64::abs));
        figures.push(format!("biases or shifts lie up to {lowest} below zero"));
    }
    Some(Prescription {
        remedy: Remedy::LearningRate,
        units,
        sentence: format!(
            "Lower the learning rate, to a tenth say, or clip the gradient: of {} the {}. Unless they were \
             drawn so, training moved them there.",
            dead(units),
            figures.join(", the ")
        ),
    })
}

fn initialization(layers: &[Layer]) -> Option<Prescription> {
    // Inputs that are not scaled upset every layer behind, whatever its weights are.
    if causes(layers).any(|found| found.cause == Cause::UnscaledInputs) {
        return None;
    }
    let (found, units) = chosen(layers, |found| {
        moved(found).is_some_and(|size| size < MOVED)
    })?;
    let size = largest(&found, moved);
    Some(Prescription {
        remedy: Remedy::Initialization,
        units,
        sentence: format!(
            "Begin with other weights (Kaiming's, biases at zero) or wider layers: the weights or biases of \
             {} are at most {size} times as large as fresh ones, so these may have been dead before \
             training.",
            dead(units)
        ),
    })
}

fn missing_weights(layers: &[Layer]) -> Option<Prescription> {
    let (_, units) = chosen(layers, |found| found.cause == Cause::NoWeights)?;
    Some(Prescription {
        remedy: Remedy::Initialization,
        units,
        sentence: format!(
            "Draw weights anew for {}, or take them out of the network: their weights, or the scale behind \
             these, are as good as zero.",
            dead(units)
        ),
    })
}

fn normalization(layers: &[Layer]) -> Option<Prescription> {
    let bare = |layer: &&Layer| {
        let mut causes = layer.causes.iter();
        causes.any(|found| {
            found.cause == Cause::WeightsAgainstInputs && found.figures.weight_size.is_some()
        })
    };
    let bare: Vec<&Layer> = layers.iter().filter(bare).collect();
    if bare.len() < 2 {
        return None;
    }
    let hurt = layers.iter().filter(|layer| !layer.dead.is_empty()).count();
    let against = bare.iter().flat_map(|layer| &layer.causes);
    let against = against.filter(|found| found.cause == Cause::WeightsAgainstInputs);
    let units = against.map(|found| found.units.len()).sum();
    Some(Prescription {
        remedy: Remedy::Normalization,
        units,
        sentence: format!(
            "Normalise before the rectifiers (batch or layer normalisation): in {} of the {hurt} layers \
             with dead units weights point against their inputs and nothing centres what they make.",
            bare.len()
        ),
    })
}

fn slope(layers: &[Layer]) -> Option<Prescription> {
    let units: usize = layers
        .iter()
        .filter(|layer| layer.alpha == Some(0.0))
        .map(|layer| layer.dead.len())
        .sum();
    (units > 0).then(|| Prescription {
        remedy: Remedy::Slope,
        units,
        sentence: format!(
            "Let the hidden ReLUs leak (a slope of 0.01 to 0.3 below zero): {} get no gradient. It keeps \
             units from dying; those that are dead it hardly brings back, so revive them first.",
            dead(units)
        ),
    })
}

/// The largest of some numbers in words.
fn largest(found: &[&CauseOfDeath], of: impl Fn(&CauseOfDeath) -> Option<f64>) -> String {
    let numbers = found.iter().filter_map(|found| of(found));
    short(numbers.fold(0.0, f64::max))
}

/// So many dead units.
fn dead(units: usize) -> String {
    match units {
        1 => "1 dead unit".into(),
        units => format!("{units} dead units"),
    }
}

/// So many units.
fn of(units: usize) -> String {
    match units {
        1 => "1 unit".into(),
        units => format!("{units} units"),
    }
}
