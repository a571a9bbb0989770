"""Ray's workers as an executor, for `leaky_relu.compare(executor=…)`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

try:
    import ray
except ImportError as error:
    raise ImportError("leaky_relu.ray needs Ray: pip install ray") from error

T = TypeVar("T")


class RayExecutor(Executor):
    """Hands each call to a worker of the cluster that `ray.init` has joined.

    A call whose worker dies is made again by Ray.

    Args:
        options: those of `ray.remote`, such as `num_cpus`.
    """

    def __init__(self, **options: Any) -> None:
        self._options: dict[str, Any] = {"num_cpus": 1, "max_retries": 3} | options

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        call = ray.remote(**self._options)(fn)
        future: Future[T] = call.remote(*args, **kwargs).future()
        return future
