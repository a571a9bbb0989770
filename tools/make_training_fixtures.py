"""Write `fixtures/training/`: a small network and its data, and what PyTorch makes of it in six steps.

Each case names the options that the engine is to be given; every step sees all samples. The weights after
the last step are kept, in double precision, and the loss before the first.
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


def train(case, weights, x, y):
    model = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)).double()
    with torch.no_grad():
        for parameter, numbers in zip(model.parameters(), weights, strict=True):
            parameter.copy_(torch.from_numpy(numbers))
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
        loss.backward()
        if "clip_norm" in case:
            nn.utils.clip_grad_norm_(model.parameters(), case["clip_norm"])
        optimizer.step()
        rates.step()
    return [parameter.detach().numpy() for parameter in model.parameters()], first


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(5)
    x = random.normal(size=(SAMPLES, FEATURES))
    # Three classes, the last of them rare.
    y = np.where(x[:, 0] > 1.0, 2, (x[:, 1] > 0).astype(np.int64))
    names = ["w1", "b1", "w2", "b2"]
    shapes = [(HIDDEN, FEATURES), (HIDDEN,), (CLASSES, HIDDEN), (CLASSES,)]
    weights = [random.normal(size=shape) * 0.7 for shape in shapes]

    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "w1", "b1"], ["before"], "first", transB=1),
            helper.make_node("Relu", ["before"], ["hidden"], "rectifier"),
            helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"], "second", transB=1),
        ],
        "perceptron",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", FEATURES])],
        [helper.make_tensor_value_info("logits", TensorProto.DOUBLE, ["N", CLASSES])],
        [numpy_helper.from_array(numbers, name) for name, numbers in zip(names, weights, strict=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / "perceptron.onnx")
    save_file({"x": x, "y": y}, FOLDER / "perceptron.safetensors")

    trained, losses = {}, {}
    for name, case in CASES.items():
        after, losses[name] = train(case, weights, x, y)
        for parameter, numbers in zip(names, after, strict=True):
            trained[f"{name}:{parameter}"] = np.ascontiguousarray(numbers)
    save_file(trained, FOLDER / "trained.safetensors")
    cases = {name: {**case, "first_loss": losses[name]} for name, case in CASES.items()}
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
