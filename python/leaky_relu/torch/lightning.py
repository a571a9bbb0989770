"""`Watch` as a callback for Lightning."""

from __future__ import annotations

from typing import Any

try:
    from lightning.pytorch import Callback
except ImportError as error:
    raise ImportError("leaky_relu.torch.lightning needs Lightning 2: pip install lightning") from error

from leaky_relu._diagnosis import Diagnosis
from leaky_relu.torch._watch import Watch


class WatchCallback(Callback):
    """Watches the dead units of what a `Trainer` trains; their shares go to the trainer's loggers.

    Args:
        options: those of `leaky_relu.torch.Watch`, without the model and the logger.

    Example:
        >>> watch = WatchCallback(every=10)
        >>> Trainer(callbacks=[watch]).fit(module, loader)
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

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        def log(shares: dict[str, float], step: int) -> None:
            for logger in trainer.loggers:
                logger.log_metrics(shares, step)

        options = dict(self._options)
        if "recycle" in options:
            options.setdefault("optimizer", trainer.optimizers[0])
        self._watch = Watch(pl_module, logger=log, **options)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert self._watch is not None, "training has started"
        self._watch.step()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        assert self._watch is not None, "training has started"
        self._watch.close()
