//! Attention, and the rotation that tells it of places.
//!
//! Source: <https://onnx.ai/onnx/operators/onnx__Attention.html>.

use burn::backend::Dispatch;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, invalid};
use crate::value::{Value, broadcast_shape, with_rank};

/// What of the scores the fourth output gives.
#[derive(Clone, Copy, PartialEq)]
enum Exposed {
    Products,
    Capped,
    Biased,
    Probabilities,
}

/// Features as heads: `[samples, heads, places, features]`. A tensor of three axes holds the heads
/// side by side.
fn heads(x: Floats, heads: Option<usize>) -> Result<Floats, String> {
    let shape = x.shape();
    if shape.contains(&0) {
        return Err(format!("input of shape {shape:?} is empty"));
    }
    match (&shape[..], heads) {
        ([_, _, _, _], _) => Ok(x),
        (&[samples, places, features], Some(heads)) if features % heads == 0 => x
            .reshape(vec![samples, places, heads, features / heads])?
            .permute(&[0, 2, 1, 3]),
        _ => Err(format!(
            "input of shape {shape:?} does not make {heads:?} heads"
        )),
    }
}

/// Each head as often as the queries' heads share it.
fn shared(x: Floats, times: usize) -> Result<Floats, String> {
    if times == 1 {
        return Ok(x);
    }
    let count = x.shape()[1];
    let each = (0..count).flat_map(|head| std::iter::repeat_n(head as i64, times));
    x.select(1, each.collect())
}

/// Which keys a query may attend, by their places.
struct Window {
    causal: bool,
    left: Option<i64>,
    right: Option<i64>,
}

impl Window {
    fn is_open(&self) -> bool {
        !self.causal && self.left.is_none() && self.right.is_none()
    }

    fn allows(&self, query: i64, key: i64) -> bool {
        (!self.causal || key <= query)
            && self
                .left
                .is_none_or(|left| query.saturating_sub(key) <= left)
            && self
                .right
                .is_none_or(|right| key.saturating_sub(query) <= right)
    }
}

