//! How a loss is computed from what a network gives and what it should give.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use leaky_onnx::{Network, Value};

use super::classes::Layout;
use super::error::ObjectiveError;
use super::form::{Form, SMALLEST};
use super::metric::Loss;

/// A loss, and what it is computed from.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub loss: Loss,
    pub form: Form,
    /// The axis of the answer that counts classes, where there are labels.
    pub class_axis: usize,
    /// How much a label of each class counts; none where all count alike.
    pub weights: Option<Vec<f64>>,
    /// The part of each label that is shared out among all classes.
    pub label_smoothing: f64,
}

impl Rule {
    /// How much a label of a class counts.
    pub fn weight(&self, class: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[class])
    }

    /// How labels of this shape lie beside an answer of so many numbers.
    pub fn layout(&self, labels: &[usize], numbers: usize) -> Layout {
        let positions: usize = labels.iter().product();
        Layout::of(labels, self.class_axis, numbers / positions.max(1))
    }

    /// The mean loss of a batch, a tensor of one element.
    pub fn compute(
        &self,
        value: Value,
        target: &TensorData,
        network: &Network,
    ) -> Result<Tensor<1>, ObjectiveError> {
        let rows = target.shape().first().copied().unwrap_or(0);
        let wanted = Value::from_data(target.clone(), network.device());
        match self.loss {
            Loss::CrossEntropy => {
                let Value::Int(labels) = wanted else {
                    return Err(ObjectiveError::LossNeedsLabels);
                };
                let layout = self.layout(&target.shape().to_vec(), value.len());
                let labels = Tensor::<1, Int>::from_dispatch(flat_labels(labels));
                self.cross_entropy(logits(value, layout)?, labels, target, rows)
            }
            Loss::MeanSquaredError => {
                let difference = vector(value)? - vector(wanted)?;
                Ok(mean(difference.clone() * difference, rows))
            }
            Loss::BinaryCrossEntropy => {
                self.binary_cross_entropy(vector(value)?, vector(wanted)?, target, rows)
            }
        }
    }

    /// As PyTorch's `cross_entropy` has it, with its `weight` and `label_smoothing`. A row holds the
    /// logits of a label.
    fn cross_entropy(
        &self,
        value: Tensor<2>,
        labels: Tensor<1, Int>,
        target: &TensorData,
        rows: usize,
    ) -> Result<Tensor<1>, ObjectiveError> {
        let logits = match self.form {
            Form::Logits => value,
            Form::Probabilities => value.clamp_min(SMALLEST).log(),
        };
        let classes = logits.dims()[1];
        let mut found = log_softmax(logits, 1);
        let labels = labels.unsqueeze_dim::<2>(1);
        if self.weights.is_none() && self.label_smoothing == 0.0 {
            let found = found.gather(1, labels);
            return Ok(match rows == found.dims()[0] {
                true => found.mean().neg(),
                false => mean(found.reshape([-1]), rows).neg(),
            });
        }
        if let Some(weights) = &self.weights {
            let weights = TensorData::new(weights.clone(), [1, classes]);
            let like = (&found.device(), found.dtype());
            found = found * Tensor::<2>::from_data(weights, like);
        }
        let all = found.clone().sum_dim(1).div_scalar(classes as f64);
        let own = found.gather(1, labels);
        let smoothing = self.label_smoothing;
        let losses = own.mul_scalar(1.0 - smoothing) + all.mul_scalar(smoothing);
        let sum = total(losses.reshape([-1]), rows).neg();
        Ok(sum.div_scalar(self.weight_of(target)))
    }

    fn binary_cross_entropy(
        &self,
        value: Tensor<1>,
        t: Tensor<1>,
        target: &TensorData,
        rows: usize,
    ) -> Result<Tensor<1>, ObjectiveError> {
        let x = match self.form {
            Form::Logits => value,
            Form::Probabilities => {
                let p = value.clamp(SMALLEST, 1.0 - SMALLEST);
                p.clone().log() - p.neg().add_scalar(1.0).log()
            }
        };
        // max(x, 0) - x t + log(1 + exp(-|x|)), which neither overflows nor loses digits.
        let softplus = x.clone().abs().neg().exp().log1p();
        let losses = x.clone().clamp_min(0.0) - x * t.clone() + softplus;
        let Some(weights) = &self.weights else {
            return Ok(mean(losses, rows));
        };
        let (none, one) = (weights[0], weights[1]);
        let weighted = losses * t.mul_scalar(one - none).add_scalar(none);
        Ok(total(weighted, rows).div_scalar(self.weight_of(target)))
    }

    /// What the labels of a batch count, all together.
    fn weight_of(&self, target: &TensorData) -> f64 {
        let labels = target.iter::<f64>();
        labels.map(|label| self.weight(label as usize)).sum()
    }
}

