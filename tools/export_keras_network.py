"""Train a small Keras network, damage it, and write `fixtures/networks/keras/model.onnx` with tf2onnx.

Runs in an environment of its own (`requirements-keras.txt`): TensorFlow and PyTorch do not share one well.
`make_network_fixtures.py keras` then adds the data and the expectations.
"""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402

from keras_data import channels_last_digits  # noqa: E402

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "networks" / "keras"
SAMPLES = 64
OPSET = 15


def build() -> tf.keras.Sequential:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(8, 3, padding="same", name="convolution1"),
            layers.ReLU(name="relu1"),
            layers.MaxPooling2D(),
            layers.Conv2D(12, 3, strides=2, padding="same", name="convolution2"),
            layers.LeakyReLU(0.1, name="leaky_relu"),
            layers.Flatten(),
            layers.Dense(16, name="hidden"),
            layers.ReLU(name="relu2"),
            layers.Dense(10, activation="softmax", name="classes"),
        ]
    )


def damage(network: tf.keras.Sequential, x: np.ndarray, names: list[str]) -> None:
    """Shifts the biases of every other unit of the named layers until the unit dies."""
    for name in names:
        layer = network.get_layer(name)
        values = tf.keras.Model(network.inputs, layer.output)(x).numpy()
        kernel, bias = layer.get_weights()
        units = values.reshape(-1, values.shape[-1])
        shift = units.max(axis=0) + units.std(axis=0) + 0.05
        bias[::2] -= shift[::2]
        layer.set_weights([kernel, bias])


def main() -> None:
    tf.keras.utils.set_random_seed(0)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    x, y = channels_last_digits()
    network = build()
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(x, y, batch_size=64, epochs=8, verbose=0)
    damage(network, x[:SAMPLES], ["convolution1", "convolution2", "hidden"])

    signature = [tf.TensorSpec((None, 8, 8, 2), tf.float32, name="x")]
    model, _ = tf2onnx.convert.from_function(
        tf.function(lambda x: network(x, training=False), input_signature=signature),
        input_signature=signature,
        opset=OPSET,
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    onnx.save(model, FOLDER / "model.onnx")


if __name__ == "__main__":
    main()