pub(super) fn attention(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let count = |name| -> Result<Option<usize>, Refusal> {
        Ok(Some(attributes.size(name, 0)?).filter(|&heads| heads > 0))
    };
    let (query_heads, key_heads) = (count("q_num_heads")?, count("kv_num_heads")?);
    let scale = attributes.optional_float("scale")?;
    let softcap = attributes.float("softcap", 0.0)?;
    let bound = |name| -> Result<Option<i64>, Refusal> {
        Ok(Some(attributes.int(name, -1)?).filter(|&size| size >= 0))
    };
    let window = Window {
        causal: attributes.flag("is_causal", false)?,
        left: bound("left_window_size")?,
        right: bound("right_window_size")?,
    };
    let mode = attributes.int("qk_matmul_output_mode", 0)?;
    let exposed = match mode {
        0 => Exposed::Products,
        1 => Exposed::Capped,
        2 => Exposed::Biased,
        3 => Exposed::Probabilities,
        other => return invalid(format!("attribute 'qk_matmul_output_mode' is {other}")),
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let (q, k, v) = (
            Floats::from(inputs.float(0)?),
            Floats::from(inputs.float(1)?),
            Floats::from(inputs.float(2)?),
        );
        let mask = inputs.optional(3);
        let past = (inputs.optional_float(4)?, inputs.optional_float(5)?);
        let lengths = inputs.optional_ints(6)?;
        let three_axes = q.shape().len() == 3;
        let q = heads(q, query_heads)?;
        let (mut k, mut v) = (heads(k, key_heads)?, heads(v, key_heads)?);
        let mut before = 0;
        if let (Some(keys), Some(values)) = past {
            let (keys, values) = (Floats::from(keys), Floats::from(values));
            let fits = |cache: &Floats, new: &Floats| {
                let (cache, new) = (cache.shape(), new.shape());
                cache.len() == 4 && [cache[0], cache[1], cache[3]] == [new[0], new[1], new[3]]
            };
            if !fits(&keys, &k) || !fits(&values, &v) {
                return Err(format!(
                    "a cache of shapes {:?} and {:?} does not fit",
                    keys.shape(),
                    values.shape()
                ));
            }
            before = keys.shape()[2];
            if before > 0 {
                k = Floats::concatenate(vec![keys, k], 2)?;
                v = Floats::concatenate(vec![values, v], 2)?;
            }
        }
        let present = [k.clone().value(), v.clone().value()];
        let (queries, keys) = (q.shape(), k.shape());
        let (samples, rows, columns) = (queries[0], queries[2], keys[2]);
        let times = queries[1] / keys[1].max(1);
        if times == 0 || times * keys[1] != queries[1] || v.shape()[1] != keys[1] {
            return Err(format!(
                "queries of shape {queries:?} do not share keys of shape {keys:?}"
            ));
        }
        if v.shape()[2] != columns || v.shape()[0] != samples || keys[0] != samples {
            return Err(format!(
                "values of shape {:?} do not fit keys of shape {keys:?}",
                v.shape()
            ));
        }
        let (k, v) = (shared(k, times)?, shared(v, times)?);
        let scale = scale
            .unwrap_or_else(|| 1.0 / (queries[3] as f64).sqrt())
            .sqrt();
        let mut scores = q.times(scale).matmul(k.times(scale).transposed()?)?;
        let mut shown = (exposed == Exposed::Products).then(|| scores.clone());
        if softcap > 0.0 {
            scores = scores
                .times(1.0 / softcap)
                .map(Dispatch::float_tanh)
                .times(softcap);
        }
        if exposed == Exposed::Capped {
            shown = Some(scores.clone());
        }
        // What is masked: the bias of a mask of numbers, and the places that are not to be seen.
        let mut hidden = vec![false; samples * rows * columns];
        let offset = |sample: usize| match &lengths {
            Some(lengths) if before == 0 => lengths
                .get(sample)
                .copied()
                .unwrap_or(0)
                .saturating_sub(rows as i64),
            _ => before as i64,
        };
        if lengths.as_ref().is_some_and(|list| list.len() != samples) {
            return Err(format!("{lengths:?} lengths for {samples} samples"));
        }
        if !window.is_open() || lengths.is_some() {
            for (position, hidden) in hidden.iter_mut().enumerate() {
                let (sample, row) = (position / columns / rows, position / columns % rows);
                let key = (position % columns) as i64;
                let padding = lengths.as_ref().is_some_and(|list| key >= list[sample]);
                *hidden = padding || !window.allows(offset(sample).saturating_add(row as i64), key);
            }
        }
        let hidden = TensorData::new(hidden, [samples, 1, rows, columns]);
        let bias = bias(&scores, mask, columns)?;
        let biased = scores.add(&bias)?;
        let biased = biased.replaced(hidden, f64::NEG_INFINITY)?;
        if exposed == Exposed::Biased {
            shown = Some(biased.clone());
        }
        // A row that sees nothing gives nothing.
        let largest = biased.clone().max(&[3])?.numbers()?;
        let blind: Vec<bool> = largest.iter().map(|&n| n == f64::NEG_INFINITY).collect();
        let sees_nothing = blind.contains(&true);
        let mut shape = biased.shape();
        shape[3] = 1;
        let blind = TensorData::new(blind, shape);
        let mut biased = biased;
        if sees_nothing {
            biased = biased.replaced(blind.clone(), 0.0)?;
        }
        let mut chances = biased.softmax(3);
        if sees_nothing {
            chances = chances.replaced(blind, 0.0)?;
        }
        if exposed == Exposed::Probabilities {
            shown = Some(chances.clone());
        }
        let mut y = chances.matmul(v)?;
        if three_axes {
            let [samples, heads, places, features] = y.shape()[..] else {
                unreachable!("four axes");
            };
            y = y
                .permute(&[0, 2, 1, 3])?
                .reshape(vec![samples, places, heads * features])?;
        }
        let [keys, values] = present;
        let mut results = vec![y.value(), keys, values];
        results.extend(shown.map(Floats::value));
        Ok(results)
    }))
}

