"""How a case of the gradient fixtures is described, checked and written."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, helper, numpy_helper
from safetensors.numpy import save_file

from fixture_expectations import run

AGREEMENT = 1e-5
Values = tuple[int, ...] | np.ndarray


@dataclass
class Case:
    """One operator with its attributes, and the same in PyTorch.

    `inputs` are differentiated where they are floats: an array, or a shape to be filled with normal values.
    `constants` become initializers. `order` names the node's inputs where they do not simply follow one
    another; an empty name is an input left out.
    """

    name: str
    operator: str
    inputs: dict[str, Values]
    reference: Callable[..., torch.Tensor | tuple[torch.Tensor, ...]]
    opset: int = 17
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    order: list[str] | None = None
    outputs: int = 1
    attributes: dict = field(default_factory=dict)

    def arrays(self) -> dict[str, np.ndarray]:
        random = np.random.default_rng(zlib.crc32(self.name.encode()))
        return {
            name: value if isinstance(value, np.ndarray) else random.normal(size=value).astype(np.float32)
            for name, value in self.inputs.items()
        }

    def model(self, arrays: dict[str, np.ndarray]) -> ModelProto:
        order = self.order or [*self.inputs, *self.constants]
        outputs = ["output"] if self.outputs == 1 else [f"output{i}" for i in range(self.outputs)]
        node = helper.make_node(self.operator, order, outputs, self.name, **self.attributes)
        graph = helper.make_graph(
            [node],
            self.name,
            [
                helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
                for name, a in arrays.items()
            ],
            [onnx.ValueInfoProto(name=name) for name in outputs],
            [numpy_helper.from_array(np.asarray(a), name) for name, a in self.constants.items()],
        )
        opset = helper.make_opsetid("", self.opset)
        ir_version = helper.find_min_ir_version_for([opset])
        model = helper.make_model(graph, opset_imports=[opset], ir_version=max(4, ir_version))
        # What comes out is declared as it is found: shape inference does not know every operator.
        found = run(model, arrays)
        del model.graph.output[:]
        model.graph.output.extend(
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for name, a in found.items()
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def write(case: Case, folder: Path) -> int:
    """Writes the case's two files and returns their size; fails where PyTorch and ONNX Runtime differ."""
    arrays = case.arrays()
    model = case.model(arrays)
    outputs = run(model, arrays)

    # Float64 keeps the reference's own rounding out of the fixture.
    tensors = {name: torch.from_numpy(a) for name, a in arrays.items()}
    tensors = {k: t.double().requires_grad_() if t.is_floating_point() else t for k, t in tensors.items()}
    results = case.reference(*tensors.values())
    results = results if isinstance(results, tuple) else (results,)
    assert len(results) == len(outputs), f"{case.name}: {len(results)} results, {len(outputs)} outputs"
    random = np.random.default_rng(zlib.crc32(f"{case.name} weight".encode()))
    total, stored = 0.0, {f"input:{name}": a for name, a in arrays.items()}
    for (name, output), result in zip(outputs.items(), results, strict=True):
        assert result.shape == output.shape, f"{case.name}: {tuple(result.shape)} and {output.shape}"
        expected = result.detach().numpy()
        np.testing.assert_allclose(output, expected, rtol=AGREEMENT, atol=AGREEMENT, err_msg=case.name)
        weight = random.normal(size=output.shape).astype(np.float32)
        total = total + (result * torch.from_numpy(weight)).sum()
        stored |= {f"output:{name}": output, f"weight:{name}": weight}
    total.backward()
    gradients = {
        f"gradient:{name}": tensor.grad.numpy().astype(arrays[name].dtype)
        for name, tensor in tensors.items()
        if tensor.grad is not None
    }
    assert gradients, f"{case.name}: nothing has a gradient"
    for gradient in gradients.values():
        assert np.isfinite(gradient).all() and gradient.any(), f"{case.name}: a gradient says nothing"

    paths = folder / f"{case.name}.onnx", folder / f"{case.name}.safetensors"
    onnx.save(model, paths[0])
    save_file({k: np.ascontiguousarray(v) for k, v in (stored | gradients).items()}, paths[1])
    return sum(path.stat().st_size for path in paths)
