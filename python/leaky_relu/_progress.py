"""A bar of progress through `tqdm`, where it is installed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

Told = Callable[[str, int, "float | None"], None]


@contextlib.contextmanager
def watching(progress: bool | None) -> Iterator[Told | None]:
    """What the engine is to tell of its work: `(phase, steps, None)`, `("step", steps, None)`, and
    `("epoch", number, score)`."""
    if progress is False:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        if progress:
            raise ImportError("progress=True needs tqdm: pip install tqdm") from error
        yield None
        return
    # Without an answer tqdm asks whether there is a terminal.
    bar: Any = None
    hidden = None if progress is None else False

    def tell(what: str, number: int, score: float | None) -> None:
        nonlocal bar
        if what == "step" and bar is not None:
            bar.update(number)
        elif what == "epoch" and bar is not None:
            bar.set_postfix(epoch=number, score=score)
        elif what not in ("step", "epoch"):
            if bar is not None:
                bar.close()
            bar = tqdm(total=number, desc=what, disable=hidden, leave=False)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.close()
