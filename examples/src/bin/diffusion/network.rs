//! A small U-Net that tells the noise in a digit.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use leaky_burn::Rectifier;
use leaky_onnx::{ModelBuilder, Setting};

use examples::Result;
use examples::digits::SIZE;
use examples::layers::{Convolution, Transposed, halve, onnx_halve};

/// The planes that tell how much noise there is.
pub const TIME: usize = 4;
const HIGH: usize = 24;
const LOW: usize = 48;

/// From a noisy digit and planes that tell how noisy it is, to the noise.
#[derive(Module, Debug)]
pub struct UNet {
    high: [Convolution; 2],
    low: [Convolution; 2],
    grow: Transposed,
    joined: [Convolution; 2],
    noise: Convolution,
}

impl UNet {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let kind = Some(rectifier);
        let look = |inputs, outputs| Convolution::new([inputs, outputs], 3, 1, kind, device);
        UNet {
            high: [look(1 + TIME, HIGH), look(HIGH, HIGH)],
            low: [look(HIGH, LOW), look(LOW, LOW)],
            grow: Transposed::doubling([LOW, HIGH], 2, kind, device),
            joined: [look(2 * HIGH, HIGH), look(HIGH, HIGH)],
            noise: Convolution::new([HIGH, 1], 1, 1, None, device),
        }
    }

    /// `[batch, 1 + TIME, SIZE, SIZE]` to `[batch, 1, SIZE, SIZE]`.
    pub fn forward(&self, noisy: Tensor<4>) -> Tensor<4> {
        let high = self.high[1].forward(self.high[0].forward(noisy));
        let low = self.low[0].forward(halve(high.clone()));
        let low = self.grow.forward(self.low[1].forward(low));
        let x = self.joined[0].forward(Tensor::cat(vec![high, low], 1));
        self.noise.forward(self.joined[1].forward(x))
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("diffusion");
        let m = &mut model;
        let x = m.input("noisy", DType::F32, &[1 + TIME, SIZE, SIZE]);
        let x = self.high[0].onnx(m, "high1", &x)?;
        let high = self.high[1].onnx(m, "high2", &x)?;
        let x = onnx_halve(m, "halve", &high);
        let x = self.low[0].onnx(m, "low1", &x)?;
        let x = self.low[1].onnx(m, "low2", &x)?;
        let low = self.grow.onnx(m, "grow", &x)?;
        let x = m.node(
            "join",
            "Concat",
            &[&high, &low],
            &[("axis", Setting::Int(1))],
        );
        let x = self.joined[0].onnx(m, "joined1", &x)?;
        let x = self.joined[1].onnx(m, "joined2", &x)?;
        let x = self.noise.onnx(m, "noise", &x)?;
        m.output(&x, DType::F32, &[1, SIZE, SIZE]);
        Ok(model)
    }
}
