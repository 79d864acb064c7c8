"""A stream on a fake core, whose journal writes into a store in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from blazereps_client.messages import SessionStart
from pose_engine.frames import ImageLimits
from service.core import Core
from service.journal import Journal
from service.metrics import Metrics
from service.sessions import Kept, NoSession, StoredEvent, Superseded
from service.stream import Moment, Stream
from service.telemetry import NoSpans, Telemetry
from tests.service.fakes import FakeEngine, FakeLibrary

CORE = Core(FakeEngine(), FakeLibrary())


class MemorySessions:
    """Keeps sessions in memory, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.saved = 0
        self.touched = 0
        self.kept: dict[str, Kept] = {}
        self.tokens: dict[str, str] = {}

    def begin(self, session_id: str, token: str, owner: str, state: str) -> None:
        self.kept[session_id] = Kept(session_id, owner, 1, state, (), began_s=0.0, settled=False)
        self.tokens[session_id] = token + owner

    def save(
        self, session_id: str, epoch: int, state: str, events: Sequence[StoredEvent] = ()
    ) -> None:
        before = self._mine(session_id, epoch)
        self.saved += 1
        self.kept[session_id] = replace(before, state=state, events=(*before.events, *events))

    def touch(self, session_id: str, epoch: int) -> None:
        self._mine(session_id, epoch)
        self.touched += 1

    def resume(self, session_id: str, token: str, owner: str) -> Kept:
        if self.tokens.get(session_id) != token + owner:
            raise NoSession(session_id)
        before = self.kept[session_id]
        self.kept[session_id] = replace(before, epoch=before.epoch + 1)
        return self.kept[session_id]

    def _mine(self, session_id: str, epoch: int) -> Kept:
        kept = self.kept[session_id]
        if kept.epoch != epoch:
            raise Superseded(session_id)
        return kept


def new_stream(
    start: SessionStart, store: MemorySessions | None = None, core: Core = CORE
) -> Stream:
    store = store or MemorySessions()
    telemetry = Telemetry(Metrics(), NoSpans())
    stream = Stream(core, start, ImageLimits(), Journal(store, "a", epoch=1), telemetry)
    store.begin("a", "token", "", stream.state())
    return stream


def landmarks(**settings: Any) -> SessionStart:
    return SessionStart(exercise="squat", input="landmarks", **settings)


def moment(now_s: float, *, dropped: int = 0, refused: int = 0, waiting: int = 0) -> Moment:
    return Moment(now_s, dropped, refused, waiting, credit=8 - waiting)
