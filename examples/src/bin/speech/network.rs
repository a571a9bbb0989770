//! A network along time: from how loud each band is, moment by moment, to the word.

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use leaky_burn::Rectifier;
use leaky_onnx::{ModelBuilder, Setting};

use examples::Result;
use examples::layers::{Convolution, Dense};

use crate::mel::{BANDS, WINDOWS};
use crate::voice::WORDS;

const CHANNELS: [usize; 3] = [32, 48, 64];

/// The network.
#[derive(Module, Debug)]
pub struct Listener {
    listen: Vec<Convolution>,
    word: Dense,
}

impl Listener {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let [a, b, c] = CHANNELS;
        let listen = |channels| Convolution::along(channels, 5, 2, Some(rectifier), device);
        Listener {
            listen: vec![listen([BANDS, a]), listen([a, b]), listen([b, c])],
            word: Dense::new([c, WORDS.len()], None, device),
        }
    }

    /// `[batch, BANDS, 1, WINDOWS]` to the logits of the words, `[batch, 10]`.
    pub fn forward(&self, heard: Tensor<4>) -> Tensor<2> {
        let mut x = heard;
        for listen in &self.listen {
            x = listen.forward(x);
        }
        // Whenever it was said.
        let x = x.mean_dim(3).flatten(1, 3);
        self.word.forward(x)
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("speech");
        let m = &mut model;
        let mut x = m.input("heard", DType::F32, &[BANDS, 1, WINDOWS]);
        for (place, listen) in self.listen.iter().enumerate() {
            x = listen.onnx(m, &format!("listen{}", place + 1), &x)?;
        }
        let x = m.node("mean", "GlobalAveragePool", &[&x], &[]);
        let x = m.node("flat", "Flatten", &[&x], &[("axis", Setting::Int(1))]);
        let x = self.word.onnx(m, "word", &x)?;
        m.output(&x, DType::F32, &[WORDS.len()]);
        Ok(model)
    }
}
