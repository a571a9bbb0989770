//! Losses over logits.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

/// The mean binary cross-entropy of logits, computed so that no large logit overflows:
/// `max(x, 0) - x y + log(1 + exp(-|x|))`.
pub fn binary_cross_entropy<const D: usize>(logits: Tensor<D>, targets: Tensor<D>) -> Tensor<1> {
    let tail = logits.clone().abs().neg().exp().log1p();
    (logits.clone().clamp_min(0.0) - logits * targets + tail).mean()
}

/// The mean cross-entropy of the logits of classes, `[batch, classes]`, in nats.
pub fn cross_entropy(logits: Tensor<2>, classes: Tensor<1, Int>) -> Tensor<1> {
    let batch = classes.dims()[0];
    let log_probabilities = log_softmax(logits, 1);
    log_probabilities
        .gather(1, classes.reshape([batch, 1]))
        .mean()
        .neg()
}
