"""The WebSocket `/v1/live`: media in, events out. docs/protocol.md is its specification."""

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast
from urllib.parse import urlsplit

import anyio
from anyio import to_thread
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from service import incoming, messages
from service.core import Session
from service.errors import ServiceError, internal_error
from service.exercises import new_session
from service.mailbox import Mailbox
from service.messages import SessionStart
from service.results import Document
from service.state import AppState, State
from service.stream import Moment, Observation, Picture, Stream

log = logging.getLogger(__name__)
router = APIRouter()

POLICY_VIOLATION = 1008
"""The close code of an error in the first message, where its own has none."""
RETRY_AFTER_S = 5


@router.websocket("/v1/live")
async def live(socket: WebSocket, state: State) -> None:
    """Serve one session, or say before the upgrade why not."""
    try:
        _check_origin(socket, state.settings.allowed_origins)
        with _seat(state):
            await Connection(socket, state).run()
    except ServiceError as refusal:
        await socket.send_denial_response(refusal.response())


@contextmanager
def _seat(state: AppState) -> Iterator[None]:
    try:
        state.seats.acquire_nowait()
    except anyio.WouldBlock:
        limit = f"all {state.settings.max_sessions} live sessions are in use"
        raise ServiceError("over_capacity", limit, retry_after_s=RETRY_AFTER_S) from None
    try:
        yield
    finally:
        state.seats.release()


def _check_origin(socket: WebSocket, allowed: frozenset[str]) -> None:
    """Browsers let any page open a WebSocket to any host, and say which page it was."""
    origin = socket.headers.get("origin")
    if origin is None or origin in allowed:
        return
    if urlsplit(origin).netloc != socket.headers.get("host"):
        raise ServiceError("origin_not_allowed", f"origin {origin} is not in allowed_origins")


class Connection:
    """One socket's life: start, read and work side by side, drain, summary."""

    def __init__(self, socket: WebSocket, state: AppState) -> None:
        self._socket = socket
        self._state = state
        self._settings = state.settings
        self._refused = 0
        self._last_at_s: float | None = None

    async def run(self) -> None:
        """Serve until the end, telling whatever ends it early."""
        await self._socket.accept()
        try:
            await self._converse()
        except* WebSocketDisconnect:
            log.info("client gone")
        except* TimeoutError:
            log.info("client read nothing for %g s", self._settings.send_timeout_s)
        except* ServiceError as group:
            await self._fail(cast(ServiceError, _first(group)))
        except* Exception:
            log.exception("live session failed")
            await self._fail(internal_error())

    async def _converse(self) -> None:
        start, session = await self._start()
        self._input = start.input
        lossless = start.pacing == "lossless" or start.input == "landmarks"
        capacity = self._settings.queue_frames if lossless else 1
        self._mailbox = Mailbox[Observation](capacity, lossless=lossless)
        tracker = self._state.core.engine.tracker(focus=start.focus)
        stream = Stream(tracker, session, start.outputs, self._settings.image_limits)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._work, stream)
            with anyio.move_on_after(self._settings.max_session_s) as lifetime:
                await self._read()
            if lifetime.cancelled_caught:
                limit = f"a session may last {self._settings.max_session_s:g} s"
                raise ServiceError("session_too_long", limit)
            await self._mailbox.close()
        await self._socket.close()

    async def _start(self) -> tuple[SessionStart, Session]:
        start = await self._receive()
        if not isinstance(start, SessionStart):
            raise ServiceError("start_expected", "the first message must be session.start")
        session = new_session(self._state.core.library, start.exercise, unknown=start.unknown)
        created = messages.SessionCreated(
            session_id=uuid.uuid4().hex,
            exercises=tuple(session.counts),
            config=start,
            limits=messages.Limits.model_validate(self._settings),
        )
        await self._send(created)
        return start, session

    async def _read(self) -> None:
        """Take messages until session.end; an error in one is told and is the end of that only."""
        while True:
            try:
                message = await self._receive()
                if isinstance(message, messages.SessionEnd):
                    return
                await self._handle(message)
            except ServiceError as error:
                if error.rule.close_code is not None:
                    raise
                self._refused += error.seq is not None
                await self._send(_told(error, recoverable=True))

    async def _receive(self) -> incoming.Control | Observation:
        limit_s = self._settings.idle_s
        try:
            with anyio.fail_after(limit_s):
                received = await self._socket.receive()
        except TimeoutError:
            raise ServiceError("idle", f"nothing was sent for {limit_s:g} s") from None
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received["code"], received.get("reason"))
        if (text := received.get("text")) is not None:
            limit = self._settings.max_text_bytes
            return incoming.read_text(text, max_bytes=limit, now_s=time.monotonic())
        return incoming.read_binary(received["bytes"], now_s=time.monotonic())

    async def _handle(self, message: incoming.Control | Observation) -> None:
        match message:
            case Observation():
                self._check(message)
                self._last_at_s = message.at_s
                await self._mailbox.put(message)
            case messages.Ping(nonce=nonce):
                await self._send(messages.Pong(nonce=nonce))
            case SessionStart():
                raise ServiceError("already_started", "the session has been started already")

    def _check(self, observation: Observation) -> None:
        last = self._last_at_s
        if isinstance(observation.seen, Picture) != (self._input == "frames"):
            fault = f"the session was started with input {self._input}"
            raise ServiceError("wrong_input", fault, field="kind", seq=observation.seq)
        if last is not None and observation.at_s <= last:
            fault = f"capture time {observation.at_s:.6f} s is not after {last:.6f} s"
            raise ServiceError("time_went_backwards", fault, field="at_s", seq=observation.seq)

    async def _work(self, stream: Stream) -> None:
        """One observation at a time through the core, in a thread."""
        while (seen := await self._mailbox.take()) is not None:
            step = await to_thread.run_sync(
                stream.observe, seen, self._moment(), limiter=self._state.inference
            )
            for message in step:
                await self._send(message)
        for message in stream.finish(self._moment()):
            await self._send(message)

    def _moment(self) -> Moment:
        return Moment(
            now_s=time.monotonic(),
            dropped=self._mailbox.dropped,
            refused=self._refused,
            waiting=len(self._mailbox),
            credit=self._mailbox.credit,
        )

    async def _send(self, message: Document) -> None:
        with anyio.fail_after(self._settings.send_timeout_s):
            await self._socket.send_text(message.model_dump_json())

    async def _fail(self, error: ServiceError) -> None:
        """Say it, close, and do not mind if nobody is there to hear it."""
        code = error.rule.close_code or POLICY_VIOLATION
        with suppress(WebSocketDisconnect, TimeoutError, RuntimeError):
            await self._send(_told(error, recoverable=False))
            await self._socket.close(code, error.code)


def _told(error: ServiceError, *, recoverable: bool) -> messages.ErrorMessage:
    return messages.ErrorMessage(
        code=error.code,
        message=str(error),
        recoverable=recoverable,
        field=error.field,
        seq=error.seq,
    )


def _first(group: BaseExceptionGroup[Exception]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
