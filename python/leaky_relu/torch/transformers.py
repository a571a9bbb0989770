"""`Watch` as a callback for the `Trainer` of Transformers."""

from __future__ import annotations

from typing import Any

try:
    from transformers import TrainerCallback
except ImportError as error:
    raise ImportError("leaky_relu.torch.transformers needs Transformers: pip install transformers") from error

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch._watch import Watch


class WatchCallback(TrainerCallback):
    """Watches the dead units of what a `Trainer` trains.

    Args:
        options: those of `leaky_relu.torch.Watch`, without the model.

    Example:
        >>> watch = WatchCallback(every=10)
        >>> Trainer(model, arguments, train_dataset=data, callbacks=[watch]).train()
        >>> watch.diagnosis()
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._watch: Watch | None = None

    def diagnosis(self) -> Diagnosis:
        """The verdict on the last looks: see `Watch.diagnosis`."""
        if self._watch is None:
            raise ValueError("no training has begun yet: nothing was looked at")
        return self._watch.diagnosis()

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, optimizer: Any = None, **_: Any
    ) -> None:
        options = dict(self._options)
        if "recycle" in options:
            # Trainers wrap the optimiser.
            options.setdefault("optimizer", getattr(optimizer, "optimizer", optimizer))
        self._watch = Watch(model, **options)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        assert self._watch is not None, "training has begun"
        self._watch.step()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        assert self._watch is not None, "training has begun"
        self._watch.close()
