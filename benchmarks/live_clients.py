"""Clients that send 720p JPEGs in real time, and what became of each frame."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.frame_blocks import FPS
from blazereps_client import ImageAt, SessionStart
from blazereps_client.media import encode

_GRACE_S = 1.0
"""For so long the answer to the last frame is waited for."""
_APART = 0.618
"""Of a frame, and of a clip, between one session and the next: golden, so that any number is spread
evenly."""
_OPENS_S = 60.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server is talked to. It answers with acks: `seq`, how many were `processed`, and where
    it can be, how many of them were `passed_over`."""

    opening: str | None
    """The first message."""
    pack: Callable[[bytes, int, float], bytes]
    """A JPEG, its number and its seconds -> a message."""


def ours(start: SessionStart) -> Dialect:
    """The protocol, with such sessions."""
    return Dialect(
        start.model_dump_json(), lambda jpeg, seq, at_s: encode(ImageAt(at_s, jpeg), seq)
    )


BARE = Dialect(None, lambda jpeg, _seq, _at_s: jpeg)
"""What `competitor` takes."""


@dataclass(slots=True)
class Ledger:
    """One session's frames: when each was sent, and how long its answer took."""

    waits_s: dict[int, float] = field(default_factory=dict)
    """By number; those that were dropped are not there."""
    looked_at: float = 1.0
    """The share of the answers for which the server looked."""
    _sent_s: dict[int, float] = field(default_factory=dict)
    _processed: int = 0

    def sent(self, seq: int, now_s: float) -> None:
        """A frame goes out."""
        self._sent_s[seq] = now_s

    def answered(self, seq: int, processed: int, now_s: float, passed_over: int = 0) -> None:
        """All up to `seq` are done with: as many as have been processed since, and those the
        newest, have their answer now; the others were dropped."""
        self.looked_at = 1 - passed_over / max(processed, 1)
        done = [number for number in self._sent_s if number <= seq]
        fresh, self._processed = processed - self._processed, processed
        for place, number in enumerate(done, fresh - len(done)):
            sent_s = self._sent_s.pop(number)
            if place >= 0:
                self.waits_s[number] = now_s - sent_s


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when frames are looked at, in seconds after all have begun."""

    warm_s: float
    seconds: float

    @property
    def end_s(self) -> float:
        """Its end."""
        return self.warm_s + self.seconds

    def numbers(self, phase_s: float, fps: float) -> list[int]:
        """Of the frames due in it."""
        every = range(int(self.end_s * fps) + 1)
        return [n for n in every if self.warm_s <= phase_s + n / fps < self.end_s]


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one session's frames in the window."""

    due: int
    waits_s: list[float]
    """Of those that were answered."""
    late_s: list[float]
    """How late the client sent each: it is not to be what is measured."""
    looked_at: float
    """As `Ledger`, since the beginning."""


@dataclass(frozen=True, slots=True)
class Client:
    """One session that sends a clip over and over, `fps` a second."""

    dialect: Dialect
    jpegs: Sequence[bytes]
    fps: float
    phase_s: float
    """When its first frame is due."""
    window: Window
    ledger: Ledger = field(default_factory=Ledger)

    async def play(self, url: str, ready: asyncio.Barrier) -> Played:
        """Begin, wait until all are `ready`, send until the window ends."""
        async with connect(
            url, compression=None, ping_interval=None, proxy=None, open_timeout=_OPENS_S
        ) as socket:
            if self.dialect.opening:
                await socket.send(self.dialect.opening)
            await socket.recv()
            listening = asyncio.create_task(self._listen(socket))
            await ready.wait()
            late_s = await self._send(socket)
            await asyncio.sleep(_GRACE_S)
            listening.cancel()
        numbers, waits_s = self.window.numbers(self.phase_s, self.fps), self.ledger.waits_s
        answered_s = [waits_s[n] for n in numbers if n in waits_s]
        return Played(len(numbers), answered_s, late_s, self.ledger.looked_at)

    async def _send(self, socket: ClientConnection) -> list[float]:
        """In real time, as far as the server takes it; how late each was."""
        late_s, began_s = [], time.monotonic() + self.phase_s
        for seq in range(int((self.window.end_s - self.phase_s) * self.fps) + 1):
            due_s = began_s + seq / self.fps
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            now_s = time.monotonic()
            late_s.append(now_s - due_s)
            self.ledger.sent(seq, now_s)
            jpeg = self.jpegs[seq % len(self.jpegs)]
            await socket.send(self.dialect.pack(jpeg, seq, seq / self.fps))
        return late_s

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "ack":
                self.ledger.answered(
                    message["seq"],
                    message["processed"],
                    time.monotonic(),
                    message.get("passed_over", 0),
                )


async def play_all(url: str, clients: Sequence[Client], begun: Callable[[], None]) -> list[Played]:
    """All at once; `begun` is called when the first frames are due."""
    ready = asyncio.Barrier(len(clients) + 1)
    async with asyncio.TaskGroup() as tasks:
        playing = [tasks.create_task(client.play(url, ready)) for client in clients]
        await ready.wait()
        begun()
    return [task.result() for task in playing]


def clients_of(
    sessions: float, dialect: Dialect, clips: Sequence[Sequence[bytes]], window: Window
) -> list[Client]:
    """So many sessions of `FPS`; a part of one is one with that part of the rate.

    They send at moments that are spread over a frame, and begin at places that are spread over
    their clips: people do not begin, nor clips begin anew, all at once.
    """
    clients = []
    for number, fps in enumerate(rates_of(sessions)):
        share = number * _APART % 1
        jpegs = from_place(clips[number % len(clips)], share)
        clients.append(Client(dialect, jpegs, fps, share / fps, window))
    return clients


def from_place(jpegs: Sequence[bytes], share: float) -> Sequence[bytes]:
    """The clip from there on, then its beginning."""
    place = int(share * len(jpegs))
    return [*jpegs[place:], *jpegs[:place]]


def rates_of(sessions: float) -> list[float]:
    """So many sessions; a part of one is one with that part of the rate."""
    whole = int(sessions)
    part = [] if sessions == whole else [FPS * (sessions - whole)]
    return [FPS] * whole + part
