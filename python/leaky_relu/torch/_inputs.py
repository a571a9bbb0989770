"""What enters a model while it is trained."""

from __future__ import annotations

from typing import Any

from torch import nn

from leaky_relu.torch._doctor import unwrapped


class Inputs:
    """What entered the model last: the model itself, or its parts where they are called by themselves."""

    def __init__(self, model: nn.Module) -> None:
        self.latest: dict[nn.Module, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        self._whole = unwrapped(model)
        self._wholes = list(dict.fromkeys([model, self._whole]))
        self._within = False
        self._handles: list[Any] = []
        # Hooks that are needed only where parts are called by themselves.
        self._of_parts: list[Any] = []
        self._by_parts = True

    def next_step(self, listens: bool) -> None:
        """Forgets what entered, and listens in the next step or not."""
        if self._handles:
            self._by_parts = self._whole not in self.latest
        if not listens:
            self.close()
            return
        if not self._handles:
            for whole in self._wholes:
                self._handles.append(whole.register_forward_pre_hook(self._enter, with_kwargs=True))
        if not self._by_parts:
            _remove(self._of_parts)
        elif not self._of_parts:
            for whole in self._wholes:
                self._of_parts.append(whole.register_forward_hook(self._leave))
            for part in self._whole.children():
                self._of_parts.append(part.register_forward_pre_hook(self._enter_part, with_kwargs=True))
        self._within = False
        self.latest.clear()

    def is_compiled(self) -> bool:
        """Whether hooks on modules within the model are not called."""
        return any(
            hasattr(whole, "_orig_mod") or whole._compiled_call_impl is not None for whole in self._wholes
        )

    def close(self) -> None:
        """Takes all hooks off."""
        _remove(self._handles)
        _remove(self._of_parts)
        self.latest.clear()

    def _enter(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        self._within = True
        self.latest[self._whole] = (args, kwargs)

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        self._within = False

    def _enter_part(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if not self._within:
            self.latest[module] = (args, kwargs)


def _remove(handles: list[Any]) -> None:
    for handle in handles:
        handle.remove()
    handles.clear()
