"""Cases of the gradient fixtures: convolutions and matrix products."""

import torch
import torch.nn.functional as F

from gradient_cases import Case

X1, X2 = (2, 4, 9), (2, 4, 6, 7)


def conv(
    name: str, x: tuple, weight: tuple, reference, bias: bool = True, opset: int = 17, **attributes
) -> Case:
    inputs = {"x": x, "weight": weight} | ({"bias": weight[:1]} if bias else {})
    return Case(name, "Conv", inputs, reference, opset, attributes=attributes)


CONVOLUTIONS = [
    conv("conv-1d", X1, (3, 4, 3), lambda x, w, b: F.conv1d(x, w, b)),
    conv(
        "conv-1d-strided-dilated-grouped",
        X1,
        (6, 2, 3),
        lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=2, dilation=2, groups=2),
        opset=11,
        strides=[2],
        pads=[2, 2],
        dilations=[2],
        group=2,
        kernel_shape=[3],
    ),
    conv(
        "conv-1d-same-upper",
        X1,
        (3, 4, 4),
        lambda x, w, b: F.conv1d(F.pad(x, (1, 2)), w, b),
        auto_pad="SAME_UPPER",
    ),
    conv("conv-2d", X2, (3, 4, 3, 2), lambda x, w, b: F.conv2d(x, w, b), opset=7),
    conv("conv-2d-without-bias", X2, (3, 4, 1, 1), lambda x, w: F.conv2d(x, w), bias=False, opset=22),
    conv(
        "conv-2d-strided-padded",
        X2,
        (3, 4, 3, 3),
        lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2)),
        strides=[2, 1],
        pads=[1, 2, 1, 2],
    ),
    conv(
        "conv-2d-padded-unevenly",
        X2,
        (3, 4, 3, 3),
        lambda x, w, b: F.conv2d(F.pad(x, (2, 1, 0, 3)), w, b, stride=2),
        strides=[2, 2],
        pads=[0, 2, 3, 1],
    ),
    conv("conv-2d-grouped", X2, (6, 2, 3, 3), lambda x, w, b: F.conv2d(x, w, b, groups=2), group=2),
    conv(
        "conv-2d-depthwise",
        X2,
        (8, 1, 3, 3),
        lambda x, w, b: F.conv2d(x, w, b, padding=1, groups=4),
        group=4,
        pads=[1, 1, 1, 1],
    ),
    conv(
        "conv-2d-dilated",
        X2,
        (3, 4, 2, 3),
        lambda x, w, b: F.conv2d(x, w, b, dilation=(3, 2)),
        dilations=[3, 2],
    ),
    conv(
        "conv-2d-same-upper",
        X2,
        (3, 4, 3, 4),
        lambda x, w, b: F.conv2d(F.pad(x, (1, 2, 0, 1)), w, b, stride=2),
        auto_pad="SAME_UPPER",
        strides=[2, 2],
    ),
    conv(
        "conv-2d-same-lower",
        X2,
        (3, 4, 3, 4),
        lambda x, w, b: F.conv2d(F.pad(x, (2, 1, 1, 0)), w, b, stride=2),
        auto_pad="SAME_LOWER",
        strides=[2, 2],
    ),
    conv(
        "conv-2d-valid",
        X2,
        (3, 4, 3, 3),
        lambda x, w, b: F.conv2d(x, w, b, stride=3),
        auto_pad="VALID",
        strides=[3, 3],
    ),
]


def deconv(
    name: str, x: tuple, weight: tuple, reference, bias: int = 0, opset: int = 17, **attributes
) -> Case:
    inputs = {"x": x, "weight": weight} | ({"bias": (bias,)} if bias else {})
    return Case(name, "ConvTranspose", inputs, reference, opset, attributes=attributes)


