//! Samples in an order drawn anew, a batch at a time.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

/// The places of all of `count` samples, in batches of at most `size`.
pub fn shuffled(
    count: usize,
    size: usize,
    random: &mut ChaCha8Rng,
    device: &Device,
) -> Vec<Tensor<1, Int>> {
    let mut places: Vec<i64> = (0..count as i64).collect();
    places.shuffle(random);
    let batch = |places: &[i64]| {
        Tensor::from_data(TensorData::new(places.to_vec(), [places.len()]), device)
    };
    places.chunks(size).map(batch).collect()
}
