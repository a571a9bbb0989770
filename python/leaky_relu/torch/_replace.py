"""Hidden ReLUs of a module become Leaky ReLUs."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from leaky_relu.torch._doctor import unwrapped
from leaky_relu.torch._layer import LeakyReLU

CALLS = {F.relu, F.relu_, torch.relu, torch.relu_, "relu", "relu_"}


def replace(model: nn.Module, negative_slope: float = 0.01) -> int:
    """Makes every hidden `torch.nn.ReLU` of a model a `LeakyReLU`, in place, and says how many.

    A rectifier is hidden where weights stand between it and the model's outputs; one that bends the output
    itself is meant to keep it positive, and stays. The modules remain the same objects, so hooks, names and
    whoever else holds one see the new function. A ReLU that is called (`F.relu`) and not a module cannot be
    replaced from outside; a warning says how many there are.

    Which rectifiers bend the output is read from the model's code by `torch.fx`. Where it cannot be read
    (it branches on data, say), only the last module of nested `torch.nn.Sequential`s is known to do so.

    Raises:
        ValueError: if `negative_slope` is not finite.
    """
    if not math.isfinite(negative_slope):
        raise ValueError(f"negative_slope must be finite, but is {negative_slope}")
    model = unwrapped(model)
    graph = _graph(model)
    kept = set(_last_of_sequentials(model)) if graph is None else _reaching_output(model, graph)
    count = 0
    for module in model.modules():
        if type(module) is nn.ReLU and module not in kept:
            _become_leaky(module, negative_slope)
            count += 1
    calls = 0 if graph is None else sum(_is_call(node) for node in graph.nodes)
    if calls:
        warnings.warn(
            f"{calls} ReLUs of {type(model).__name__} are called in its forward (F.relu, torch.relu) and "
            "stay as they are: call leaky_relu.torch.leaky_relu there instead",
            stacklevel=2,
        )
    return count


def _become_leaky(module: nn.ReLU, negative_slope: float) -> None:
    # The object stays, with its hooks and in all the places that hold it.
    module.__class__ = LeakyReLU  # type: ignore[assignment]
    module.negative_slope = negative_slope  # type: ignore[assignment]


def _graph(model: nn.Module) -> fx.Graph | None:
    """The model's code as a graph, or none where it cannot be read."""
    try:
        # Reading runs the code, which may set attributes: those of a copy, with the same tensors.
        tensors = {id(tensor): tensor for tensor in [*model.parameters(), *model.buffers()]}
        return fx.Tracer().trace(copy.deepcopy(model, tensors))
    except Exception:  # whatever the model's code raises when it is given no data
        return None


def _reaching_output(model: nn.Module, graph: fx.Graph) -> set[nn.Module]:
    """The rectifiers that reach an output without passing through weights."""
    found = set()
    reaches: set[fx.Node] = set()
    for node in reversed(graph.nodes):
        if node.op == "output":
            reaches.update(node.all_input_nodes)
        elif node in reaches and not _has_weights(model, node):
            reaches.update(node.all_input_nodes)
            if node.op == "call_module":
                found.add(model.get_submodule(str(node.target)))
    return found


def _is_call(node: fx.Node) -> bool:
    return node.op in ("call_function", "call_method") and node.target in CALLS


def _has_weights(model: nn.Module, node: fx.Node) -> bool:
    if node.op == "call_module":
        return any(True for _ in model.get_submodule(str(node.target)).parameters())
    return node.op != "get_attr" and any(source.op == "get_attr" for source in node.all_input_nodes)


def _last_of_sequentials(module: Any) -> Iterator[nn.Module]:
    while isinstance(module, nn.Sequential) and len(module):
        module = module[-1]
    yield module
