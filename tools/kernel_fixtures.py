"""Writes the reference results that the tests of crates/leaky-relu compare with.

    pip install torch onnx onnxruntime safetensors
    python tools/kernel_fixtures.py

Reference values come from PyTorch on the CPU, from ONNX's own node tests and, for the 8-bit
quantised function, from ONNX Runtime. A tensor's name says what it is:
`type/function/parameters/array`.
"""

import pathlib
import struct

import numpy as np
import onnx
import onnx.backend.test.loader
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

FIXTURES = pathlib.Path(__file__).parent.parent / "crates/leaky-relu/tests/fixtures"
ALPHAS = ["0.01", "0", "-0.5", "1.5", "0.3", "1e-30", "1e30"]
aten = torch.ops.aten


def edges(dtype):
    info = torch.finfo(dtype)
    smallest = info.smallest_normal * info.eps
    positive = [
        0.0,
        smallest,
        2 * smallest,
        3 * smallest,
        info.smallest_normal - smallest,
        info.smallest_normal,
        info.eps,
        1 / 3,
        0.5,
        1 - info.eps,
        1.0,
        1 + info.eps,
        2.0,
        3.0,
        10.0,
        17.0,
        18.5,
        41.0,
        87.4,
        88.8,
        103.9,
        104.5,
        708.5,
        745.5,
        1e10,
        info.max / 2,
        info.max,
        float("inf"),
        float("nan"),
    ]
    return torch.tensor([sign * value for value in positive for sign in (1, -1)], dtype=dtype)


