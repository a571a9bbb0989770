//! Two networks as in DCGAN (Radford, Metz and Chintala 2016), without normalisation: one makes digits,
//! the other tells made from real ones.

use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{DType, Device, Tensor};
use leaky_burn::Rectifier;
use leaky_onnx::{ModelBuilder, Setting};

use examples::Result;
use examples::digits::SIZE;
use examples::layers::{Convolution, Dense, Transposed};

/// How many numbers a digit is made from.
pub const LATENT: usize = 32;
const WIDE: usize = 64;
const MIDDLE: usize = 32;
const NARROW: usize = 16;
/// A quarter of the size of a digit: what both networks come down to.
const SMALLEST: usize = SIZE / 4;

/// From numbers drawn at random to digits.
#[derive(Module, Debug)]
pub struct Generator {
    first: Dense,
    grow: [Transposed; 2],
    pixels: Convolution,
}

impl Generator {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let kind = Some(rectifier);
        let grow = |channels| Transposed::doubling(channels, 4, kind, device);
        Generator {
            first: Dense::new([LATENT, WIDE * SMALLEST * SMALLEST], kind, device),
            grow: [grow([WIDE, MIDDLE]), grow([MIDDLE, NARROW])],
            pixels: Convolution::new([NARROW, 1], 3, 1, None, device),
        }
    }

    /// `[batch, LATENT]` to `[batch, 1, SIZE, SIZE]`, from 0 to 1.
    pub fn forward(&self, latent: Tensor<2>) -> Tensor<4> {
        let [batch, _] = latent.dims();
        let mut x = self
            .first
            .forward(latent)
            .reshape([batch, WIDE, SMALLEST, SMALLEST]);
        for grow in &self.grow {
            x = grow.forward(x);
        }
        sigmoid(self.pixels.forward(x))
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("generator");
        let m = &mut model;
        let x = m.input("latent", DType::F32, &[LATENT]);
        let x = self.first.onnx(m, "first", &x)?;
        let shape = [0, WIDE as i64, SMALLEST as i64, SMALLEST as i64];
        let shape = m.initializer("shape", &shape.into())?;
        let x = m.node("image", "Reshape", &[&x, &shape], &[]);
        let x = self.grow[0].onnx(m, "grow1", &x)?;
        let x = self.grow[1].onnx(m, "grow2", &x)?;
        let x = self.pixels.onnx(m, "pixels", &x)?;
        let x = m.node("digit", "Sigmoid", &[&x], &[]);
        m.output(&x, DType::F32, &[1, SIZE, SIZE]);
        Ok(model)
    }
}

/// From digits to the logit of their being real.
#[derive(Module, Debug)]
pub struct Discriminator {
    look: [Convolution; 3],
    real: Dense,
}

impl Discriminator {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let look =
            |channels, stride| Convolution::new(channels, 3, stride, Some(rectifier), device);
        Discriminator {
            look: [
                look([1, NARROW], 1),
                look([NARROW, MIDDLE], 2),
                look([MIDDLE, WIDE], 2),
            ],
            real: Dense::new([WIDE * SMALLEST * SMALLEST, 1], None, device),
        }
    }

    /// `[batch, 1, SIZE, SIZE]` to `[batch, 1]`.
    pub fn forward(&self, digits: Tensor<4>) -> Tensor<2> {
        let mut x = digits;
        for look in &self.look {
            x = look.forward(x);
        }
        self.real.forward(x.flatten(1, 3))
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("discriminator");
        let m = &mut model;
        let mut x = m.input("digit", DType::F32, &[1, SIZE, SIZE]);
        for (place, look) in self.look.iter().enumerate() {
            x = look.onnx(m, &format!("look{}", place + 1), &x)?;
        }
        let x = m.node("flat", "Flatten", &[&x], &[("axis", Setting::Int(1))]);
        let x = self.real.onnx(m, "real", &x)?;
        m.output(&x, DType::F32, &[1]);
        Ok(model)
    }
}
