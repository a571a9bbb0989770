"""Cases of the gradient fixtures: elements picked, put, looked for and looked at between positions."""

import numpy as np
import torch
import torch.nn.functional as F
from gradient_cases import Case
from torch import Tensor


def ints(*values) -> np.ndarray:
    return np.array(values, dtype=np.int64)


PLACES = np.array([[0, 2, 1], [1, 1, 0]])
ROWS = np.array([[[0, 1]], [[2, 0]]])


def picked(name, operator, reference, x=(3, 4), opset=18, constants=None, outputs=1, **attributes) -> Case:
    return Case(name, operator, {"x": x}, reference, opset, constants or {}, None, outputs, attributes)


def put(name, operator, reference, updates, indices, opset=18, **attributes) -> Case:
    return Case(
        name,
        operator,
        {"x": (3, 4), "updates": updates},
        reference,
        opset,
        {"indices": indices},
        ["x", "indices", "updates"],
        1,
        attributes,
    )


def scattered(x: Tensor, updates: Tensor, reduce: str) -> Tensor:
    return x.scatter_reduce(1, torch.from_numpy(PLACES), updates, reduce)


UNIQUE_PLACES = np.array([[0, 2, 1], [1, 3, 0]])
PICKED = [
    picked(
        "gather-elements",
        "GatherElements",
        lambda x: x.gather(1, torch.from_numpy(PLACES)),
        constants={"indices": PLACES},
        axis=1,
    ),
    picked("gather-nd", "GatherND", lambda x: x[[0, 2], [1, 0]][:, None], constants={"indices": ROWS}),
    picked(
        "gather-nd-rows",
        "GatherND",
        lambda x: x[[2, 0, 2]],
        constants={"indices": ints([2], [0], [2])},
    ),
    put(
        "scatter-elements",
        "ScatterElements",
        lambda x, u: x.scatter(1, torch.from_numpy(UNIQUE_PLACES), u),
        (2, 3),
        UNIQUE_PLACES,
        axis=1,
    ),
    put(
        "scatter-elements-add",
        "ScatterElements",
        lambda x, u: scattered(x, u, "sum"),
        (2, 3),
        PLACES,
        axis=1,
        reduction="add",
    ),
    put(
        "scatter-elements-mul",
        "ScatterElements",
        lambda x, u: scattered(x, u, "prod"),
        (2, 3),
        PLACES,
        axis=1,
        reduction="mul",
    ),
    put(
        "scatter-nd",
        "ScatterND",
        lambda x, u: x.index_copy(0, torch.tensor([2, 0]), u),
        (2, 4),
        ints([2], [0]),
    ),
    put(
        "scatter-nd-add",
        "ScatterND",
        lambda x, u: x.index_add(0, torch.tensor([2, 2]), u),
        (2, 4),
        ints([2], [2]),
        reduction="add",
    ),
    picked(
        "top-k",
        "TopK",
        lambda x: torch.topk(x, 2, 1),
        constants={"k": ints(2)},
        outputs=2,
        axis=1,
    ),
    picked(
        "compress",
        "Compress",
        lambda x: x[:, [0, 3]],
        opset=11,
        constants={"condition": np.array([True, False, False, True])},
        axis=1,
    ),
]


def looked_at(name, mode, padding, corners, x=(2, 3, 4, 5), places=(2, 3, 2, 2), opset=20) -> Case:
    random = np.random.default_rng(len(name))
    grid = random.uniform(-1.2, 1.2, places).astype(np.float32)
    words = {"linear": "bilinear", "cubic": "bicubic"}

    def reference(x: Tensor, grid: Tensor) -> Tensor:
        return F.grid_sample(x, grid, words.get(mode, mode), padding, bool(corners))

    attributes = {"mode": mode, "padding_mode": padding, "align_corners": corners}
    inputs = {"x": x, "grid": grid}
    return Case(name, "GridSample", inputs, reference, opset, attributes=attributes)


LOOKED_AT = [
    looked_at("grid-sample", "linear", "zeros", 0),
    looked_at("grid-sample-corners", "linear", "border", 1),
    looked_at("grid-sample-reflection", "linear", "reflection", 0),
    looked_at("grid-sample-cubic", "cubic", "zeros", 0),
    looked_at("grid-sample-volume", "linear", "zeros", 1, (1, 2, 3, 4, 2), (1, 2, 3, 2, 3)),
]


def resized(name: str, reference, scales, **attributes) -> Case:
    constants = {"scales": np.array([1, 1, *scales], dtype=np.float32)}
    return Case(
        name,
        "Resize",
        {"x": (2, 3, 6, 5)},
        reference,
        18,
        constants,
        ["x", "", "scales"],
        1,
        attributes,
    )