def random_values(dtype, count, generator):
    """Half of them normally distributed, half of any bits."""
    bits = {torch.float32: torch.int32, torch.float64: torch.int64}[dtype]
    any_bits = torch.randint(
        torch.iinfo(bits).min, torch.iinfo(bits).max, (count // 2,), dtype=bits, generator=generator
    )
    normal = torch.randn(count - count // 2, dtype=dtype, generator=generator) * 4
    return torch.cat([any_bits.view(dtype), normal])


def pytorch():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        x = torch.cat([edges(dtype), random_values(dtype, 512, generator)])
        dy = torch.cat([edges(dtype).flip(0), random_values(dtype, 512, generator)])
        tensors[f"{name}/x"], tensors[f"{name}/dy"] = x, dy
        for alpha in ALPHAS:
            slope = float(alpha)
            tensors[f"{name}/leaky_relu/{alpha}/y"] = torch.nn.functional.leaky_relu(x, slope)
            tensors[f"{name}/leaky_relu/{alpha}/dx"] = aten.leaky_relu_backward(dy, x, slope, False)
        tensors[f"{name}/relu//y"] = torch.relu(x)
        tensors[f"{name}/relu//dx"] = aten.threshold_backward(dy, x, 0)
        for alpha in ["1", "0.3", "2.5"]:
            scale = float(alpha)
            y = torch.nn.functional.elu(x, scale)
            tensors[f"{name}/elu/{alpha}/y"] = y
            tensors[f"{name}/elu/{alpha}/dx"] = aten.elu_backward(dy, scale, 1, 1, False, x)
            tensors[f"{name}/elu/{alpha}/dx_from_output"] = aten.elu_backward(dy, scale, 1, 1, True, y)
        tensors.update(prelu(name, dtype, generator))
    for name, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        every = torch.arange(65536, dtype=torch.int32).to(torch.int16).view(dtype)
        for alpha in ALPHAS:
            slope = float(alpha)
            y = torch.nn.functional.leaky_relu(every, slope)
            dx = aten.leaky_relu_backward(-torch.ones_like(every), every, slope, False)
            tensors[f"{name}/leaky_relu/{alpha}/y_digest"] = digest(y)
            tensors[f"{name}/leaky_relu/{alpha}/dx_digest"] = digest(dx)
        tensors.update(prelu(name, dtype, generator))
    save_file(tensors, FIXTURES / "pytorch.safetensors")


def prelu(name, dtype, generator):
    """PReLU with gradients of the input and of the slopes, over [outer, channels, inner]."""
    tensors = {}
    for outer, channels, inner in [(4, 1, 33), (5, 7, 1), (3, 70, 1), (2, 3, 49), (2, 2, 130)]:
        shape = (outer, channels, inner)
        x = torch.randn(shape, generator=generator).to(dtype).requires_grad_()
        dy = torch.randn(shape, generator=generator).to(dtype)
        alpha = torch.randn(channels, generator=generator).to(dtype).requires_grad_()
        y = torch.nn.functional.prelu(x, alpha)
        y.backward(dy)
        # PyTorch adds up in its own order and type, so the sums are taken in float64 here.
        terms = torch.where(x > 0, 0, x.double() * dy.double()).detach()
        key = f"{name}/prelu/{outer}x{channels}x{inner}"
        tensors[f"{key}/x"] = x.detach()
        tensors[f"{key}/dy"] = dy
        tensors[f"{key}/alpha"] = alpha.detach()
        tensors[f"{key}/y"] = y.detach()
        tensors[f"{key}/dx"] = x.grad
        tensors[f"{key}/dalpha"] = alpha.grad
        tensors[f"{key}/dalpha_f64"] = terms.sum(dim=(0, 2))
    return tensors


def digest(tensor):
    """The 64-bit FNV-1a hash of the bits as little-endian bytes, every NaN as 0x7fff."""
    bits = tensor.view(torch.int16).numpy().view(np.uint16).copy()
    bits[torch.isnan(tensor).numpy()] = 0x7FFF
    value = 0xCBF29CE484222325
    for byte in bits.astype("<u2").tobytes():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return torch.tensor(struct.unpack("<q", struct.pack("<Q", value))[0])


def onnx_node_tests():
    """ONNX's own tests of the operators that the crate computes."""
    operators = {"LeakyRelu", "PRelu", "Elu", "Relu"}
    tensors = {}
    for case in onnx.backend.test.loader.load_model_tests(kind="node"):
        model = case.model or onnx.load(pathlib.Path(case.model_dir) / "model.onnx")
        node = model.graph.node[0]
        if len(model.graph.node) != 1 or node.op_type not in operators:
            continue
        ((inputs, outputs),) = case.data_sets
        arrays = [*inputs, *outputs]
        # ONNX's defaults.
        alpha = {"LeakyRelu": 0.01, "Elu": 1.0}.get(node.op_type, 0.0)
        for attribute in node.attribute:
            alpha = attribute.f
        key = f"{node.op_type}/{case.name}"
        tensors[f"{key}/attribute"] = torch.tensor(alpha, dtype=torch.float32)
        for name, array in zip(["x", "slope"], arrays[:-1], strict=False):
            tensors[f"{key}/{name}"] = torch.from_numpy(array.copy())
        tensors[f"{key}/y"] = torch.from_numpy(arrays[-1].copy())
    save_file(tensors, FIXTURES / "onnx.safetensors")


def quantized():
    """Every 8-bit input through ONNX Runtime's QLinearLeakyRelu."""
    tensors = {}
    cases = [
        (0.01, 0.05, 128, 0.04, 120),
        (0.1, 0.02, 0, 0.02, 0),
        (0.3, 0.1, 255, 0.003, 17),
        (-0.5, 0.07, 100, 0.05, 31),
        (1.5, 1e-3, 3, 7e-4, 200),
        (0.2, 0.5, 64, 10.0, 127),
        (0.25, 0.5, 128, 0.25, 128),
    ]
    for name, dtype, onnx_type in [
        ("u8", np.uint8, TensorProto.UINT8),
        ("i8", np.int8, TensorProto.INT8),
    ]:
        x = np.arange(256, dtype=np.uint8).view(dtype)
        for index, (alpha, x_scale, x_zero, y_scale, y_zero) in enumerate(cases):
            zeros = np.array([x_zero, y_zero], dtype=np.uint8).view(np.uint8)
            if dtype == np.int8:
                zeros = (zeros.astype(np.int16) - 128).astype(np.int8)
            node = helper.make_node(
                "QLinearLeakyRelu",
                ["x", "x_scale", "x_zero", "y_scale", "y_zero"],
                ["y"],
                domain="com.microsoft",
                alpha=alpha,
            )
            graph = helper.make_graph(
                [node],
                "quantized",
                [helper.make_tensor_value_info("x", onnx_type, [256])],
                [helper.make_tensor_value_info("y", onnx_type, [256])],
                [
                    numpy_helper.from_array(np.float32(x_scale), "x_scale"),
                    numpy_helper.from_array(zeros[0], "x_zero"),
                    numpy_helper.from_array(np.float32(y_scale), "y_scale"),
                    numpy_helper.from_array(zeros[1], "y_zero"),
                ],
            )
            opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
            model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
            session = onnxruntime.InferenceSession(model.SerializeToString())
            y = session.run(None, {"x": x})[0]
            key = f"{name}/{index}"
            parameters = [alpha, x_scale, float(zeros[0]), y_scale, float(zeros[1])]
            tensors[f"{key}/parameters"] = torch.tensor(parameters, dtype=torch.float32)
            tensors[f"{key}/x"] = torch.from_numpy(x.copy())
            tensors[f"{key}/y"] = torch.from_numpy(y.copy())
    save_file(tensors, FIXTURES / "quantized.safetensors")


if __name__ == "__main__":
    FIXTURES.mkdir(parents=True, exist_ok=True)
    pytorch()
    onnx_node_tests()
    quantized()
