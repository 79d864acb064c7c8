"""Live sessions for programs without asyncio: the same methods, which block.

with connect("ws://127.0.0.1:8000/v1/live") as session:
    session.send(ImageAt(0.0, jpeg))
    print(session.end().counts)
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import EllipsisType
from typing import Any, TypeVar

from blazereps_client import session as live
from blazereps_client import streaming
from blazereps_client.errors import LiveError
from blazereps_client.media import Media, PoseAt
from blazereps_client.messages import (
    Arm,
    Outputs,
    ServerMessage,
    SessionStart,
    SessionSummary,
    Subject,
)
from blazereps_client.session import DEFAULT_START, Callback, Message
from blazereps_client.told import Told

T = TypeVar("T")


class LiveSession(Told):
    """An open session, see `connect`. Any thread may send while another one iterates."""

    def __init__(self, session: live.LiveSession, loop: "_Loop") -> None:
        self._session = session
        self._protocol = session._protocol
        self._loop = loop
        self._run = loop.run

    @property
    def ready(self) -> bool:
        """Whether what is sent now would be worked on; if not, skip a live picture.

        Raises LiveError where the session has ended early: it never will be.
        """
        return self._session.ready

    @property
    def missed(self) -> int:
        """Messages that are gone, for too many came while nobody iterated.

        Of the oldest acks, states, landmarks and phases go first, anything else after them.
        """
        return self._session.missed

    def on(self, kind: type[Message], callback: Callback[Message]) -> None:
        """Call it, in a thread of its own, with each message of that class from here on.

        One message comes after the other. What it raises ends the session.
        """

        async def call(message: Message) -> None:
            await asyncio.to_thread(callback, message)

        self._session.on(kind, call)

    def send(self, media: Media) -> int:
        """Send one observation and give its sequence number; waits while the server is behind.

        While a lost connection is being resumed, `pacing: lossless` waits too; `live` does not.
        """
        return self._run(self._session.send(media))

    def send_batch(self, poses: Sequence[PoseAt]) -> range:
        """Send several at once, in fewer messages, and give their sequence numbers.

        What cannot be sent is a WireError, and none of them is taken.
        """
        return self._run(self._session.send_batch(poses))

    def update(
        self,
        *,
        exercise: str | None = None,
        subject: Subject | EllipsisType | None = ...,
        outputs: Outputs | None = None,
    ) -> None:
        """As `blazereps_client.session.LiveSession.update`."""
        self._run(self._session.update(exercise=exercise, subject=subject, outputs=outputs))

    def pause(self) -> None:
        """Nothing counts from here on."""
        self._run(self._session.pause())

    def resume(self, arm: Arm | None = None) -> None:
        """Everything counts from here on, or once what is to happen first has happened."""
        self._run(self._session.resume(arm))

    def reset(self, arm: Arm | None = None) -> None:
        """All counts go back to zero."""
        self._run(self._session.reset(arm))

    def ping(self, nonce: str = "") -> None:
        """Ask for a `pong`."""
        self._run(self._session.ping(nonce))

    def end(self) -> SessionSummary:
        """Say that no more media will come, wait until all is worked off, and give the summary."""
        return self._run(self._session.end())

    def __iter__(self) -> Iterator[ServerMessage]:
        """Everything the server says after `session.created`, up to the summary.

        Raises LiveError where the session ends early. While nobody iterates, the last 4096
        messages are kept, see `missed`.
        """
        return _each(aiter(self._session), self._loop)


@contextmanager
def connect(
    url: str,
    start: SessionStart = DEFAULT_START,
    *,
    key: str | None = None,
    token: str | None = None,
    ticket: str | None = None,
    resume: bool = True,
) -> Iterator[LiveSession]:
    """As `blazereps_client.connect`."""
    session = live.make_session(url, start, key=key, token=token, ticket=ticket, resume=resume)
    with _Loop() as loop:
        loop.run(session._open())
        try:
            yield LiveSession(session, loop)
            loop.run(session._leave())
        finally:
            loop.run(session._close())


def stream(
    url: str,
    media: Iterable[Media],
    start: SessionStart = DEFAULT_START,
    *,
    realtime: bool = False,
    key: str | None = None,
    token: str | None = None,
    ticket: str | None = None,
    resume: bool = True,
) -> Iterator[ServerMessage]:
    """As `blazereps_client.stream`."""
    told = streaming.stream(
        url, media, start, realtime=realtime, key=key, token=token, ticket=ticket, resume=resume
    )
    with _Loop() as loop:
        yield from _each(told, loop)


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "_Loop":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in the loop and wait for it; what interrupts the wait stops it, too."""
        if self._loop.is_closed():
            work.close()
            raise LiveError("session_left", "the session has been left")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()  # unless it is done

    async def _settle(self) -> None:
        """What other threads still wait for is answered first."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()


def _each(told: AsyncGenerator[ServerMessage, None], loop: _Loop) -> Iterator[ServerMessage]:
    turn = asyncio.Lock()  # a step that was interrupted takes a while to stop
    try:
        while (message := loop.run(_next(told, turn))) is not None:
            yield message
    finally:
        loop.run(_close(told, turn))


async def _next(
    told: AsyncGenerator[ServerMessage, None], turn: asyncio.Lock
) -> ServerMessage | None:
    async with turn:
        return await anext(told, None)


async def _close(told: AsyncGenerator[ServerMessage, None], turn: asyncio.Lock) -> None:
    async with turn:
        await told.aclose()
