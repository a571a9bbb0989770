"""Write `fixtures/objective/`: networks whose ends decide from where a loss is computed, and the losses.

The networks run in ONNX Runtime, and scikit-learn gives the losses of what they answer.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from sklearn.metrics import log_loss

FOLDER = Path(__file__).parent.parent / "fixtures" / "objective"
SAMPLES, FEATURES, HIDDEN = 12, 4, 6


def write(name, outputs, end, end_type, end_shape, x, y, constants=()):
    """Writes a perceptron with these nodes at its end; gives the answers of ONNX Runtime."""
    random = np.random.default_rng(7)

    def weights(name, *shape):
        return numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name)

    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["before"], "first"),
        helper.make_node("Relu", ["before"], ["hidden"], "rectifier"),
        helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"], "second"),
        *end,
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", FEATURES])],
        [helper.make_tensor_value_info("answer", end_type, end_shape)],
        [
            weights("w1", FEATURES, HIDDEN),
            weights("b1", HIDDEN),
            weights("w2", HIDDEN, outputs),
            weights("b2", outputs),
            *constants,
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / f"{name}.onnx")
    save_file({"x": x, "y": y}, FOLDER / f"{name}.safetensors")
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": x})[0]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(3)
    x = random.normal(size=(SAMPLES, FEATURES)).astype(np.float32)
    two = random.integers(0, 2, SAMPLES)
    three = random.integers(0, 3, SAMPLES)
    axis = numpy_helper.from_array(np.array([1]), "axis")
    one = numpy_helper.from_array(np.array([1], np.float32), "one")
    flat = numpy_helper.from_array(np.array([1, -1]), "flat")
    node, real, double = helper.make_node, TensorProto.FLOAT, TensorProto.DOUBLE

    losses = {}
    end = [node("Sigmoid", ["logits"], ["p"]), node("Squeeze", ["p", "axis"], ["answer"])]
    found = write("sigmoid-squeeze", 1, end, real, ["N"], x, two.astype(np.float32), [axis])
    losses["sigmoid-squeeze"] = log_loss(two, found)

    end = [
        node("Sigmoid", ["logits"], ["p"]),
        node("Sub", ["one", "p"], ["q"]),
        node("Concat", ["q", "p"], ["answer"], axis=1),
    ]
    found = write("two-probabilities", 1, end, real, ["N", 2], x, two, [one])
    losses["two-probabilities"] = log_loss(two, found)

    end = [
        node("Softmax", ["logits"], ["p"], axis=1),
        node("Cast", ["p"], ["answer"], to=double),
    ]
    found = write("softmax-cast", 3, end, double, ["N", 3], x, three)
    losses["softmax-cast"] = log_loss(three, found)

    end = [node("Sigmoid", ["logits"], ["p"]), node("Cast", ["p"], ["answer"], to=double)]
    found = write("sigmoid-cast", 1, end, double, ["N", 1], x, two.astype(np.float32))
    losses["sigmoid-cast"] = log_loss(two, found[:, 0])

    end = [node("Identity", ["logits"], ["answer"])]
    found = write("one-logit", 1, end, real, ["N", 1], x, two)
    losses["one-logit"] = log_loss(two, 1 / (1 + np.exp(-found[:, 0].astype(np.float64))))

    # A class for each position: on the second axis, as PyTorch has it, and on the last.
    # Small inputs, lest a chance be so small that scikit-learn rounds it up.
    small = x * np.float32(0.2)
    places = random.integers(0, 3, (SAMPLES, 2, 2))
    image = numpy_helper.from_array(np.array([0, 3, 2, 2]), "image")
    end = [node("Reshape", ["logits", "image"], ["maps"]), node("Softmax", ["maps"], ["answer"], axis=1)]
    found = write("pixels", 12, end, real, ["N", 3, 2, 2], small, places, [image])
    losses["pixels"] = log_loss(places.ravel(), np.moveaxis(found, 1, -1).reshape(-1, 3), labels=[0, 1, 2])

    sequence = numpy_helper.from_array(np.array([0, 4, 3]), "sequence")
    end = [node("Reshape", ["logits", "sequence"], ["answer"])]
    found = write("tokens", 12, end, real, ["N", 4, 3], small, places.reshape(SAMPLES, 4), [sequence])
    chances = np.exp(found.astype(np.float64))
    chances = (chances / chances.sum(axis=-1, keepdims=True)).reshape(-1, 3)
    losses["tokens"] = log_loss(places.ravel(), chances, labels=[0, 1, 2])

    end = [node("Reshape", ["logits", "flat"], ["answer"])]
    write("one-row", 3, end, real, [1, "values"], x, three, [flat])
    (FOLDER / "losses.json").write_text(json.dumps(losses, indent=1) + "\n")


if __name__ == "__main__":
    main()
