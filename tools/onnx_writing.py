"""Export from PyTorch and write ONNX files that are the same wherever they are made."""

import logging
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import onnx
import torch
from onnx import FunctionProto, GraphProto, ModelProto

# The exporter warns of torchvision's operators, which no network here uses.
logging.getLogger("torch.onnx").setLevel(logging.ERROR)

# What the exporter notes of the machine it ran on: paths of the Python files it went through.
MACHINE_METADATA = {"pkg.torch.onnx.stack_trace"}


def _annotated(graph: GraphProto | FunctionProto) -> Iterator:
    """Everything in a graph, and in the graphs inside it, that carries metadata."""
    yield graph
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            inner = [attribute.g] if attribute.HasField("g") else []
            for nested in [*inner, *attribute.graphs]:
                yield from _annotated(nested)
    yield from graph.value_info
    if isinstance(graph, GraphProto):
        yield from (*graph.input, *graph.output, *graph.initializer)


def strip_machine_metadata(model: ModelProto) -> None:
    """Removes the paths of the machine that exported the model; all other metadata stays."""
    for graph in (model.graph, *model.functions):
        for item in _annotated(graph):
            kept = [entry for entry in item.metadata_props if entry.key not in MACHINE_METADATA]
            del item.metadata_props[:]
            item.metadata_props.extend(kept)


def write_model(model: ModelProto, path: Path, **save_options) -> None:
    """Checks a model and writes it."""
    strip_machine_metadata(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(model, path, **save_options)
    onnx.checker.check_model(path, full_check=True)


def export_dynamo(
    network: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    input_names: list[str],
    output_names: list[str],
    opset: int | None = None,
) -> ModelProto:
    """PyTorch's exporter of today, with the first axis of every input free."""
    batch = torch.export.Dim("batch")
    program = torch.onnx.export(
        network.eval(),
        inputs,
        input_names=input_names,
        output_names=output_names,
        opset_version=opset,
        dynamic_shapes=tuple({0: batch} for _ in inputs),
        dynamo=True,
        verbose=False,
    )
    return program.model_proto


def export_torchscript(
    network: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    input_names: list[str],
    output_names: list[str],
    opset: int | None = None,
    **options,
) -> ModelProto:
    """PyTorch's older exporter, which most ONNX files in the world come from."""
    file = BytesIO()
    torch.onnx.export(
        network.eval(),
        inputs,
        file,
        input_names=input_names,
        output_names=output_names,
        opset_version=opset,
        dynamic_axes={name: {0: "batch"} for name in input_names + output_names},
        dynamo=False,
        **options,
    )
    return onnx.load_from_string(file.getvalue())
