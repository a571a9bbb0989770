//! A transformer that reads characters and tells the next (Vaswani et al. 2017; with the normalisation
//! before each part, as in GPT-2). Its feed-forward parts have a rectifier.

use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::tensor::activation::softmax;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use leaky_burn::Rectifier;
use leaky_onnx::{ModelBuilder, Setting};

use examples::Result;
use examples::layers::Dense;

/// How many characters the network looks back.
pub const CONTEXT: usize = 48;
const WIDTH: usize = 64;
const HEADS: usize = 4;
const LAYERS: usize = 2;
/// The units of a feed-forward part.
pub const UNITS: usize = 256;

/// Attention, then a feed-forward part, each added to what went in.
#[derive(Module, Debug)]
struct Layer {
    before_attention: LayerNorm,
    query: Dense,
    key: Dense,
    value: Dense,
    joined: Dense,
    before_units: LayerNorm,
    units: Dense,
    result: Dense,
}

impl Layer {
    fn new(rectifier: Rectifier, device: &Device) -> Self {
        let linear = |inputs| Dense::new([inputs, WIDTH], None, device);
        Layer {
            before_attention: LayerNormConfig::new(WIDTH).init(device),
            query: linear(WIDTH),
            key: linear(WIDTH),
            value: linear(WIDTH),
            joined: linear(WIDTH),
            before_units: LayerNormConfig::new(WIDTH).init(device),
            units: Dense::new([WIDTH, UNITS], Some(rectifier), device),
            result: linear(UNITS),
        }
    }

    /// `[batch, CONTEXT, WIDTH]` to the same; `mask` is far below zero where a character must not look.
    fn forward(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3> {
        let [batch, length, _] = x.dims();
        let heads = |x: Tensor<3>| -> Tensor<4> {
            x.reshape([batch, length, HEADS, WIDTH / HEADS])
                .swap_dims(1, 2)
        };
        let normal = self.before_attention.forward(x.clone());
        let query = heads(self.query.forward(normal.clone()));
        let key = heads(self.key.forward(normal.clone()));
        let value = heads(self.value.forward(normal));
        let scores = query.matmul(key.swap_dims(2, 3)) * scale() + mask.unsqueeze();
        let seen = softmax(scores, 3).matmul(value).swap_dims(1, 2);
        let x = x + self.joined.forward(seen.reshape([batch, length, WIDTH]));
        let units = self.units.forward(self.before_units.forward(x.clone()));
        x + self.result.forward(units)
    }

    fn onnx(&self, model: &mut ModelBuilder, name: &str, x: &str) -> Result<String> {
        let named = |part: &str| format!("{name}.{part}");
        let normal = onnx_norm(model, &named("before_attention"), x, &self.before_attention)?;
        let mut heads = Vec::new();
        // Queries and values as they are used, keys already turned.
        for (part, layer, turned) in [
            ("query", &self.query, [0, 2, 1, 3]),
            ("key", &self.key, [0, 2, 3, 1]),
            ("value", &self.value, [0, 2, 1, 3]),
        ] {
            let y = layer.onnx(model, &named(part), &normal)?;
            let y = model.node(
                &named(&format!("{part}.heads")),
                "Reshape",
                &[&y, "heads"],
                &[],
            );
            let turn = [("perm", Setting::Ints(turned.to_vec()))];
            heads.push(model.node(&named(&format!("{part}.turned")), "Transpose", &[&y], &turn));
        }
        let y = model.node(&named("scores"), "MatMul", &[&heads[0], &heads[1]], &[]);
        let y = model.node(&named("scaled"), "Mul", &[&y, "scale"], &[]);
        let y = model.node(&named("masked"), "Add", &[&y, "mask"], &[]);
        let y = model.node(
            &named("attention"),
            "Softmax",
            &[&y],
            &[("axis", Setting::Int(-1))],
        );
        let y = model.node(&named("seen"), "MatMul", &[&y, &heads[2]], &[]);
        let back = [("perm", Setting::Ints(vec![0, 2, 1, 3]))];
        let y = model.node(&named("seen.turned"), "Transpose", &[&y], &back);
        let y = model.node(&named("seen.joined"), "Reshape", &[&y, "width"], &[]);
        let y = self.joined.onnx(model, &named("joined"), &y)?;
        let x = model.node(&named("after_attention"), "Add", &[x, &y], &[]);
        let y = onnx_norm(model, &named("before_units"), &x, &self.before_units)?;
        let y = self.units.onnx(model, &named("units"), &y)?;
        let y = self.result.onnx(model, &named("result"), &y)?;
        Ok(model.node(&named("sum"), "Add", &[&x, &y], &[]))
    }
}

/// The transformer.
#[derive(Module, Debug)]
pub struct Transformer {
    characters: Param<Tensor<2>>,
    places: Param<Tensor<2>>,
    layers: Vec<Layer>,
    before_logits: LayerNorm,
    logits: Dense,
}

impl Transformer {
    /// A network with fresh weights that knows so many characters.
    pub fn new(characters: usize, rectifier: Rectifier, device: &Device) -> Self {
        let small = Initializer::Normal {
            mean: 0.0,
            std: 0.1,
        };
        Transformer {
            characters: small.init([characters, WIDTH], device),
            places: small.init([CONTEXT, WIDTH], device),
            layers: (0..LAYERS).map(|_| Layer::new(rectifier, device)).collect(),
            before_logits: LayerNormConfig::new(WIDTH).init(device),
            logits: Dense::new([WIDTH, characters], None, device),
        }
    }