def cubic(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=(2, 2), mode="bicubic")


def pooled_with_places(x: Tensor) -> tuple[Tensor, Tensor]:
    largest, places = F.max_pool2d(x, 2, 2, return_indices=True)
    # ONNX counts places in the whole tensor, PyTorch in each channel.
    starts = torch.arange(4).reshape(2, 2, 1, 1) * 20
    return largest, places + starts


WINDOWS = [
    resized("resize-cubic", cubic, (2, 2), mode="cubic"),
    Case(
        "max-pool-3d",
        "MaxPool",
        {"x": (2, 2, 4, 5, 3)},
        lambda x: F.max_pool3d(x, (2, 3, 2), 1, (1, 1, 0)),
        12,
        attributes={"kernel_shape": [2, 3, 2], "pads": [1, 1, 0, 1, 1, 0]},
    ),
    Case(
        "max-pool-indices",
        "MaxPool",
        {"x": (2, 2, 4, 5)},
        pooled_with_places,
        12,
        outputs=2,
        attributes={"kernel_shape": [2, 2], "strides": [2, 2]},
    ),
    Case(
        "lrn",
        "LRN",
        {"x": (2, 6, 3, 4)},
        lambda x: F.local_response_norm(x, 3, 0.02, 0.7, 1.5),
        13,
        attributes={"size": 3, "alpha": 0.02, "beta": 0.7, "bias": 1.5},
    ),
    Case(
        "rms-normalization",
        "RMSNormalization",
        {"x": (2, 3, 4), "scale": (4,)},
        lambda x, scale: F.rms_norm(x, (4,), scale, 1e-5),
        23,
    ),
]


def einsum(name: str, equation: str, *shapes) -> Case:
    inputs = {f"x{i}": shape for i, shape in enumerate(shapes)}
    return Case(
        name,
        "Einsum",
        inputs,
        lambda *x: torch.einsum(equation, *x),
        12,
        attributes={"equation": equation},
    )


EINSUMS = [
    einsum("einsum-product", "ij,jk->ik", (3, 4), (4, 5)),
    einsum("einsum-batch", "bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)),
    einsum("einsum-diagonal", "ii->i", (4, 4)),
    einsum("einsum-sum", "ij->j", (3, 4)),
    einsum("einsum-dots", "...ij,...jk->...ki", (2, 3, 4), (2, 4, 5)),
    einsum("einsum-three", "ab,bc,cd->da", (2, 3), (3, 4), (4, 5)),
]


def reduced(name: str, operator: str, reference) -> Case:
    constants = {"axes": ints(1)}
    return Case(name, operator, {"x": (3, 4, 2)}, reference, 18, constants)


def positive(name: str, operator: str, reference) -> Case:
    x = np.random.default_rng(3).uniform(0.5, 2, (3, 4, 2)).astype(np.float32)
    return Case(name, operator, {"x": x}, reference, 18, {"axes": ints(1)})


def bounded(name: str, operator: str, reference, low: float, high: float) -> Case:
    x = np.random.default_rng(len(name)).uniform(low, high, (3, 4)).astype(np.float32)
    return Case(name, operator, {"x": x}, reference, 22)


MISCELLANEOUS = [
    reduced("reduce-l1", "ReduceL1", lambda x: x.abs().sum(1, keepdim=True)),
    reduced("reduce-sum-square", "ReduceSumSquare", lambda x: x.square().sum(1, keepdim=True)),
    reduced("reduce-log-sum-exp", "ReduceLogSumExp", lambda x: x.logsumexp(1, keepdim=True)),
    positive("reduce-log-sum", "ReduceLogSum", lambda x: x.sum(1, keepdim=True).log()),
    bounded("tan", "Tan", torch.tan, -1, 1),
    bounded("asin", "Asin", torch.asin, -0.9, 0.9),
    bounded("acos", "Acos", torch.acos, -0.9, 0.9),
    bounded("atan", "Atan", torch.atan, -2, 2),
    bounded("sinh", "Sinh", torch.sinh, -2, 2),
    bounded("cosh", "Cosh", torch.cosh, -2, 2),
    bounded("asinh", "Asinh", torch.asinh, -2, 2),
    bounded("acosh", "Acosh", torch.acosh, 1.2, 3),
    bounded("atanh", "Atanh", torch.atanh, -0.9, 0.9),
]

CASES = [*PICKED, *LOOKED_AT, *WINDOWS, *EINSUMS, *MISCELLANEOUS]
