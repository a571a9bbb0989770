"""What a network ought to give: outputs, gradients, a diagnosis, and the files that hold them."""

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import ModelProto, NodeProto, numpy_helper
from safetensors.numpy import save_file

from fixture_networks import FixtureNetwork
from fixture_training import loss_of
from onnx_writing import write_model

RECTIFIERS = {"Relu", "LeakyRelu", "PRelu", "Elu"}
DORMANT_BELOW = 0.001
# A unit's verdict must not hang on the last bits of its pre-activation.
CLEAR_OF_ZERO = 1e-4
FLOATS = {onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16}


@dataclass
class Fixture:
    """One folder of `fixtures/networks`."""

    name: str
    model: ModelProto
    exporter: str
    network: FixtureNetwork
    inputs: dict[str, np.ndarray]
    target: np.ndarray
    loss: str
    unit_axis: int | dict[str, int] = 1
    # How far PyTorch and ONNX Runtime may lie apart in the outputs.
    tolerance: float = 1e-5
    # Parameters that the file holds in another form, which no initializer can be matched to.
    unmatched: set[str] = field(default_factory=set)
    # How the file is to be saved: external data.
    save_options: dict = field(default_factory=dict)


def run(model: ModelProto | Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """ONNX Runtime's outputs, nothing optimised."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def layer_name(node: NodeProto) -> str:
    return node.name or node.output[0]


def rectifiers(model: ModelProto) -> list[NodeProto]:
    return [node for node in model.graph.node if node.op_type in RECTIFIERS]


def tap(model: ModelProto, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What enters each rectifier, by the rectifier's name, as ONNX Runtime computes it."""
    tapped = copy.deepcopy(model)
    del tapped.graph.output[:]
    watched = {layer_name(node): node.input[0] for node in rectifiers(model)}
    for value in dict.fromkeys(watched.values()):
        tapped.graph.output.add(name=value)
    results = run(tapped, inputs)
    return {name: results[value] for name, value in watched.items()}


def alpha_of(node: NodeProto) -> float | None:
    if node.op_type == "Relu":
        return 0.0
    if node.op_type == "LeakyRelu":
        stored = next((a.f for a in node.attribute if a.name == "alpha"), 0.01)
        return float(str(np.float32(stored)))
    return None


def diagnose_layer(node: NodeProto, values: np.ndarray, axis: int) -> tuple[dict, np.ndarray]:
    """The verdict on one rectifier in the form of the tool's JSON, and how often each unit is active."""
    name = layer_name(node)
    units = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
    highest, lowest = units.max(axis=1), units.min(axis=1)
    close = np.abs(highest) < CLEAR_OF_ZERO
    # No positive value close to zero may decide between dead and alive, no negative one between always on
    # and not; a share of firing may not sit on the line of the dormant.
    assert not close.any(), f"{name}: units {np.flatnonzero(close)} peak too close to zero"
    assert not (np.abs(lowest) < CLEAR_OF_ZERO).any(), f"{name}: a lowest value is too close to zero"
    active = (units > 0).mean(axis=1)
    assert not ((active > 0.0008) & (active < 0.0012)).any(), f"{name}: a unit is nearly dormant"
    verdict = {
        "name": name,
        "op": node.op_type,
        "alpha": alpha_of(node),
        "units": len(units),
        "dead": np.flatnonzero(highest <= 0).tolist(),
        "dormant": np.flatnonzero((highest > 0) & (active < DORMANT_BELOW)).tolist(),
        "always_on": np.flatnonzero(lowest >= 0).tolist(),
    }
    return verdict, active.astype(np.float32)


def float_initializers(model: ModelProto, folder: Path) -> dict[str, np.ndarray]:
    return {
        tensor.name: numpy_helper.to_array(tensor, base_dir=str(folder))
        for tensor in model.graph.initializer
        if tensor.data_type in FLOATS
    }


def same_values(stored: np.ndarray, parameter: np.ndarray) -> bool:
    """Whether an initializer holds a parameter, but for what folding and a narrow type round away."""
    relative = 1e-3 if stored.dtype == np.float16 else 1e-5
    return stored.shape == parameter.shape and np.allclose(stored, parameter, rtol=relative, atol=1e-7)


def gradients(fixture: Fixture, initializers: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """PyTorch's gradient of the loss by initializer, and the loss, both computed in float64.

    An initializer is matched to the parameter that has its values, as it stands or transposed; where several
    have, the name decides.
    """
    network = copy.deepcopy(fixture.network).double().eval()
    inputs = [torch.from_numpy(a) for a in fixture.inputs.values()]
    inputs = [t.double() if t.is_floating_point() else t for t in inputs]
    loss = loss_of(fixture.loss, network.logits(*inputs), torch.from_numpy(fixture.target))
    loss.backward()

    found, unmatched = {}, set()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, f"{fixture.name}: {name} has no gradient"
        value, gradient = parameter.detach().numpy(), parameter.grad.numpy()
        forms = [(value, gradient)]
        if value.ndim == 2:
            forms.append((value.T, gradient.T))
        if value.ndim == 1:
            # PRelu's slope is stored with axes for the positions, a product's bias sometimes with one before.
            shapes = {v.shape for v in initializers.values() if v.size == value.size and v.ndim > 1}
            forms += [(value.reshape(shape), gradient.reshape(shape)) for shape in shapes]
        matches = {
            key: form_gradient
            for form_value, form_gradient in forms
            for key, stored in initializers.items()
            if same_values(stored, form_value)
        }
        key = name if name in matches else next(iter(matches), None)
        if key is None:
            unmatched.add(name)
        else:
            assert key not in found, f"{fixture.name}: {key} matches two parameters"
            found[key] = matches[key].astype(initializers[key].dtype)
    assert unmatched == fixture.unmatched, f"{fixture.name}: parameters without an initializer: {unmatched}"
    return found, loss.item()


def accuracy(logits: np.ndarray, target: np.ndarray) -> float:
    return float((logits.argmax(axis=-1) == target).mean())


def write_fixture(fixture: Fixture, folder: Path) -> None:
    """Writes model, data and expectations, and prints a line of what they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()  # external data would be appended to what lies there
    write_model(fixture.model, folder / "model.onnx", **fixture.save_options)
    model = onnx.load(folder / "model.onnx")
    outputs = run(folder / "model.onnx", fixture.inputs)
    with torch.no_grad():
        inputs = [torch.from_numpy(a) for a in fixture.inputs.values()]
        reference = fixture.network(*inputs).numpy()
        logits = fixture.network.logits(*inputs).numpy()
    compared = next(o for o in outputs.values() if (o.shape, o.dtype) == (reference.shape, reference.dtype))
    np.testing.assert_allclose(compared, reference, rtol=fixture.tolerance, atol=fixture.tolerance)

    layers, expected = [], {f"output:{name}": value for name, value in outputs.items()}
    tapped = tap(model, fixture.inputs)
    for node in rectifiers(model):
        name = layer_name(node)
        axis = fixture.unit_axis if isinstance(fixture.unit_axis, int) else fixture.unit_axis[name]
        verdict, expected[f"active:{name}"] = diagnose_layer(node, tapped[name], axis)
        layers.append(verdict)
    initializers = float_initializers(model, folder)
    by_initializer, loss = gradients(fixture, initializers)
    expected |= {f"gradient:{name}": value for name, value in by_initializer.items()}

    arrays = fixture.inputs | {"y": fixture.target}
    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, folder / "data.safetensors")
    save_file({k: np.ascontiguousarray(v) for k, v in expected.items()}, folder / "expected.safetensors")
    report = {
        "model": "model.onnx",
        "samples": len(fixture.target),
        "units": sum(layer["units"] for layer in layers),
        **{key: sum(len(layer[key]) for layer in layers) for key in ("dead", "dormant", "always_on")},
        "layers": layers,
        "loss": {"kind": fixture.loss, "value": loss},
    }
    if fixture.loss == "cross_entropy":
        report["score"] = {"metric": "accuracy", "value": accuracy(logits, fixture.target)}
    report["provenance"] = {
        "exporter": fixture.exporter,
        "opset": next(i.version for i in model.opset_import if i.domain in ("", "ai.onnx")),
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        "torch": torch.__version__.split("+")[0],
    }
    (folder / "expected.json").write_text(json.dumps(report, indent=1) + "\n")

    size = sum(file.stat().st_size for file in folder.iterdir()) / 1024
    assert size < 150, f"{fixture.name} is {size:.0f} KiB"
    skipped = sorted(set(initializers) - set(by_initializer))
    print(f"{fixture.name}: opset {report['provenance']['opset']}, {size:.0f} KiB, loss {loss:.4f}", end="")
    print(f", accuracy {report['score']['value']:.3f}" if "score" in report else "")
    for layer in layers:
        counts = ", ".join(f"{len(layer[key])} {key}" for key in ("dead", "dormant", "always_on"))
        print(f"  {layer['name']} ({layer['op']}): {layer['units']} units, {counts}")
    print(f"  gradients of {len(by_initializer)} initializers, none for {skipped}")
