"""The live sessions that are open in this process, and how they end when it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import anyio

from service.errors import ServiceError
from service.logs import get_logger

log = get_logger(__name__)

_CLOSING_S: Final = 5.0
"""For the closing of what is still open after the drain."""


class Open(Protocol):
    """A connection that serves a session."""

    session_id: str
    epoch: int
    """How often the session was begun or resumed until it was so here."""

    def stop(self, error: ServiceError) -> None:
        """Say why, and close."""

    async def warn(self, left_s: float) -> None:
        """Say that it will be closed in so many seconds."""


class Connections:
    """Those that serve a session now; for one event loop."""

    def __init__(self) -> None:
        self._open: set[Open] = set()
        self._changed = anyio.Event()
        self.draining = False
        """Whether new ones are refused."""

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def serving(self, connection: Open) -> Iterator[None]:
        """It serves a session while the context lasts; earlier ones of that session are stopped.

        Raises ServiceError `superseded` where a later one was faster, and `shutting_down` once the
        others have been warned: whoever was connected already may begin at any time.
        """
        if self.draining:
            raise _shutting_down()
        superseded = ServiceError("superseded", "another connection has resumed this session")
        same = [one for one in self._open if one.session_id == connection.session_id]
        if any(one.epoch > connection.epoch for one in same):
            raise superseded
        for earlier in same:
            earlier.stop(superseded)
        self._open.add(connection)
        try:
            yield
        finally:
            self._open.discard(connection)
            self._changed.set()

    async def drain(self, seconds: float) -> None:
        """Take no more, warn those that are open, and after the time close what is left."""
        self.draining = True
        log.info("draining", sessions=len(self._open), drain_s=seconds)
        async with anyio.create_task_group() as tasks:
            for connection in self._open:
                tasks.start_soon(connection.warn, seconds)
        await self._wait_empty(seconds)
        for connection in self._open:
            connection.stop(_shutting_down())
        await self._wait_empty(_CLOSING_S)
        log.info("drained", sessions=len(self._open))

    async def _wait_empty(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            while self._open:
                self._changed = anyio.Event()
                await self._changed.wait()


def _shutting_down() -> ServiceError:
    return ServiceError("shutting_down", "the server is shutting down: resume")