/// The logits of each label in a row of their own, in the order of the labels.
fn logits(value: Value, layout: Layout) -> Result<Tensor<2>, ObjectiveError> {
    let Layout {
        outer,
        classes,
        inner,
    } = layout;
    if inner == 1 {
        let rows = reshaped(value, vec![outer, classes])?;
        return Ok(Tensor::from_dispatch(rows));
    }
    let blocks = reshaped(value, vec![outer, classes, inner])?;
    let blocks = Tensor::<3>::from_dispatch(blocks).swap_dims(1, 2);
    Ok(blocks.reshape([outer * inner, classes]))
}

fn reshaped(
    value: Value,
    shape: Vec<usize>,
) -> Result<burn::backend::DispatchTensor, ObjectiveError> {
    match value.reshape(shape) {
        Ok(Value::Float(tensor)) => Ok(tensor),
        _ => Err(ObjectiveError::OutputIsNotFloat),
    }
}

fn vector(value: Value) -> Result<Tensor<1>, ObjectiveError> {
    let size = value.len();
    Ok(Tensor::from_dispatch(reshaped(value, vec![size])?))
}

fn flat_labels(labels: burn::backend::DispatchTensor) -> burn::backend::DispatchTensor {
    let labels = Value::Int(labels);
    let size = labels.len();
    match labels.reshape(vec![size]) {
        Ok(Value::Int(labels)) => labels,
        _ => unreachable!("labels of any shape can become a vector"),
    }
}

/// The sum of numbers that stand in so many rows. They are summed row by row, for how Burn divides the
/// sum of very many numbers at once depends on its threads.
fn total(numbers: Tensor<1>, rows: usize) -> Tensor<1> {
    let size = numbers.dims()[0];
    numbers.reshape([rows, size / rows]).sum_dim(1).sum()
}

/// The mean of numbers that stand in so many rows.
fn mean(numbers: Tensor<1>, rows: usize) -> Tensor<1> {
    let size = numbers.dims()[0];
    total(numbers, rows).div_scalar(size as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_very_many_numbers_is_the_same_with_any_number_of_threads() {
        let numbers: Vec<f32> = (0..1 << 24)
            .map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0)
            .map(|part| -(part + 1e-6).ln())
            .collect();
        let exact = numbers.iter().map(|&number| f64::from(number)).sum::<f64>();
        let exact = exact / numbers.len() as f64;
        let found: Vec<f32> = [1, 2, 3, 5, 8]
            .into_iter()
            .map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                pool.build().unwrap().install(|| {
                    let device = crate::run::device().into();
                    let tensor = Tensor::<1>::from_data(numbers.as_slice(), &device);
                    mean(tensor, 1 << 8).into_scalar::<f32>()
                })
            })
            .collect();
        assert!(found.iter().all(|other| other == &found[0]), "{found:?}");
        assert!(
            (f64::from(found[0]) / exact - 1.0).abs() < 1e-5,
            "{found:?}"
        );
    }
}
