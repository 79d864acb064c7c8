"""Where live landmarks are counted: those of all sessions that wait go to the thread together."""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any, Generic, TypeVar

import anyio
from anyio import to_thread

from service.core import Coming, Library
from service.logs import get_logger

log = get_logger(__name__)

T = TypeVar("T")


class Desk:
    """Does steps one at a time, in the order in which they came, in a thread.

    Going to a thread and back costs as much as counting an observation, so whoever has the turn
    takes along all that wait; and what can be told of a pose alone costs less of many at once.
    """

    def __init__(self, library: Library, limiter: anyio.CapacityLimiter) -> None:
        self._library, self._limiter = library, limiter
        self._turn = anyio.Lock()
        self._waiting: list[_Job[Any]] = []

    async def do(self, step: Callable[[], T], coming: Coming = ()) -> T:
        """Gives what it returns, or raises what it raises; a step that waits is not given up.

        `coming`: what the step will let a session observe.
        """
        job = _Job(step, coming)
        self._waiting.append(job)
        with anyio.CancelScope(shield=True):
            async with self._turn:
                if not job.done:
                    jobs, self._waiting = self._waiting, []
                    await to_thread.run_sync(self._do_all, jobs, limiter=self._limiter)
        return job.result()

    def _do_all(self, jobs: Sequence["_Job[Any]"]) -> None:
        try:
            self._library.look_ahead([one for job in jobs for one in job.coming])
        except Exception:  # it only saves time: each is looked at when its turn comes
            log.exception("not looked ahead")
        for job in jobs:
            job.do()


class _Job(Generic[T]):
    """A step in the context of whoever asked for it, for its log and its spans."""

    def __init__(self, step: Callable[[], T], coming: Coming) -> None:
        self.coming = coming
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
