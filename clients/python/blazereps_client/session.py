"""A live session over asyncio."""

import asyncio
import inspect
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from blazereps_client.asked import Asked
from blazereps_client.backoff import asked_s, delays
from blazereps_client.changes import Changes
from blazereps_client.errors import LiveError
from blazereps_client.inbox import Inbox
from blazereps_client.media import Media, PoseAt
from blazereps_client.messages import (
    KeyframeRequest,
    ServerMessage,
    SessionCreated,
    SessionEnd,
    SessionStart,
    SessionSummary,
)
from blazereps_client.opening import CLOSE_TIMEOUT_S, Opening
from blazereps_client.pace import Pace
from blazereps_client.protocol import HEARTBEAT, Control, LiveProtocol
from blazereps_client.results import Document
from blazereps_client.told import Told

LIVE_PATIENCE_S, LOSSLESS_PATIENCE_S = 10, 60
"""How long the network may be silent; a server that holds a lossless sender back is it for long."""
SILENT_S = 1.0
"""Without a word, after which the server is pinged; after as long again nothing comes through."""
BEATS = 3
"""So often something is said in the time after which a server takes a session for idle."""
DEFAULT_START = SessionStart()

Message = TypeVar("Message", bound=Document)
Callback = Callable[[Message], object]


class LiveSession(Asked, Told):
    """An open session, see `connect`. Any task may send while another one iterates."""

    def __init__(self, opening: Opening, start: SessionStart, *, resume: bool) -> None:
        self._opening = opening
        self._protocol = LiveProtocol(start)
        self._resumes = resume
        self._changes = Changes()
        self._heard_s = 0.0
        self._over = False
        self._error: Exception | None = None
        self._inbox = Inbox()
        self._callbacks: list[tuple[type[Document], Callback[ServerMessage]]] = []
        self._calls: deque[tuple[Callback[ServerMessage], ServerMessage]] = deque()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> bool:
        """Whether what is sent now would be worked on; if not, skip a live picture.

        Raises LiveError where the session has ended early: it never will be.
        """
        self._check()
        return not self._over and self._protocol.ready

    @property
    def missed(self) -> int:
        """Messages that are gone, for too many came while nobody iterated.

        Of the oldest acks, states, landmarks and phases go first, anything else after them.
        """
        return self._inbox.missed

    def on(self, kind: type[Message], callback: Callback[Message]) -> None:
        """Call it, one message after the other, with each message of that class from here on.

        It may be a coroutine function. What it raises ends the session.
        """
        self._callbacks.append((kind, callback))  # type: ignore[arg-type]  # called with its kind

    async def send(self, media: Media) -> int:
        """Send one observation and give its sequence number; waits while the server is behind.

        While a lost connection is being resumed, `pacing: lossless` waits too; `live` does not, and
        takes as many again while what was held up is caught up with.
        """
        self._check()
        seq = self._protocol.send(media)
        await self._passed_on()
        return seq

    async def send_batch(self, poses: Sequence[PoseAt]) -> range:
        """Send several at once, in fewer messages, and give their sequence numbers.

        What cannot be sent is a WireError, and none of them is taken.
        """
        self._check()
        seqs = self._protocol.send_batch(poses)
        await self._passed_on()
        return seqs

    async def end(self) -> SessionSummary:
        """Say that no more media will come, wait until all is worked off, and give the summary.

        A session that has ended early, as for its age, gives its summary, too; else that is raised.
        """
        if self.summary is None:
            self._finish()
        await self._changes.until(lambda: self._over or self.summary)
        if self.summary is None or not isinstance(self._error, LiveError | None):
            raise self._failure()
        return self.summary

    async def __aiter__(self) -> AsyncGenerator[ServerMessage, None]:
        """Everything the server says after `session.created`, up to the summary.

        Raises LiveError where the session ends early. While nobody iterates, the last 4096
        messages are kept, see `missed`.
        """
        self._inbox.iterating = True
        try:
            while True:
                await self._changes.until(lambda: self._inbox or self._over)
                if not self._inbox:
                    break
                yield self._inbox.take()
                self._changes.tell()
        finally:
            self._inbox.iterating = False
            self._changes.tell()
        self._check()

    async def _open(self) -> None:
        self._socket = await self._shake_hands()
        self._tasks = [asyncio.create_task(task) for task in (self._run(), self._call_back())]

    async def _leave(self) -> None:
        """Callbacks hear the end; one's fault is raised unless that has been done."""
        if self.summary is not None:
            _, calling = self._tasks
            await calling
        if self._error is not None and not isinstance(self._error, LiveError):
            raise self._error

    async def _close(self) -> None:
        self._stop(LiveError("session_left", "the session has been left"))
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            await _hang_up(self._socket)

    def _finish(self) -> None:
        """Ask for the summary, once."""
        self._check()
        if not self._protocol.ending:
            self._protocol.say(SessionEnd())
            self._changes.tell()

    async def _say(self, message: Control) -> None:
        self._check()
        self._protocol.say(message)
        await self._passed_on()

    async def _passed_on(self) -> None:
        """Wait until what was taken is with the socket, or need not be."""
        self._changes.tell()
        await self._changes.until(lambda: self._over or not self._protocol.behind)
        self._check()

    def _check(self) -> None:
        if self._over and (self.summary is None or self._error is not None):
            raise self._failure()

    def _failure(self) -> Exception:
        return self._error or LiveError("session_ended", "the session is over")

    def _stop(self, error: Exception | None) -> None:
        if not self._over:
            self._over, self._error = True, error
        self._changes.tell()

    async def _run(self) -> None:
        """Talk until the session is over, through as many connections as that takes."""
        waits, came_to = delays(), -1
        try:
            while True:
                await self._talk(self._socket)
                if self.summary is not None:
                    return self._stop(self._protocol.conclude(self._socket.close_code))
                lost = self._protocol.lost(self._socket.close_code)
                self._changes.tell()
                if lost.recoverable:
                    self._ask_for_key()
                furthest_seq = self._protocol.furthest_seq
                if furthest_seq > came_to:  # else it is lost as soon as it is resumed
                    waits, came_to = delays(), furthest_seq
                self._socket = await self._reconnect(lost, waits)
        except Exception as error:
            self._stop(self._protocol.ended_by or error)

    @property
    def _resume_s(self) -> float:
        """For how long after a loss the session can be resumed."""
        limits = self._protocol.limits
        return limits.resume_s if limits and self._resumes else 0

    async def _reconnect(self, lost: LiveError, waits: Iterator[float]) -> ClientConnection:
        """Raises what was lost, or the last fault, once it is in vain."""
        give_up_s = time.monotonic() + self._resume_s
        for some_s in waits:
            delay_s = asked_s(lost.retry_after_s) + some_s
            if not lost.recoverable or time.monotonic() + delay_s > give_up_s:
                break
            await asyncio.sleep(delay_s)
            try:
                return await self._shake_hands()
            except LiveError as error:
                lost = error
        raise lost

    async def _shake_hands(self) -> ClientConnection:
        """A connection that is open for media."""
        socket = await self._opening.open()
        try:
            await socket.send(self._protocol.first())
            while not self._protocol.open:
                self._hear(await socket.recv())
        except ConnectionClosed:
            raise self._protocol.lost(socket.close_code) from None
        except BaseException:
            await _hang_up(socket)
            raise
        return socket

    async def _talk(self, socket: ClientConnection) -> None:
        """Say and hear, both until the connection is lost; after the summary not for long."""
        tasks = [
            asyncio.create_task(task(socket)) for task in (self._speak, self._sound, self._watch)
        ]
        try:
            with suppress(ConnectionClosed, TimeoutError):
                while self.summary is None:
                    self._hear(await socket.recv())
                    await self._changes.until(self._may_hear)
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    while True:
                        self._hear(await socket.recv())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _speak(self, socket: ClientConnection) -> None:
        assert self._protocol.limits is not None, "the session is open"
        pace = Pace(self._protocol.limits.max_messages_hz)
        beat_s = self._protocol.limits.idle_s / BEATS
        with suppress(ConnectionClosed):  # whoever listens is told too
            while True:
                message = self._protocol.next_to_send()
                if message is None:
                    self._changes.tell()
                    await self._more_to_say(socket, beat_s)
                    continue
                if self._protocol.limited or isinstance(message, str):
                    await asyncio.sleep(pace.wait_s(time.monotonic()))
                await socket.send(message)

    async def _more_to_say(self, socket: ClientConnection, beat_s: float) -> None:
        """Wait for it; who says nothing for long is taken for gone."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(beat_s):
                    return await self._changes.until(lambda: self._protocol.unsent)
            await socket.send(HEARTBEAT)

    async def _sound(self, socket: ClientConnection) -> None:
        """Ping whenever it is quiet."""
        with suppress(ConnectionClosed):
            while True:
                await self._quiet(SILENT_S)
                await (await socket.ping())
                self._notice()

    async def _watch(self, _: ClientConnection) -> None:
        """A network that is gone tells nobody."""
        while True:
            await self._quiet(2 * SILENT_S)
            self._protocol.stalled(True)
            self._ask_for_key()
            self._changes.tell()
            while time.monotonic() - self._heard_s > 2 * SILENT_S:
                await asyncio.sleep(SILENT_S)

    def _ask_for_key(self) -> None:
        """What is encoded from a key frame on can be decoded once the session is resumed."""
        wanted = self._protocol.config.input == "video" and not self._protocol.ending
        if wanted and self._resume_s:
            self._tell(KeyframeRequest())

    async def _quiet(self, for_s: float) -> None:
        """Return once nothing has been heard for so long."""
        while (left_s := self._heard_s + for_s - time.monotonic()) > 0:
            await asyncio.sleep(left_s)

    def _notice(self) -> None:
        self._heard_s = time.monotonic()
        self._protocol.stalled(False)
        self._changes.tell()

    def _hear(self, text: str | bytes) -> None:
        self._notice()
        message = self._protocol.receive(text)
        if message is not None and not isinstance(message, SessionCreated):
            self._tell(message)

    def _tell(self, message: ServerMessage) -> None:
        self._inbox.put(message)
        for kind, callback in self._callbacks:
            if isinstance(message, kind):
                self._calls.append((callback, message))
        self._changes.tell()

    def _may_hear(self) -> bool:
        """Who iterates slowly holds the server back, but nobody from the summary."""
        return self._inbox.has_room or self._protocol.ending

    async def _call_back(self) -> None:
        try:
            while True:
                await self._changes.until(lambda: self._calls or self._over)
                if not self._calls:
                    return
                callback, message = self._calls.popleft()
                result = callback(message)
                if inspect.isawaitable(result):
                    await result
                self._changes.tell()
        except Exception as error:
            self._over, self._error = True, error
            self._calls.clear()
            self._changes.tell()


async def _hang_up(socket: ClientConnection) -> None:
    """Closes it; who does not wait until the server has answered leaves no connection behind."""
    try:
        await socket.close()
    finally:
        socket.transport.abort()


@asynccontextmanager
async def connect(
    url: str,
    start: SessionStart = DEFAULT_START,
    *,
    key: str | None = None,
    token: str | None = None,
    ticket: str | None = None,
    resume: bool = True,
) -> AsyncIterator[LiveSession]:
    """Open a session; raises LiveError, also for what the network says.

    `key`, `token` or `ticket`: who you are, where the server wants to know. A ticket opens one
    connection only, so that nothing is resumed with it. `resume`: whether to go on with the session
    after a lost connection, for as long as the server keeps it.
    """
    session = make_session(url, start, key=key, token=token, ticket=ticket, resume=resume)
    await session._open()
    try:
        yield session
        await session._leave()
    finally:
        await session._close()


def make_session(
    url: str,
    start: SessionStart,
    *,
    key: str | None,
    token: str | None,
    ticket: str | None,
    resume: bool,
) -> LiveSession:
    """A session that is not open yet; raises ValueError where it is not clear who opens it."""
    if sum(one is not None for one in (key, token, ticket)) > 1:
        raise ValueError("give a key, a token or a ticket, not several")
    patience_s = LOSSLESS_PATIENCE_S if start.pacing == "lossless" else LIVE_PATIENCE_S
    opening = Opening(url, key if key is not None else token, ticket, patience_s)
    return LiveSession(opening, start, resume=resume and ticket is None)
