//! Losses that a training graph computes itself.

use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, invalid};
use super::picking::pick;
use crate::value::Value;

/// What becomes of the losses of single elements.
#[derive(Clone, Copy)]
enum Reduction {
    None,
    Mean,
    Sum,
}

impl Reduction {
    fn read(request: &Request) -> Result<Self, Refusal> {
        Ok(match request.attributes.string("reduction", "mean")? {
            "none" => Self::None,
            "mean" => Self::Mean,
            "sum" => Self::Sum,
            other => return invalid(format!("attribute 'reduction' is '{other}'")),
        })
    }
}

/// Minus the weighted log-probability of each element's class.
fn of_classes(
    logs: Floats,
    (classes, sizes): (Vec<i64>, Vec<usize>),
    weights: Option<Floats>,
    ignored: Option<i64>,
    reduction: Reduction,
) -> Result<Floats, String> {
    let shape = logs.shape();
    let positions_fit = shape.len() > 1
        && sizes.len() + 1 == shape.len()
        && sizes[0] == shape[0]
        && sizes[1..] == shape[2..];
    if !positions_fit || shape.contains(&0) {
        return Err(format!(
            "classes of shape {sizes:?} do not fit log-probabilities of shape {shape:?}"
        ));
    }
    let count = shape[1];
    let inner: usize = shape[2..].iter().product();
    let weights = match weights {
        None => vec![1.0; count],
        Some(weights) if weights.shape() == [count] => weights.numbers()?,
        Some(weights) => {
            return Err(format!(
                "weights of shape {:?} for {count} classes",
                weights.shape()
            ));
        }
    };
    let mut positions = Vec::with_capacity(classes.len());
    let mut factors = Vec::with_capacity(classes.len());
    for (element, &class) in classes.iter().enumerate() {
        let skipped = ignored == Some(class);
        let class = if skipped { 0 } else { class };
        let class = usize::try_from(class)
            .ok()
            .filter(|&class| class < count)
            .ok_or_else(|| format!("class {class} of {count}"))?;
        let (sample, place) = (element / inner, element % inner);
        positions.push(((sample * count + class) * inner + place) as i64);
        factors.push(if skipped { 0.0 } else { weights[class] });
    }
    let total: f64 = factors.iter().sum();
    let picked = Floats::try_from(pick(logs.clone().value(), positions, sizes.clone())?)?;
    let factors = logs.like(TensorData::new(factors, sizes.as_slice()));
    let losses = picked.times(-1.0).mul(&factors)?;
    let axes: Vec<usize> = (0..sizes.len()).collect();
    match reduction {
        Reduction::None => Ok(losses),
        Reduction::Sum => losses.sum(&axes)?.reshape(Vec::new()),
        Reduction::Mean => losses.sum(&axes)?.times(1.0 / total).reshape(Vec::new()),
    }
}

fn ignored(request: &Request) -> Result<Option<i64>, Refusal> {
    Ok(if request.attributes.has("ignore_index") {
        Some(request.attributes.int("ignore_index", 0)?)
    } else {
        None
    })
}

pub(super) fn negative_log_likelihood(request: &Request) -> Result<Run, Refusal> {
    let (reduction, ignored) = (Reduction::read(request)?, ignored(request)?);
    Ok(Box::new(move |mut inputs: Inputs| {
        let logs = Floats::from(inputs.float(0)?);
        let classes = inputs.shaped_ints(1)?;
        let weights = inputs.optional_float(2)?.map(Floats::from);
        let loss = of_classes(logs, classes, weights, ignored, reduction)?;
        Ok(vec![loss.value()])
    }))
}

/// Gives the log-probabilities too.
pub(super) fn softmax_cross_entropy(request: &Request) -> Result<Run, Refusal> {
    let (reduction, ignored) = (Reduction::read(request)?, ignored(request)?);
    Ok(Box::new(move |mut inputs: Inputs| {
        let scores = Floats::from(inputs.float(0)?);
        if scores.shape().len() < 2 {
            return Err(format!("scores of shape {:?}", scores.shape()));
        }
        let logs = scores.log_softmax(1);
        let classes = inputs.shaped_ints(1)?;
        let weights = inputs.optional_float(2)?.map(Floats::from);
        let loss = of_classes(logs.clone(), classes, weights, ignored, reduction)?;
        Ok(vec![loss.value(), Value::from(logs)])
    }))
}
