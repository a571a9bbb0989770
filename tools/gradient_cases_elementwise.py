"""Cases of the gradient fixtures: activations, arithmetic, choice, and sums over axes."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gradient_cases import Case

SHAPE = (3, 4, 5)
# Zeros of both signs: the kinks, where PyTorch's convention is the reference.
KINKS = np.array([[-2.0, -0.0, 0.0, 1e-30], [3.0, -1e-30, 0.5, 0.0]], dtype=np.float32)


def positive(*shape: int, seed: int = 1) -> np.ndarray:
    """Values between a half and two, for what is not defined below zero or steep at it."""
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape).astype(np.float32)


def scaled(factor: float, *shape: int, seed: int = 2) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=shape) * factor).astype(np.float32)


def unary(name: str, operator: str, reference, x=SHAPE, opset: int = 17, **attributes) -> Case:
    return Case(name, operator, {"x": x}, reference, opset, attributes=attributes)


def softmax_of_flattened(x: Tensor, axis: int) -> Tensor:
    """Before opset 13, everything from the axis on counted as one."""
    return F.softmax(x.flatten(axis), dim=-1).view_as(x)


def clip(name: str, reference, opset: int, low: float | None = None, high: float | None = None) -> Case:
    bounds = {"low": low, "high": high}
    constants = {k: np.array(v, dtype=np.float32) for k, v in bounds.items() if v is not None}
    order = ["x", *("" if v is None else k for k, v in bounds.items())]
    return Case(name, "Clip", {"x": SHAPE}, reference, opset, constants, order)


def prelu(name: str, slope: tuple[int, ...], opset: int = 17, x=SHAPE) -> Case:
    return Case(name, "PRelu", {"x": x, "slope": slope}, lambda x, s: torch.where(x > 0, x, s * x), opset)


ACTIVATIONS = [
    unary("relu", "Relu", torch.relu, opset=7),
    unary("relu-at-zero", "Relu", torch.relu, KINKS),
    unary("leaky-relu", "LeakyRelu", lambda x: F.leaky_relu(x, 0.01), opset=7),
    unary("leaky-relu-alpha", "LeakyRelu", lambda x: F.leaky_relu(x, 0.2), alpha=0.2),
    unary("leaky-relu-above-one", "LeakyRelu", lambda x: F.leaky_relu(x, 1.5), alpha=1.5),
    unary("leaky-relu-negative", "LeakyRelu", lambda x: F.leaky_relu(x, -0.5), alpha=-0.5),
    unary("leaky-relu-at-zero", "LeakyRelu", lambda x: F.leaky_relu(x, 0.1), KINKS, alpha=0.1),
    prelu("prelu-one-slope", (1,)),
    prelu("prelu-a-slope-a-channel", (4, 1), opset=9),
    prelu("prelu-a-slope-a-feature", (5,), opset=7),
    prelu("prelu-a-slope-an-element", SHAPE),
    unary("elu", "Elu", F.elu, opset=7),
    unary("elu-alpha", "Elu", lambda x: F.elu(x, 0.5), alpha=0.5),
    unary("selu", "Selu", F.selu),
    unary(
        "selu-attributes",
        "Selu",
        lambda x: 1.5 * torch.where(x > 0, x, 2.0 * torch.expm1(x)),
        alpha=2.0,
        gamma=1.5,
    ),
    unary("celu", "Celu", F.celu, opset=12),
    unary("celu-alpha", "Celu", lambda x: F.celu(x, 2.0), alpha=2.0),
    unary("thresholded-relu", "ThresholdedRelu", lambda x: F.threshold(x, 1.0, 0.0), opset=10),
    unary("thresholded-relu-alpha", "ThresholdedRelu", lambda x: F.threshold(x, 0.3, 0.0), alpha=0.3),
    unary("clip-attributes", "Clip", lambda x: x.clamp(-0.5, 0.75), opset=7, min=-0.5, max=0.75),
    clip("clip", lambda x: x.clamp(0.0, 1.0), 13, low=0.0, high=1.0),
    clip("clip-below", lambda x: x.clamp(min=-0.25), 11, low=-0.25),
    clip("clip-above", lambda x: x.clamp(max=0.25), 12, high=0.25),
    unary("sigmoid", "Sigmoid", torch.sigmoid, opset=7),
    unary("sigmoid-far-out", "Sigmoid", torch.sigmoid, scaled(12.0, 4, 6)),
    unary("hard-sigmoid", "HardSigmoid", lambda x: (0.2 * x + 0.5).clamp(0, 1), scaled(3.0, *SHAPE)),
    unary(
        "hard-sigmoid-attributes",
        "HardSigmoid",
        lambda x: (x / 3 + 0.4).clamp(0, 1),
        scaled(2.0, *SHAPE),
        alpha=1 / 3,
        beta=0.4,
    ),
    unary("hard-swish", "HardSwish", F.hardswish, scaled(3.0, *SHAPE), opset=14),
    unary("tanh", "Tanh", torch.tanh, opset=7),
    unary("softplus", "Softplus", F.softplus, scaled(4.0, *SHAPE)),
    unary("softsign", "Softsign", F.softsign),
    unary("gelu", "Gelu", F.gelu, opset=20),
    unary("gelu-tanh", "Gelu", lambda x: F.gelu(x, approximate="tanh"), opset=20, approximate="tanh"),
    unary("mish", "Mish", F.mish, opset=18),
    unary("erf", "Erf", torch.erf, opset=9),
    unary("softmax", "Softmax", lambda x: F.softmax(x, -1), opset=13),
    unary("softmax-axis", "Softmax", lambda x: F.softmax(x, 1), opset=13, axis=1),
    unary("softmax-flattened", "Softmax", lambda x: softmax_of_flattened(x, 1), opset=7),
    unary("softmax-large", "Softmax", lambda x: F.softmax(x, -1), scaled(40.0, 4, 6)),
    unary("log-softmax", "LogSoftmax", lambda x: F.log_softmax(x, -1), opset=13),
    unary("log-softmax-axis", "LogSoftmax", lambda x: F.log_softmax(x, 0), opset=13, axis=0),
    unary(
        "log-softmax-flattened", "LogSoftmax", lambda x: softmax_of_flattened(x, 2).log(), opset=11, axis=2
    ),
    unary("log-softmax-large", "LogSoftmax", lambda x: F.log_softmax(x, -1), scaled(40.0, 4, 6)),
]

ROOTS_AND_POWERS = [
    unary("neg", "Neg", torch.neg),
    unary("abs", "Abs", torch.abs),
    unary("abs-at-zero", "Abs", torch.abs, KINKS),
    unary("sqrt", "Sqrt", torch.sqrt, positive(*SHAPE)),
    unary("exp", "Exp", torch.exp),
    unary("sin", "Sin", torch.sin),
    unary("cos", "Cos", torch.cos),
    unary(
        "reduce-prod", "ReduceProd", lambda x: x.prod(1, keepdim=True), positive(*SHAPE), opset=13, axes=[1]
    ),
    Case("mod", "Mod", {"a": SHAPE, "b": positive(4, 5)}, torch.fmod, attributes={"fmod": 1}),
    unary("log", "Log", torch.log, positive(*SHAPE)),
    unary("reciprocal", "Reciprocal", torch.reciprocal, positive(*SHAPE)),
    unary("identity", "Identity", lambda x: x * 1.0),
    unary("dropout-opset-7", "Dropout", lambda x: x * 1.0, opset=7, ratio=0.3),
    unary("dropout", "Dropout", lambda x: x * 1.0, opset=13),
    unary("cast-to-double", "Cast", lambda x: x * 1.0, to=11),
    Case("cast-from-double", "Cast", {"x": np.linspace(-1, 1, 7)}, lambda x: x * 1.0, attributes={"to": 1}),
    Case(
        "pow-square",
        "Pow",
        {"x": SHAPE},
        lambda x: x**2,
        constants={"exponent": np.array(2.0, dtype=np.float32)},
    ),
    Case(
        "pow-cube-by-an-integer",
        "Pow",
        {"x": SHAPE},
        lambda x: x**3,
        opset=13,
        constants={"exponent": np.array(3, dtype=np.int64)},
    ),
    Case("pow-elements", "Pow", {"x": positive(3, 4), "exponent": scaled(2.0, 4)}, torch.pow, opset=7),
]


def binary(name: str, operator: str, reference, a=SHAPE, b=SHAPE, opset: int = 17) -> Case:
    return Case(name, operator, {"a": a, "b": b}, reference, opset)


ARITHMETIC = [
    binary("add", "Add", torch.add, opset=7),
    binary("add-broadcast-both", "Add", torch.add, (3, 1, 5), (4, 1)),
    binary("add-broadcast-scalar", "Add", torch.add, SHAPE, ()),
    binary("sub", "Sub", torch.sub),
    binary("sub-broadcast", "Sub", torch.sub, (5,), SHAPE),
    binary("mul", "Mul", torch.mul),
    binary("mul-broadcast", "Mul", torch.mul, SHAPE, (3, 1, 1)),
    binary("div", "Div", torch.div, SHAPE, positive(*SHAPE)),
    binary("div-broadcast", "Div", torch.div, (4, 1), positive(3, 1, 5)),
    Case("square-by-one-value-twice", "Mul", {"x": SHAPE}, lambda x: x * x, order=["x", "x"]),
]

A, B, C = (3, 4, 5), (4, 1), (1, 5)
VARIADIC = [
    Case("min", "Min", {"a": A, "b": B, "c": C}, lambda a, b, c: torch.minimum(torch.minimum(a, b), c)),
    Case("max", "Max", {"a": A, "b": B, "c": C}, lambda a, b, c: torch.maximum(torch.maximum(a, b), c)),
    Case("max-with-zero", "Max", {"x": A}, torch.relu, constants={"zero": np.array(0, dtype=np.float32)}),
    Case("mean", "Mean", {"a": A, "b": B, "c": C}, lambda a, b, c: (a + b + c) / 3),
    Case("sum", "Sum", {"a": A, "b": B, "c": C}, lambda a, b, c: a + b + c),
    Case("sum-of-one", "Sum", {"a": A}, lambda a: a * 1.0),
    Case(
        "where",
        "Where",
        {"a": A, "b": B},
        lambda a, b: torch.where(torch.tensor([True, False, True, True, False]), a, b),
        constants={"condition": np.array([True, False, True, True, False])},
        order=["condition", "a", "b"],
    ),
]


def reduction(name: str, operator: str, reference, opset: int = 13, axes_input=None, **attributes) -> Case:
    constants = {} if axes_input is None else {"axes": np.array(axes_input, dtype=np.int64)}
    return Case(name, operator, {"x": SHAPE}, reference, opset, constants, attributes=attributes)


REDUCTIONS = [
    reduction("reduce-mean", "ReduceMean", lambda x: x.mean((1, 2), True), axes=[1, 2]),
    reduction("reduce-mean-dropping", "ReduceMean", lambda x: x.mean(-1), 11, axes=[-1], keepdims=0),
    reduction("reduce-mean-axes-input", "ReduceMean", lambda x: x.mean((0, 2)), 18, [0, -1], keepdims=0),
    reduction("reduce-mean-all", "ReduceMean", lambda x: x.mean((0, 1, 2), True), 18),
    reduction("reduce-sum-attribute", "ReduceSum", lambda x: x.sum(1), 11, axes=[1], keepdims=0),
    reduction("reduce-sum", "ReduceSum", lambda x: x.sum((0, 1), True), 13, [0, 1]),
    reduction("reduce-sum-all", "ReduceSum", lambda x: x.sum(), 13, keepdims=0),
    reduction("reduce-sum-none", "ReduceSum", lambda x: x * 1.0, 13, [], noop_with_empty_axes=1),
    reduction("reduce-max", "ReduceMax", lambda x: x.amax(1, True), 12, axes=[1]),
    reduction("reduce-max-axes-input", "ReduceMax", lambda x: x.amax((1, 2)), 18, [1, 2], keepdims=0),
    reduction("reduce-min", "ReduceMin", lambda x: x.amin(-1), 13, axes=[-1], keepdims=0),
    reduction("reduce-min-axes-input", "ReduceMin", lambda x: x.amin(0, True), 20, [0]),
    reduction("reduce-l2", "ReduceL2", lambda x: x.norm(dim=1, keepdim=True), axes=[1]),
    reduction("reduce-l2-axes-input", "ReduceL2", lambda x: x.norm(dim=(0, 2)), 18, [0, 2], keepdims=0),
]

CASES = [*ACTIVATIONS, *ROOTS_AND_POWERS, *ARITHMETIC, *VARIADIC, *REDUCTIONS]