TRANSPOSED_CONVOLUTIONS = [
    deconv(
        "conv-transpose-1d",
        (2, 4, 5),
        (4, 3, 3),
        lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2, padding=1, output_padding=1),
        bias=3,
        strides=[2],
        pads=[1, 1],
        output_padding=[1],
    ),
    deconv("conv-transpose-2d", (2, 4, 3, 4), (4, 3, 3, 2), F.conv_transpose2d, bias=3, opset=7),
    deconv(
        "conv-transpose-2d-strided",
        (2, 4, 3, 4),
        (4, 3, 2, 2),
        lambda x, w: F.conv_transpose2d(x, w, stride=2),
        strides=[2, 2],
    ),
    deconv(
        "conv-transpose-2d-output-padding",
        (2, 4, 3, 4),
        (4, 3, 3, 3),
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=(2, 3), padding=1, output_padding=(1, 2)),
        bias=3,
        opset=11,
        strides=[2, 3],
        pads=[1, 1, 1, 1],
        output_padding=[1, 2],
    ),
    deconv(
        "conv-transpose-2d-grouped-dilated",
        (2, 4, 3, 4),
        (4, 3, 2, 3),
        lambda x, w, b: F.conv_transpose2d(x, w, b, groups=2, dilation=2),
        bias=6,
        group=2,
        dilations=[2, 2],
    ),
    deconv(
        "conv-transpose-2d-padded-unevenly",
        (2, 4, 3, 4),
        (4, 3, 3, 3),
        lambda x, w: F.conv_transpose2d(x, w, stride=2)[:, :, 1:, :-1],
        strides=[2, 2],
        pads=[1, 0, 0, 1],
    ),
    deconv(
        "conv-transpose-2d-output-shape",
        (2, 4, 3, 4),
        (4, 3, 3, 3),
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=0)[:, :, 0:6, 0:8],
        strides=[2, 2],
        output_shape=[6, 8],
        auto_pad="SAME_UPPER",
    ),
    deconv(
        "conv-transpose-2d-same-lower",
        (2, 4, 3, 4),
        (4, 3, 3, 3),
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=0)[:, :, 1:7, 1:9],
        strides=[2, 2],
        auto_pad="SAME_LOWER",
    ),
]


def gemm(name: str, a: tuple, b: tuple, c: tuple | None, reference, opset: int = 17, **attributes):
    inputs = {"a": a, "b": b} | ({"c": c} if c is not None else {})
    return Case(name, "Gemm", inputs, reference, opset, attributes=attributes)


PRODUCTS = [
    gemm("gemm", (4, 3), (3, 5), (5,), lambda a, b, c: a @ b + c, opset=7),
    gemm("gemm-without-sum", (4, 3), (3, 5), None, lambda a, b: a @ b),
    gemm("gemm-transposed-left", (3, 4), (3, 5), (1, 5), lambda a, b, c: a.T @ b + c, transA=1),
    gemm("gemm-transposed-right", (4, 3), (5, 3), (4, 5), lambda a, b, c: a @ b.T + c, transB=1, opset=9),
    gemm(
        "gemm-scaled",
        (3, 4),
        (5, 3),
        (4, 1),
        lambda a, b, c: 0.5 * (a.T @ b.T) - 2.0 * c,
        transA=1,
        transB=1,
        alpha=0.5,
        beta=-2.0,
    ),
    gemm("gemm-scalar-sum", (4, 3), (3, 5), (), lambda a, b, c: a @ b + c),
    Case("matmul", "MatMul", {"a": (4, 3), "b": (3, 5)}, torch.matmul, opset=7),
    Case("matmul-batch-by-matrix", "MatMul", {"a": (2, 4, 3), "b": (3, 5)}, torch.matmul),
    Case("matmul-batches", "MatMul", {"a": (2, 3, 4, 2), "b": (2, 3, 2, 3)}, torch.matmul),
    Case("matmul-batches-broadcast", "MatMul", {"a": (2, 1, 4, 3), "b": (3, 3, 2)}, torch.matmul),
    Case("matmul-vector-by-matrix", "MatMul", {"a": (3,), "b": (2, 3, 4)}, torch.matmul),
    Case("matmul-matrix-by-vector", "MatMul", {"a": (2, 4, 3), "b": (3,)}, torch.matmul),
    Case("matmul-vectors", "MatMul", {"a": (5,), "b": (5,)}, torch.matmul),
]

CASES = [*CONVOLUTIONS, *TRANSPOSED_CONVOLUTIONS, *PRODUCTS]