    /// Characters, `[batch, CONTEXT]`, to the logits of what follows each,
    /// `[batch, CONTEXT, characters]`.
    pub fn forward(&self, given: Tensor<2, Int>) -> Tensor<3> {
        let [batch, length] = given.dims();
        let characters = self
            .characters
            .val()
            .select(0, given.reshape([batch * length]));
        let mut x = characters.reshape([batch, length, WIDTH]) + self.places.val().unsqueeze();
        let mask = Tensor::from_data(mask(), &x.device());
        for layer in &self.layers {
            x = layer.forward(x, mask.clone());
        }
        self.logits.forward(self.before_logits.forward(x))
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let [known, _] = self.characters.dims();
        let mut model = ModelBuilder::new("language");
        let m = &mut model;
        let given = m.input("characters", DType::I64, &[CONTEXT]);
        let table = m.initializer("embedding.weight", &self.characters.val().to_data())?;
        let places = m.initializer("places.weight", &self.places.val().to_data())?;
        m.initializer("mask", &mask())?;
        m.initializer("scale", &TensorData::from([scale()]))?;
        let shape = |lengths: &[i64]| TensorData::new(lengths.to_vec(), [lengths.len()]);
        m.initializer(
            "heads",
            &shape(&[0, 0, HEADS as i64, (WIDTH / HEADS) as i64]),
        )?;
        m.initializer("width", &shape(&[0, 0, WIDTH as i64]))?;
        let x = m.node("embedding", "Gather", &[&table, &given], &[]);
        let mut x = m.node("places", "Add", &[&x, &places], &[]);
        for (place, layer) in self.layers.iter().enumerate() {
            x = layer.onnx(m, &format!("layer{}", place + 1), &x)?;
        }
        let x = onnx_norm(m, "before_logits", &x, &self.before_logits)?;
        let x = self.logits.onnx(m, "logits", &x)?;
        m.output(&x, DType::F32, &[CONTEXT, known]);
        Ok(model)
    }
}

/// What is added to the attention's scores: no character looks ahead.
fn mask() -> TensorData {
    let places = (0..CONTEXT * CONTEXT).map(|place| (place / CONTEXT, place % CONTEXT));
    let mask = places.map(|(looks, at)| if at > looks { -1e9_f32 } else { 0.0 });
    TensorData::new(mask.collect::<Vec<f32>>(), [CONTEXT, CONTEXT])
}

/// Keeps the scores' size, whatever the width of a head.
fn scale() -> f32 {
    ((WIDTH / HEADS) as f32).sqrt().recip()
}

fn onnx_norm(model: &mut ModelBuilder, name: &str, x: &str, norm: &LayerNorm) -> Result<String> {
    let scale = model.initializer(&format!("{name}.weight"), &norm.gamma.val().to_data())?;
    let mut inputs = vec![x.to_owned(), scale];
    if let Some(beta) = &norm.beta {
        inputs.push(model.initializer(&format!("{name}.bias"), &beta.val().to_data())?);
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let settings = [
        ("axis", Setting::Int(-1)),
        ("epsilon", Setting::Float(EPSILON)),
    ];
    Ok(model.node(name, "LayerNormalization", &inputs, &settings))
}

/// That of Burn's layer normalisation.
const EPSILON: f32 = 1e-5;
