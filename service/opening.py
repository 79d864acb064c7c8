"""How a connection comes by its session: it is begun, or gone on with as it was kept."""

import secrets
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from anyio import to_thread

from blazereps_client.messages import (
    EventMessage,
    Limits,
    ServerMessage,
    SessionCreated,
    SessionResume,
    SessionResumed,
    SessionStart,
)
from service.auth import Caller
from service.errors import ServiceError
from service.incoming import Incoming
from service.journal import Journal
from service.logs import get_logger
from service.sessions import Kept, NoSession
from service.state import AppState
from service.stream import Stream, StreamError, resume
from service.telemetry import Telemetry

log = get_logger(__name__)

EVENTS_A_REQUEST: Final = 500
"""Of a session that is resumed: so many take the time of a request."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that its connection serves from here on."""

    session_id: str
    epoch: int
    """How often it was begun or resumed until it was so here."""
    stream: Stream
    began_s: float
    """In seconds since 1970."""
    settled: bool
    """Whether what it came to is kept already."""
    greeting: tuple[ServerMessage, ...]
    """What is said first."""


class Opening:
    """Begins or resumes a session for one caller."""

    def __init__(self, state: AppState, caller: Caller, telemetry: Telemetry) -> None:
        self._state, self._caller, self._telemetry = state, caller, telemetry
        self._image_limits = state.settings.image_limits
        self._limits = Limits.model_validate(state.settings)

    async def open(self, first: Incoming) -> Opened:
        """What the first message asks for.

        Raises SessionsAway, and ServiceError `start_expected` where it asks for nothing of the
        kind, `unknown_exercise`, `unknown_session` and `too_many_requests`.
        """
        match first:
            case SessionStart():
                opened = await self._begin(first)
                event, counter = "session begun", self._state.metrics.sessions_begun
            case SessionResume():
                opened = await self._go_on(first)
                event, counter = "session resumed", self._state.metrics.sessions_resumed
            case _:
                fault = "the first message must be session.start or session.resume"
                raise ServiceError("start_expected", fault)
        structlog.contextvars.bind_contextvars(session_id=opened.session_id)
        config = opened.stream.config
        log.info(event, epoch=opened.epoch, input=config.input, exercise=config.exercise)
        counter.inc()
        return opened

    async def _begin(self, start: SessionStart) -> Opened:
        session_id, token = uuid.uuid4().hex, secrets.token_urlsafe(24)
        store = self._state.sessions
        journal = Journal(store, session_id, epoch=1)
        stream = Stream(self._state.core, start, self._image_limits, journal, self._telemetry)
        begin = partial(store.begin, session_id, token, self._caller.owner, stream.state())
        created = SessionCreated(
            session_id=session_id,
            resume_token=token,
            exercises=tuple(stream.counts),
            config=start,
            limits=self._limits,
        )
        began_s = await to_thread.run_sync(begin)
        return Opened(session_id, 1, stream, began_s, settled=False, greeting=(created,))

    async def _go_on(self, wanted: SessionResume) -> Opened:
        try:
            kept = await to_thread.run_sync(self._kept, wanted)
            self._charge(kept, wanted.last_event_id)
            stream, missed = await to_thread.run_sync(self._resumed, kept, wanted.last_event_id)
        except NoSession as error:
            raise ServiceError("unknown_session", str(error)) from error
        except StreamError as error:
            log.warning("session not resumed", session_id=wanted.session_id, error=error.cause)
            raise ServiceError("unknown_session", str(error)) from error
        resumed = SessionResumed(
            session_id=kept.session_id,
            epoch=kept.epoch,
            resumed_at_seq=stream.seq,
            last_event_id=stream.last_event_id,
            counts=stream.counts,
            counting=stream.counting,
            exercises=tuple(stream.counts),
            config=stream.config,
            limits=self._limits,
        )
        greeting = (resumed, *missed)
        return Opened(kept.session_id, kept.epoch, stream, kept.began_s, kept.settled, greeting)

    def _kept(self, wanted: SessionResume) -> Kept:
        store = self._state.sessions
        return store.resume(wanted.session_id, wanted.resume_token, self._caller.owner)

    def _charge(self, kept: Kept, last_event_id: int) -> None:
        """Reading what was told takes time, and telling it again ten times as much."""
        if self._state.authenticator.single_user:
            return
        again = sum(event_id > last_event_id for event_id, _ in kept.events)
        if requests := (len(kept.events) + 10 * again) // EVENTS_A_REQUEST:
            allowance = self._state.allowances.take(self._caller, requests)
            if not allowance.granted:
                fault = f"so many events as are told again count as {requests} requests"
                raise ServiceError("too_many_requests", fault)

    def _resumed(self, kept: Kept, last_event_id: int) -> tuple[Stream, list[EventMessage]]:
        store = self._state.sessions
        stream = resume(self._state.core, self._image_limits, store, self._telemetry, kept)
        try:
            return stream, stream.missed(last_event_id)
        except ValueError as error:
            raise StreamError("what was told is damaged: start a new session") from error
