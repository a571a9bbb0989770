//! A small U-Net (Ronneberger, Fischer and Brox 2015).

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use leaky_burn::Rectifier;
use leaky_onnx::{ModelBuilder, Setting};

use examples::Result;
use examples::layers::{Convolution, Transposed, halve, onnx_halve};

use crate::scans::SIZE;

/// The channels at each depth.
const CHANNELS: [usize; 3] = [12, 24, 48];

/// Two convolutions of three by three, each with its rectifier.
#[derive(Module, Debug)]
struct Block {
    first: Convolution,
    second: Convolution,
}

impl Block {
    fn new(inputs: usize, outputs: usize, rectifier: Rectifier, device: &Device) -> Self {
        Block {
            first: Convolution::new([inputs, outputs], 3, 1, Some(rectifier), device),
            second: Convolution::new([outputs, outputs], 3, 1, Some(rectifier), device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.second.forward(self.first.forward(x))
    }

    fn onnx(&self, model: &mut ModelBuilder, name: &str, x: &str) -> Result<String> {
        let x = self.first.onnx(model, &format!("{name}.first"), x)?;
        self.second.onnx(model, &format!("{name}.second"), &x)
    }
}

/// From a scan to the logits of its mask.
#[derive(Module, Debug)]
pub struct UNet {
    down: [Block; 2],
    bottom: Block,
    grow: [Transposed; 2],
    up: [Block; 2],
    mask: Convolution,
}

impl UNet {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let [high, middle, low] = CHANNELS;
        let block = |inputs, outputs| Block::new(inputs, outputs, rectifier, device);
        let grow = |channels| Transposed::doubling(channels, 2, Some(rectifier), device);
        UNet {
            down: [block(1, high), block(high, middle)],
            bottom: block(middle, low),
            grow: [grow([low, middle]), grow([middle, high])],
            up: [block(2 * middle, middle), block(2 * high, high)],
            mask: Convolution::new([high, 1], 1, 1, None, device),
        }
    }

    /// `[batch, 1, SIZE, SIZE]` to the same.
    pub fn forward(&self, scan: Tensor<4>) -> Tensor<4> {
        let high = self.down[0].forward(scan);
        let middle = self.down[1].forward(halve(high.clone()));
        let low = self.bottom.forward(halve(middle.clone()));
        let x = Tensor::cat(vec![middle, self.grow[0].forward(low)], 1);
        let x = self.up[0].forward(x);
        let x = Tensor::cat(vec![high, self.grow[1].forward(x)], 1);
        self.mask.forward(self.up[1].forward(x))
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("segmentation");
        let m = &mut model;
        let x = m.input("scan", DType::F32, &[1, SIZE, SIZE]);
        let high = self.down[0].onnx(m, "down1", &x)?;
        let x = onnx_halve(m, "halve1", &high);
        let middle = self.down[1].onnx(m, "down2", &x)?;
        let x = onnx_halve(m, "halve2", &middle);
        let low = self.bottom.onnx(m, "bottom", &x)?;
        let join = [("axis", Setting::Int(1))];
        let x = self.grow[0].onnx(m, "grow2", &low)?;
        let x = m.node("join2", "Concat", &[&middle, &x], &join);
        let x = self.up[0].onnx(m, "up2", &x)?;
        let x = self.grow[1].onnx(m, "grow1", &x)?;
        let x = m.node("join1", "Concat", &[&high, &x], &join);
        let x = self.up[1].onnx(m, "up1", &x)?;
        let x = self.mask.onnx(m, "mask", &x)?;
        m.output(&x, DType::F32, &[1, SIZE, SIZE]);
        Ok(model)
    }
}
