"""Where live landmarks are counted: what waits for the thread goes there together."""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any, Generic, TypeVar

import anyio
from anyio import to_thread

T = TypeVar("T")


class Desk:
    """Does steps one at a time, in the order in which they came, in a thread.

    Going to a thread and back costs as much as counting an observation, so whoever has the turn
    takes along all that wait.
    """

    def __init__(self, limiter: anyio.CapacityLimiter) -> None:
        self._limiter = limiter
        self._turn = anyio.Lock()
        self._waiting: list[_Job[Any]] = []

    async def do(self, step: Callable[[], T]) -> T:
        """Gives what it returns, or raises what it raises; a step that waits is not given up."""
        job = _Job(step)
        self._waiting.append(job)
        with anyio.CancelScope(shield=True):
            async with self._turn:
                if not job.done:
                    jobs, self._waiting = self._waiting, []
                    await to_thread.run_sync(_do_all, jobs, limiter=self._limiter)
        return job.result()


class _Job(Generic[T]):
    """A step in the context of whoever asked for it, for its log and its spans."""

    def __init__(self, step: Callable[[], T]) -> None:
        self._step, self._context = step, copy_context()
        self._returned: list[T] = []
        self._raised: BaseException | None = None

    @property
    def done(self) -> bool:
        return bool(self._returned) or self._raised is not None

    def do(self) -> None:
        try:
            self._returned.append(self._context.run(self._step))
        except BaseException as error:  # it is whoever asked that it is told
            self._raised = error

    def result(self) -> T:
        if self._raised is not None:
            raise self._raised
        return self._returned[0]


def _do_all(jobs: Sequence[_Job[Any]]) -> None:
    for job in jobs:
        job.do()
