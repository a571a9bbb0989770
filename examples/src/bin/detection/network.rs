//! A one-stage detector without anchors: each cell of a grid tells whether the middle of something lies
//! in it, where exactly, how large it is, and what (Redmon et al. 2016, "You Only Look Once"; without
//! anchors as in Tian et al. 2019).

use burn::module::Module;
use burn::tensor::activation::{log_softmax, sigmoid, softmax};
use burn::tensor::{DType, Device, Tensor, TensorData};
use leaky_burn::Rectifier;
use leaky_onnx::ModelBuilder;

use examples::Result;
use examples::layers::Convolution;

use crate::scenes::{CLASSES, Object, SIZE, Scene};

/// How many rows and columns of cells there are.
pub const GRID: usize = 6;
/// How many pixels a cell is wide.
const CELL: f32 = (SIZE / GRID) as f32;
/// What a cell tells: something or nothing, the middle, the logarithms of both sizes, the class.
pub const TOLD: usize = 5 + CLASSES.len();
/// A thing of so many pixels has the logarithm 0.
const USUAL: f32 = 12.0;
const CHANNELS: [usize; 4] = [16, 32, 48, 64];

/// The detector.
#[derive(Module, Debug)]
pub struct Detector {
    look: Vec<Convolution>,
    cells: Convolution,
}

impl Detector {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let [a, b, c, d] = CHANNELS;
        let look =
            |channels, stride| Convolution::new(channels, 3, stride, Some(rectifier), device);
        Detector {
            look: vec![
                look([1, a], 2),
                look([a, b], 1),
                look([b, c], 2),
                look([c, d], 2),
                look([d, d], 1),
            ],
            cells: Convolution::new([d, TOLD], 1, 1, None, device),
        }
    }

    /// `[batch, 1, SIZE, SIZE]` to `[batch, TOLD, GRID, GRID]`.
    pub fn forward(&self, scenes: Tensor<4>) -> Tensor<4> {
        let mut x = scenes;
        for look in &self.look {
            x = look.forward(x);
        }
        self.cells.forward(x)
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("detection");
        let mut x = model.input("scene", DType::F32, &[1, SIZE, SIZE]);
        for (place, look) in self.look.iter().enumerate() {
            x = look.onnx(&mut model, &format!("look{}", place + 1), &x)?;
        }
        let x = self.cells.onnx(&mut model, "cells", &x)?;
        model.output(&x, DType::F32, &[TOLD, GRID, GRID]);
        Ok(model)
    }
}

/// What the cells of scenes should tell, laid out like the network's output; and in the place of its
/// first plane 1 where something is.
pub fn targets(scenes: &[&Scene], device: &Device) -> Tensor<4> {
    let mut cells = vec![0.0; scenes.len() * TOLD * GRID * GRID];
    for (index, scene) in scenes.iter().enumerate() {
        for object in &scene.objects {
            let (column, row) = ((object.x / CELL) as usize, (object.y / CELL) as usize);
            let mut set = |plane: usize, value: f32| {
                cells[((index * TOLD + plane) * GRID + row) * GRID + column] = value;
            };
            set(0, 1.0);
            set(1, object.x / CELL - column as f32);
            set(2, object.y / CELL - row as f32);
            set(3, (object.width / USUAL).ln());
            set(4, (object.height / USUAL).ln());
            for class in 0..CLASSES.len() {
                set(5 + class, if class == object.class { 1.0 } else { 0.0 });
            }
        }
    }
    Tensor::from_data(
        TensorData::new(cells, [scenes.len(), TOLD, GRID, GRID]),
        device,
    )
}

