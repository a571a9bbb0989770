"""Watching a model run: every rectifier that is called, wherever, with a name and its unit axis."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode

from leaky_relu.torch._axes import Axes
from leaky_relu.torch._rectifiers import Rectifier, rectifier


@dataclass(frozen=True)
class Firing:
    """One call of a rectifier."""

    name: str
    rectifier: Rectifier
    axis: int
    """The axis of the pre-activation that counts units; its rank where all of it is one unit."""


Before = Callable[[Firing], "After | None"]
After = Callable[[Tensor], None]


class Names:
    """Names for calls: the qualified name of the module that runs, kept while it runs.

    A rectifier that is a module has that module's name. A call within a module is named after both, as in
    `block.relu()`. The second call under the same name ends in `#2`, and so on.
    """

    def __init__(self, model: nn.Module) -> None:
        self._paths = {module: name for name, module in model.named_modules()}
        self._model = model
        self._running: list[nn.Module] = []
        self._calls: Counter[str] = Counter()

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        # Hooks on all modules at once: those on each module in turn take longer than a small model runs.
        handles = []
        try:
            handles.append(register_module_forward_pre_hook(self._enter))
            handles.append(register_module_forward_hook(self._leave))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def start(self) -> None:
        """A new run of the model."""
        self._running.clear()
        self._calls.clear()

    def path(self, module: nn.Module) -> str:
        """The qualified name of a module."""
        return self._paths[module]

    def name(self, operator: Any) -> str:
        module = self._running[-1] if self._running else self._model
        path = self._paths[module]
        parts = [*module.children(), *module.parameters(recurse=False)]
        if path == "" or (parts and not isinstance(module, nn.PReLU)):
            function = operator.overloadpacket.__name__.rstrip("_")
            path = f"{path}.{FUNCTIONS.get(function, function)}()".lstrip(".")
        self._calls[path] += 1
        count = self._calls[path]
        return path if count == 1 else f"{path}#{count}"

    def _enter(self, module: nn.Module, _: Any) -> None:
        if module in self._paths:
            self._running.append(module)

    def _leave(self, module: nn.Module, _: Any, __: Any) -> None:
        while module in self._paths and self._running and self._running.pop() is not module:
            pass


FUNCTIONS = {"clamp_min": "clamp", "_prelu_kernel": "prelu", "rrelu_with_noise": "rrelu"}


class Observer(TorchDispatchMode):
    """Calls `before` at each rectifier, with what enters it; and what that returns, with the result."""

    def __init__(self, names: Names, axes: Axes, before: Before) -> None:
        super().__init__()
        self._names = names
        self._axes = axes
        self._before = before

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        found = rectifier(func, args, kwargs)
        after = None
        if found is not None and not self._axes.is_constant(found.input):
            axis = self._axes.unit_axis(found.input)
            after = self._before(Firing(self._names.name(func), found, axis))
        result = func(*args, **kwargs)
        self._axes.follow(func, args, result)
        if after is not None:
            after(result if isinstance(result, Tensor) else result[0])
        return result


@contextlib.contextmanager
def eager() -> Iterator[None]:
    """Compiled models run as written, and fused paths that hide rectifiers are switched off."""
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    stance = getattr(torch.compiler, "set_stance", None)  # since PyTorch 2.6
    try:
        with stance("force_eager") if stance else contextlib.nullcontext():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode without gradients; then its modes, buffers and the random numbers to
    come are as they were."""
    training = [module for module in model.modules() if module.training]
    # Normalisation layers leave their statistics alone in evaluation mode; of others nobody knows.
    buffers = [
        (buffer, buffer._version, buffer.clone())
        for module in model.modules()
        if not isinstance(module, _NormBase)
        for buffer in module.buffers(recurse=False)
    ]
    devices = {tensor.device.index for tensor in model.parameters() if tensor.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices), torch.no_grad(), eager():
            model.eval()
            yield
    finally:
        for module in training:
            module.training = True
        with torch.no_grad():
            for buffer, version, kept in buffers:
                if buffer._version != version:
                    buffer.copy_(kept)
