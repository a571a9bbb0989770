"""Cases of the gradient fixtures: normalisations and pooling."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gradient_cases import Case


def batch_norm(name: str, x: tuple, opset: int, epsilon: float) -> Case:
    statistics = np.random.default_rng(5)
    mean = statistics.normal(size=x[1]).astype(np.float32)
    variance = (statistics.random(x[1]) + 0.5).astype(np.float32)

    def reference(x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        m, v = torch.from_numpy(mean).double(), torch.from_numpy(variance).double()
        return F.batch_norm(x, m, v, scale, bias, eps=epsilon)

    inputs = {"x": x, "scale": x[1:2], "bias": x[1:2]}
    constants = {"mean": mean, "variance": variance}
    return Case(
        name, "BatchNormalization", inputs, reference, opset, constants, attributes={"epsilon": epsilon}
    )


NORMALISATIONS = [
    batch_norm("batch-normalization-2d", (2, 3, 3, 4), opset=15, epsilon=1e-5),
    batch_norm("batch-normalization-1d", (2, 3, 5), opset=9, epsilon=1e-3),
    batch_norm("batch-normalization-features", (6, 4), opset=7, epsilon=1e-2),
    Case(
        "instance-normalization-2d",
        "InstanceNormalization",
        {"x": (2, 3, 3, 4), "scale": (3,), "bias": (3,)},
        lambda x, s, b: F.instance_norm(x, weight=s, bias=b, eps=1e-5),
    ),
    Case(
        "instance-normalization-1d",
        "InstanceNormalization",
        {"x": (2, 3, 6), "scale": (3,), "bias": (3,)},
        lambda x, s, b: F.instance_norm(x, weight=s, bias=b, eps=1e-2),
        opset=7,
        attributes={"epsilon": 1e-2},
    ),
    Case(
        "layer-normalization",
        "LayerNormalization",
        {"x": (2, 3, 6), "scale": (6,), "bias": (6,)},
        lambda x, s, b: F.layer_norm(x, (6,), s, b),
    ),
    Case(
        "layer-normalization-axis",
        "LayerNormalization",
        {"x": (2, 3, 4), "scale": (3, 4)},
        lambda x, s: F.layer_norm(x, (3, 4), s, eps=1e-3),
        attributes={"axis": 1, "epsilon": 1e-3},
    ),
    Case(
        "group-normalization",
        "GroupNormalization",
        {"x": (2, 4, 3, 3), "scale": (4,), "bias": (4,)},
        lambda x, s, b: F.group_norm(x, 2, s, b, eps=1e-3),
        opset=21,
        attributes={"num_groups": 2, "epsilon": 1e-3},
    ),
]


def pool(name: str, operator: str, x: tuple, reference, opset: int = 17, **attributes) -> Case:
    return Case(name, operator, {"x": x}, reference, opset, attributes=attributes)


def average_inside(x: Tensor, kernel: tuple[int, int], strides: int, pads: tuple[int, ...]) -> Tensor:
    """Average of what lies inside the image, for paddings (left, right, top, bottom) that may be uneven."""
    ones = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
    padded, inside = F.pad(x, pads), F.pad(torch.ones_like(x), pads)
    total = F.conv2d(padded, ones, stride=strides, groups=x.shape[1])
    return total / F.conv2d(inside, ones, stride=strides, groups=x.shape[1])


P2 = (2, 3, 5, 6)
POOLING = [
    pool("max-pool-1d", "MaxPool", (2, 3, 8), lambda x: F.max_pool1d(x, 3, 2), kernel_shape=[3], strides=[2]),
    pool("max-pool-2d", "MaxPool", P2, lambda x: F.max_pool2d(x, 2, 1), opset=7, kernel_shape=[2, 2]),
    pool(
        "max-pool-2d-padded",
        "MaxPool",
        P2,
        lambda x: F.max_pool2d(x, 3, 2, padding=1),
        opset=8,
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
    ),
    pool(
        "max-pool-2d-padded-unevenly",
        "MaxPool",
        P2,
        lambda x: F.max_pool2d(F.pad(x, (0, 1, 1, 0), value=-torch.inf), (2, 3), (2, 1)),
        kernel_shape=[2, 3],
        strides=[2, 1],
        pads=[1, 0, 0, 1],
    ),
    pool(
        "max-pool-2d-ceil",
        "MaxPool",
        P2,
        lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True),
        kernel_shape=[2, 2],
        strides=[2, 2],
        ceil_mode=1,
    ),
    pool(
        "max-pool-2d-dilated",
        "MaxPool",
        P2,
        lambda x: F.max_pool2d(x, 2, 1, dilation=2),
        opset=12,
        kernel_shape=[2, 2],
        dilations=[2, 2],
    ),
    pool(
        "max-pool-2d-same-upper",
        "MaxPool",
        P2,
        lambda x: F.max_pool2d(F.pad(x, (0, 0, 0, 1), value=-torch.inf), 2, 2),
        kernel_shape=[2, 2],
        strides=[2, 2],
        auto_pad="SAME_UPPER",
    ),
    pool(
        "average-pool-1d",
        "AveragePool",
        (2, 3, 8),
        lambda x: F.avg_pool1d(x, 3, 2, padding=1, count_include_pad=False),
        kernel_shape=[3],
        strides=[2],
        pads=[1, 1],
    ),
    pool("average-pool-2d", "AveragePool", P2, lambda x: F.avg_pool2d(x, 2, 1), opset=7, kernel_shape=[2, 2]),
    pool(
        "average-pool-2d-padded",
        "AveragePool",
        P2,
        lambda x: F.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False),
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
    ),
    pool(
        "average-pool-2d-count-include-pad",
        "AveragePool",
        P2,
        lambda x: F.avg_pool2d(x, 3, 2, padding=1, count_include_pad=True),
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        count_include_pad=1,
    ),
    pool(
        "average-pool-2d-padded-unevenly",
        "AveragePool",
        P2,
        lambda x: average_inside(x, (2, 2), 2, (1, 0, 0, 1)),
        kernel_shape=[2, 2],
        strides=[2, 2],
        pads=[0, 1, 1, 0],
    ),
    pool(
        "average-pool-2d-same-lower",
        "AveragePool",
        P2,
        lambda x: average_inside(x, (2, 3), 1, (1, 1, 1, 0)),
        kernel_shape=[2, 3],
        auto_pad="SAME_LOWER",
    ),
    pool(
        "average-pool-2d-ceil",
        "AveragePool",
        (2, 3, 5, 7),
        lambda x: F.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False),
        opset=19,
        kernel_shape=[2, 2],
        strides=[2, 2],
        ceil_mode=1,
    ),
    pool(
        "average-pool-2d-ceil-count-include-pad",
        "AveragePool",
        (2, 3, 5, 8),
        lambda x: F.avg_pool2d(x, 3, 2, padding=1, ceil_mode=True, count_include_pad=True),
        opset=19,
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        ceil_mode=1,
        count_include_pad=1,
    ),
    pool("global-average-pool-1d", "GlobalAveragePool", (2, 3, 7), lambda x: x.mean(2, keepdim=True)),
    pool("global-average-pool-2d", "GlobalAveragePool", P2, lambda x: x.mean((2, 3), keepdim=True)),
    pool("global-max-pool-1d", "GlobalMaxPool", (2, 3, 7), lambda x: x.amax(2, keepdim=True)),
    pool("global-max-pool-2d", "GlobalMaxPool", P2, lambda x: x.amax((2, 3), keepdim=True)),
]

CASES = [*NORMALISATIONS, *POOLING]
