//! A small network that reads digits, in Burn: the layers of `edge-network`, to be trained.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use edge_network::{Geometry, LAYERS};
use leaky_burn::Rectifier;
use leaky_onnx::{ModelBuilder, Setting};

use examples::Result;
use examples::digits::SIZE;
use examples::layers::{Convolution, Dense};

/// The network.
#[derive(Module, Debug)]
pub struct Reader {
    pub look: Vec<Convolution>,
    pub digit: Dense,
}

impl Reader {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let [first, second, last] = LAYERS;
        let look = |layer: Geometry| {
            let channels = [layer.channels, layer.units];
            Convolution::new(
                channels,
                layer.kernel,
                layer.stride,
                Some(rectifier),
                device,
            )
        };
        Reader {
            look: vec![look(first), look(second)],
            digit: Dense::new([last.inputs(), last.units], None, device),
        }
    }

    /// `[batch, 1, 8, 8]` to the logits of the digits, `[batch, 10]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = images;
        for look in &self.look {
            x = look.forward(x);
        }
        self.digit.forward(x.flatten(1, 3))
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("edge");
        let m = &mut model;
        let mut x = m.input("images", DType::F32, &[1, SIZE, SIZE]);
        for (place, look) in self.look.iter().enumerate() {
            x = look.onnx(m, &format!("look{}", place + 1), &x)?;
        }
        let x = m.node("flat", "Flatten", &[&x], &[("axis", Setting::Int(1))]);
        let x = self.digit.onnx(m, "digit", &x)?;
        m.output(&x, DType::F32, &[LAYERS[2].units]);
        Ok(model)
    }
}