/// Whether each cell knows that something is there, and, of those where something is, how far off its
/// box is and how sure of the class.
pub fn loss(told: Tensor<4>, wanted: Tensor<4>) -> Tensor<1> {
    let plane = |x: &Tensor<4>, from: usize, count: usize| x.clone().narrow(1, from, count);
    let there = plane(&wanted, 0, 1);
    let things = there.clone().sum().clamp_min(1.0);
    let is_there = examples::loss::binary_cross_entropy(plane(&told, 0, 1), there.clone());
    let middle = sigmoid(plane(&told, 1, 2)) - plane(&wanted, 1, 2);
    let size = plane(&told, 3, 2) - plane(&wanted, 3, 2);
    let off = (middle.powi_scalar(2) + size.powi_scalar(2)) * there;
    let class = log_softmax(plane(&told, 5, CLASSES.len()), 1) * plane(&wanted, 5, CLASSES.len());
    is_there * 5.0 + off.sum() / things.clone() * 2.0 - class.sum() / things
}

/// What the network sees in scenes, each with how sure it is, the surest first; of boxes of one class
/// that overlap by more than a third, the surest alone.
pub fn detections(told: Tensor<4>) -> Vec<Vec<(f32, Object)>> {
    let [batch, ..] = told.dims();
    let planes = |from: usize, count: usize| told.clone().narrow(1, from, count);
    let read = |x: Tensor<4>| -> Vec<f32> { x.to_data().iter().collect() };
    let there = read(sigmoid(planes(0, 1)));
    let middles = read(sigmoid(planes(1, 2)));
    let sizes = read(planes(3, 2).clamp(-2.0, 2.0).exp() * USUAL);
    let classes = read(softmax(planes(5, CLASSES.len()), 1));
    let cells = GRID * GRID;
    let of_scene = |scene: usize| {
        let mut found: Vec<(f32, Object)> = Vec::new();
        for cell in 0..cells {
            let value = |numbers: &[f32], planes: usize, plane: usize| {
                numbers[(scene * planes + plane) * cells + cell]
            };
            let class = |class: usize| value(&classes, CLASSES.len(), class);
            let best = (0..CLASSES.len())
                .max_by(|&a, &b| class(a).total_cmp(&class(b)))
                .unwrap_or(0);
            let sure = value(&there, 1, 0) * class(best);
            if sure > 0.05 {
                let object = Object {
                    x: ((cell % GRID) as f32 + value(&middles, 2, 0)) * CELL,
                    y: ((cell / GRID) as f32 + value(&middles, 2, 1)) * CELL,
                    width: value(&sizes, 2, 0),
                    height: value(&sizes, 2, 1),
                    class: best,
                };
                found.push((sure, object));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut kept: Vec<(f32, Object)> = Vec::new();
        for one in found {
            let same = |(_, other): &(f32, Object)| {
                other.class == one.1.class && other.overlap(&one.1) > 1.0 / 3.0
            };
            if !kept.iter().any(same) {
                kept.push(one);
            }
        }
        kept
    };
    (0..batch).map(of_scene).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_tells_what_it_should_finds_each_thing_once() {
        let one = Object {
            x: 10.5,
            y: 30.25,
            width: 12.0,
            height: 9.0,
            class: 2,
        };
        let two = Object {
            x: 40.0,
            y: 5.0,
            width: 15.0,
            height: 16.0,
            class: 0,
        };
        let scene = Scene {
            pixels: Vec::new(),
            objects: vec![one, two],
        };
        let wanted = targets(&[&scene], &Device::flex());
        let logit = |x: Tensor<4>| (x.clone() / (x.neg() + 1.0)).log();
        let planes = |from, count| wanted.clone().narrow(1, from, count);
        let told = vec![
            logit(planes(0, 1).clamp(0.001, 0.999)),
            logit(planes(1, 2).clamp(0.001, 0.999)),
            planes(3, 2),
            planes(5, CLASSES.len()) * 12.0,
        ];
        let found = detections(Tensor::cat(told, 1)).remove(0);
        assert_eq!(found.len(), 2);
        for object in [one, two] {
            let same = |(sure, other): &(f32, Object)| {
                *sure > 0.9 && other.class == object.class && other.overlap(&object) > 0.98
            };
            assert!(found.iter().any(same), "{object:?} is not among {found:?}");
        }
    }
}
