//! Dead and dormant units on Burn's dashboard, while a perceptron learns to tell two spirals apart at a
//! learning rate that is too high for it.
//!
//! ```text
//! cargo run --release -p leaky-burn --features train,burn/tui --example dashboard
//! ```

use std::f32::consts::TAU;

use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, lr_scheduler::constant::ConstantLr};
use burn::tensor::{Device, ExecutionError, Int, Tensor, TensorData};
use burn::train::metric::{AccuracyInput, LossInput};
use burn::train::metric::{AccuracyMetric, Adaptor, ItemLazy, LossMetric};
use burn::train::{
    ClassificationOutput, InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep,
};
use leaky_burn::train::{UnitInput, UnitMetric};
use leaky_burn::{Relu, UnitCounts, count_units};

const LEARNING_RATE: f64 = 0.05;

/// A point, and which spiral it lies on.
type Sample = ([f32; 2], i64);

#[derive(Module, Debug)]
struct Perceptron {
    first: Linear,
    second: Linear,
    output: Linear,
    activation: Relu,
}

/// Points, `[batch, 2]`, and their spirals.
#[derive(Clone, Debug)]
struct Batch {
    points: Tensor<2>,
    spirals: Tensor<1, Int>,
}

struct Batches;

impl Batcher<Sample, Batch> for Batches {
    fn batch(&self, samples: Vec<Sample>, device: &Device) -> Batch {
        let count = samples.len();
        let (points, spirals): (Vec<[f32; 2]>, Vec<i64>) = samples.into_iter().unzip();
        Batch {
            points: Tensor::from_data(TensorData::new(points.concat(), [count, 2]), device),
            spirals: Tensor::from_data(TensorData::new(spirals, [count]), device),
        }
    }
}

impl Perceptron {
    fn new(device: &Device) -> Self {
        Perceptron {
            first: LinearConfig::new(2, 64).init(device),
            second: LinearConfig::new(64, 64).init(device),
            output: LinearConfig::new(64, 2).init(device),
            activation: Relu::new(),
        }
    }

    fn forward(&self, batch: Batch) -> ClassificationOutput {
        let x = self.activation.forward(self.first.forward(batch.points));
        let x = self.activation.forward(self.second.forward(x));
        let logits = self.output.forward(x);
        let loss = CrossEntropyLossConfig::new().init(&logits.device());
        let loss = loss.forward(logits.clone(), batch.spirals.clone());
        ClassificationOutput::new(loss, logits, batch.spirals)
    }
}

/// What a step gives: with it, how often each unit was above zero.
struct StepOutput {
    output: ClassificationOutput,
    counts: Vec<UnitCounts>,
}

impl ItemLazy for StepOutput {
    fn sync(self) -> Result<Self, ExecutionError> {
        let output = self.output.sync()?;
        Ok(StepOutput { output, ..self })
    }
}

impl Adaptor<UnitInput> for StepOutput {
    fn adapt(&self) -> UnitInput {
        UnitInput::new(self.counts.clone())
    }
}

impl Adaptor<LossInput> for StepOutput {
    fn adapt(&self) -> LossInput {
        self.output.adapt()
    }
}

impl Adaptor<AccuracyInput> for StepOutput {
    fn adapt(&self) -> AccuracyInput {
        self.output.adapt()
    }
}

impl TrainStep for Perceptron {
    type Input = Batch;
    type Output = StepOutput;

    fn step(&self, batch: Batch) -> TrainOutput<StepOutput> {
        let (output, counts) = count_units(|| self.forward(batch));
        TrainOutput::new(self, output.loss.backward(), StepOutput { output, counts })
    }
}

impl InferenceStep for Perceptron {
    type Input = Batch;
    type Output = StepOutput;

    fn step(&self, batch: Batch) -> StepOutput {
        let (output, counts) = count_units(|| self.forward(batch));
        StepOutput { output, counts }
    }
}

/// Points along two spirals, one turned by half a circle against the other.
fn spirals(count: usize) -> InMemDataset<Sample> {
    let point = |place: usize| {
        let (way, spiral) = ((place / 2) as f32 / (count / 2) as f32, place % 2);
        let angle = (1.5 * way + 0.5 * spiral as f32) * TAU;
        ([way * angle.cos(), way * angle.sin()], spiral as i64)
    };
    InMemDataset::new((0..count).map(point).collect())
}

fn main() {
    let device = Device::flex().autodiff();
    device.seed(0);
    let loader = |samples, seed| {
        let loader = DataLoaderBuilder::new(Batches).batch_size(50);
        loader.shuffle(seed).build(samples)
    };
    let optimizer = AdamConfig::new().init();
    let learner = Learner::new(
        Perceptron::new(&device),
        optimizer,
        ConstantLr::new(LEARNING_RATE),
    );
    let folder = std::env::temp_dir().join("leaky-burn-dashboard");
    SupervisedTraining::new(folder, loader(spirals(1000), 0), loader(spirals(500), 1))
        .num_epochs(20)
        .metric_train_numeric(LossMetric::new())
        .metric_train_numeric(UnitMetric::dead())
        .metric_train_numeric(UnitMetric::dormant())
        .metric_train_numeric(UnitMetric::dead().of_layer(0, "first"))
        .metric_train_numeric(UnitMetric::dead().of_layer(1, "second"))
        .metric_valid_numeric(AccuracyMetric::new())
        .metric_valid_numeric(UnitMetric::dead())
        .summary()
        .launch(learner);
}
