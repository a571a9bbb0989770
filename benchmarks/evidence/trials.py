"""Many trials, on all processors, each kept as it is done."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any


class Trials:
    """Results by name, in a file that grows by a line for each: what was interrupted goes on."""

    def __init__(self, file: Path, jobs: int) -> None:
        self._file = file
        self._jobs = jobs
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_text().splitlines() if file.exists() else []
        self._known: dict[str, Any] = dict(json.loads(line) for line in lines)

    def run(self, function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
        """The results of `function(*job)`, which are JSON, by job. A name of a job holds everything that decides
        its result."""
        wanted = {json.dumps([function.__module__, *job]): job for job in jobs}
        missing = [name for name in wanted if name not in self._known]
        # Fresh processes, so that every trial begins from the same state.
        context = multiprocessing.get_context("spawn")
        with (
            self._file.open("a") as file,
            ProcessPoolExecutor(self._jobs, context, initializer=one_thread) as pool,
        ):
            running = {pool.submit(function, *wanted[name]): name for name in missing}
            for number, done in enumerate(as_completed(running), 1):
                name = running[done]
                self._known[name] = done.result()
                file.write(json.dumps([name, self._known[name]]) + "\n")
                file.flush()
                print(f"\r{function.__module__}: {number} of {len(missing)} trials", end="", file=sys.stderr)
        if missing:
            print(file=sys.stderr)
        return {job: self._known[name] for name, job in wanted.items()}


def one_thread() -> None:
    """The processes are as many as the processors."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
