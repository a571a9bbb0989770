"""Write `fixtures/training/`: small networks and their data, and what PyTorch makes of them in six steps.

Each case names the options that the engine is to be given; every step sees all samples. The weights after
the last step are kept, in double precision, statistics of batch normalisations among them, and the loss
before the first.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR, StepLR

FOLDER = Path(__file__).parent.parent / "fixtures" / "training"
SAMPLES, FEATURES, HIDDEN, CLASSES, STEPS = 30, 4, 5, 3, 6
PLANES, CHANNELS, SIDE = 2, 3, 4

CASES = {
    "adam": {"optimizer": "adam", "lr": 0.05},
    "adam-with-decay": {"optimizer": "adam", "lr": 0.05, "weight_decay": 0.1},
    "sgd-with-momentum": {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9},
    "sgd-with-decay": {"optimizer": "sgd", "lr": 0.1, "momentum": 0.5, "weight_decay": 0.05},
    "clipped": {"optimizer": "sgd", "lr": 0.5, "clip_norm": 0.1},
    "cosine-warmed-up": {"optimizer": "sgd", "lr": 0.5, "schedule": "cosine", "warm_up": 2},
    "linear": {"optimizer": "adam", "lr": 0.05, "schedule": "linear"},
    "step": {"optimizer": "adam", "lr": 0.05, "schedule": "step"},
    "balanced": {"optimizer": "sgd", "lr": 0.5, "class_weights": "balanced"},
    "smoothed": {"optimizer": "sgd", "lr": 0.5, "label_smoothing": 0.2},
    "balanced-and-smoothed": {
        "optimizer": "sgd",
        "lr": 0.5,
        "class_weights": "balanced",
        "label_smoothing": 0.2,
    },
    "pulled": {"optimizer": "sgd", "lr": 0.5, "pull": 0.2},
    "pulled-and-clipped": {"optimizer": "adam", "lr": 0.05, "pull": 0.2, "clip_norm": 0.1},
    "statistics-stay": {"network": "normalized", "optimizer": "sgd", "lr": 0.2},
    "statistics-train": {"network": "normalized", "optimizer": "sgd", "lr": 0.2, "train_statistics": True},
    "statistics-train-with-adam": {
        "network": "normalized",
        "optimizer": "adam",
        "lr": 0.05,
        "train_statistics": True,
    },
}


def schedule(case, optimizer):
    """The factors as PyTorch has them: a rise over the warm-up, then the shape over all other steps."""
    warm = case.get("warm_up", 0)
    steps = STEPS - warm
    main = {
        "constant": lambda: LinearLR(optimizer, 1.0, 1.0, steps),
        "cosine": lambda: CosineAnnealingLR(optimizer, steps),
        "linear": lambda: LinearLR(optimizer, 1.0, 0.0, steps),
        "step": lambda: StepLR(optimizer, -(-steps // 3), 0.1),
    }[case.get("schedule", "constant")]
    if not warm:
        return main()
    rise = LinearLR(optimizer, 1 / (warm + 1), 1.0, warm)
    return SequentialLR(optimizer, [rise, main()], [warm])


def perceptron():
    return nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))


def normalized():
    """Batch normalisations behind a convolution and behind a matrix product, each with a momentum."""
    return nn.Sequential(
        nn.Conv2d(PLANES, CHANNELS, 3, padding=1),
        nn.BatchNorm2d(CHANNELS),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(CHANNELS, HIDDEN),
        nn.BatchNorm1d(HIDDEN, momentum=0.3),
        nn.ReLU(),
        nn.Linear(HIDDEN, CLASSES),
    )


def tensors(model):
    """All numbers that training may change, by their names in the file."""
    return {name: tensor for name, tensor in model.state_dict().items() if tensor.is_floating_point()}


def train(case, made, weights, x, y):
    model = made().double()
    with torch.no_grad():
        for name, tensor in tensors(model).items():
            tensor.copy_(torch.from_numpy(weights[name]))
    model.train(case.get("train_statistics", False))
    start = [parameter.detach().clone() for parameter in model.parameters()]
    decay = case.get("weight_decay", 0.0)
    if case["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(
            model.parameters(), case["lr"], momentum=case.get("momentum", 0.0), weight_decay=decay
        )
    elif decay:
        optimizer = torch.optim.AdamW(model.parameters(), case["lr"], weight_decay=decay)
    else:
        optimizer = torch.optim.Adam(model.parameters(), case["lr"])
    rates = schedule(case, optimizer)
    counts = np.bincount(y, minlength=CLASSES)
    balanced = torch.from_numpy(len(y) / (CLASSES * counts))
    weight = balanced if case.get("class_weights") == "balanced" else None
    criterion = nn.CrossEntropyLoss(weight=weight, label_smoothing=case.get("label_smoothing", 0.0))
    first = None
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = criterion(model(torch.from_numpy(x)), torch.from_numpy(y))
        first = loss.item() if first is None else first
        if "pull" in case:
            moved = zip(model.parameters(), start, strict=True)
            (loss + case["pull"] * sum(((now - then) ** 2).sum() for now, then in moved)).backward()
        else:
            loss.backward()
        if "clip_norm" in case:
            nn.utils.clip_grad_norm_(model.parameters(), case["clip_norm"])
        optimizer.step()
        rates.step()
    return {name: tensor.detach().numpy() for name, tensor in tensors(model).items()}, first


def write_normalized(random, y):
    """The network with batch normalisations, whose statistics are not those of its data."""
    x = random.normal(size=(SAMPLES, PLANES, SIDE, SIDE)) + y[:, None, None, None]
    weights = {}
    for name, tensor in tensors(normalized().double()).items():
        weights[name] = random.normal(size=tuple(tensor.shape)) * 0.7
        if name.endswith("var"):
            weights[name] = random.uniform(0.5, 2.0, tuple(tensor.shape))
    inputs = {
        "0": ["x", "0.weight", "0.bias"],
        "1": ["convolved", "1.weight", "1.bias", "1.running_mean", "1.running_var"],
        "6": ["first", "6.weight", "6.bias", "6.running_mean", "6.running_var"],
    }
    graph = helper.make_graph(
        [
            helper.make_node("Conv", inputs["0"], ["convolved"], "0", pads=[1, 1, 1, 1]),
            helper.make_node("BatchNormalization", inputs["1"], ["even"], "1", momentum=0.9),
            helper.make_node("Relu", ["even"], ["rectified"], "2"),
            helper.make_node("GlobalAveragePool", ["rectified"], ["pooled"], "3"),
            helper.make_node("Flatten", ["pooled"], ["flat"], "4"),
            helper.make_node("Gemm", ["flat", "5.weight", "5.bias"], ["first"], "5", transB=1),
            helper.make_node("BatchNormalization", inputs["6"], ["evener"], "6", momentum=0.7),
            helper.make_node("Relu", ["evener"], ["hidden"], "7"),
            helper.make_node("Gemm", ["hidden", "8.weight", "8.bias"], ["logits"], "8", transB=1),
        ],
        "normalized",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", PLANES, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.DOUBLE, ["N", CLASSES])],
        [numpy_helper.from_array(numbers, name) for name, numbers in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / "normalized.onnx")
    save_file({"x": x, "y": y}, FOLDER / "normalized.safetensors")
    return normalized, weights, x


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(5)
    x = random.normal(size=(SAMPLES, FEATURES))
    # Three classes, the last of them rare.
    y = np.where(x[:, 0] > 1.0, 2, (x[:, 1] > 0).astype(np.int64))
    names = ["0.weight", "0.bias", "2.weight", "2.bias"]
    shapes = [(HIDDEN, FEATURES), (HIDDEN,), (CLASSES, HIDDEN), (CLASSES,)]
    weights = {name: random.normal(size=shape) * 0.7 for name, shape in zip(names, shapes, strict=True)}

    for name, dropout in [("perceptron", []), ("dropped", [("Dropout", ["hidden", "ratio"], ["kept"])])]:
        ratio = numpy_helper.from_array(np.array(0.5), "ratio")
        last = dropout[-1][2][0] if dropout else "hidden"
        graph = helper.make_graph(
            [
                helper.make_node("Gemm", ["x", "0.weight", "0.bias"], ["before"], "first", transB=1),
                helper.make_node("Relu", ["before"], ["hidden"], "rectifier"),
                *[helper.make_node(*node, "dropout") for node in dropout],
                helper.make_node("Gemm", [last, "2.weight", "2.bias"], ["logits"], "second", transB=1),
            ],
            name,
            [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", FEATURES])],
            [helper.make_tensor_value_info("logits", TensorProto.DOUBLE, ["N", CLASSES])],
            [numpy_helper.from_array(numbers, name) for name, numbers in weights.items()]
            + [ratio] * len(dropout),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, FOLDER / f"{name}.onnx")
        save_file({"x": x, "y": y}, FOLDER / f"{name}.safetensors")

    networks = {"perceptron": (perceptron, weights, x), "normalized": write_normalized(random, y)}
    trained, losses = {}, {}
    for name, case in CASES.items():
        after, losses[name] = train(case, *networks[case.get("network", "perceptron")], y)
        for parameter, numbers in after.items():
            trained[f"{name}:{parameter}"] = np.ascontiguousarray(numbers)
    save_file(trained, FOLDER / "trained.safetensors")
    cases = {name: {**case, "first_loss": losses[name]} for name, case in CASES.items()}
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