/// What a mask adds to the scores; where it is shorter than the keys, the rest is not seen.
fn bias(scores: &Floats, mask: Option<Value>, columns: usize) -> Result<Floats, String> {
    let Some(mask) = mask else {
        return Ok(scores.filled(vec![1], 0.0));
    };
    let mask = with_rank(mask, 1)?;
    let mut bias = match mask {
        Value::Float(mask) => Floats::from(mask),
        Value::Bool(_) => {
            let shape = mask.shape();
            let seen = mask.into_data()?;
            let numbers: Vec<f32> = seen
                .iter::<bool>()
                .map(|seen| if seen { 0.0 } else { f32::NEG_INFINITY })
                .collect();
            scores.like(TensorData::new(numbers, shape.as_slice()))
        }
        Value::Int(_) => return Err("a mask of integers".into()),
    };
    let mut shape = bias.shape();
    let axis = shape.len() - 1;
    if shape[axis] < columns && shape[axis] > 0 {
        shape[axis] = columns - shape[axis];
        bounded(&shape)?;
        let rest = bias.filled(shape, f64::NEG_INFINITY);
        bias = Floats::concatenate(vec![bias, rest], axis)?;
    }
    let whole = scores.shape();
    if broadcast_shape(&[bias.shape(), whole.clone()])? != whole {
        return Err(format!(
            "a mask of shape {:?} does not fit scores of {whole:?}",
            bias.shape()
        ));
    }
    Ok(bias)
}

/// Turns pairs of features by angles that grow with the place.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html>.
pub(super) fn rotary(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let interleaved = attributes.flag("interleaved", false)?;
    let turned = attributes.size("rotary_embedding_dim", 0)?;
    let count = attributes.size("num_heads", 0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let caches = [
            Floats::from(inputs.float(1)?),
            Floats::from(inputs.float(2)?),
        ];
        let places = inputs.has(3).then(|| inputs.shaped_ints(3)).transpose()?;
        let shape = x.shape();
        let x = heads(x, Some(count).filter(|&count| count > 0))?;
        let [samples, heads, length, features] = x.shape()[..] else {
            return Err(format!("input of shape {shape:?}"));
        };
        let turned = if turned == 0 { features } else { turned };
        let half = turned / 2;
        if turned > features || turned % 2 != 0 || half == 0 {
            return Err(format!("{turned} of {features} features cannot be turned"));
        }
        let [cos, sin] = caches.map(|cache| -> Result<Floats, String> {
            let cache = match &places {
                None => cache,
                Some((places, _)) => {
                    let size = cache.shape().first().copied().unwrap_or(0);
                    if cache.shape().len() != 2
                        || places
                            .iter()
                            .any(|&place| !(0..size as i64).contains(&place))
                    {
                        return Err(format!("places beyond angles of shape {:?}", cache.shape()));
                    }
                    cache.select(0, places.clone())?
                }
            };
            let rows = cache.shape().iter().product::<usize>() / half;
            let samples = if rows == length { 1 } else { samples };
            cache.reshape(vec![samples, 1, length, half])
        });
        let (cos, sin) = (cos?, sin?);
        let at = |first: usize, step: usize| -> Vec<i64> {
            (0..half)
                .map(|index| (first + index * step) as i64)
                .collect()
        };
        let (one, other) = if interleaved {
            (at(0, 2), at(1, 2))
        } else {
            (at(0, 1), at(half, 1))
        };
        let (one, other) = (x.clone().select(3, one)?, x.clone().select(3, other)?);
        let real = one.clone().mul(&cos)?.sub(&other.clone().mul(&sin)?)?;
        let imaginary = one.mul(&sin)?.add(&other.mul(&cos)?)?;
        let mut parts = vec![if interleaved {
            let pairs = vec![samples, heads, length, half, 1];
            let pair = vec![real.reshape(pairs.clone())?, imaginary.reshape(pairs)?];
            Floats::concatenate(pair, 4)?.reshape(vec![samples, heads, length, turned])?
        } else {
            Floats::concatenate(vec![real, imaginary], 3)?
        }];
        if turned < features {
            parts.push(x.part(3, turned..features)?);
        }
        let mut y = Floats::concatenate(parts, 3)?;
        if shape.len() == 3 {
            y = y.permute(&[0, 2, 1, 3])?.reshape(shape)?;
        }
        Ok(vec![y.value()])
    }))
}
