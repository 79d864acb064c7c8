"""One client of the WebSocket: open a session, read and work side by side, drain, end."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

import anyio
from anyio import to_thread
from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from blazereps_client import messages
from blazereps_client.messages import ServerMessage
from blazereps_client.results import Document
from service import incoming
from service.auth import Caller
from service.chronicle import MAX_EVENTS
from service.core import Coming
from service.errors import UNAVAILABLE, ServiceError, internal_error, unavailable
from service.incoming import Incoming
from service.intake import Intake
from service.logs import get_logger
from service.media import Observation
from service.opening import Opened, Opening
from service.rate import TokenBucket
from service.sessions import Superseded
from service.state import AppState
from service.stream import Moment, Stream
from service.telemetry import Telemetry

log = get_logger(__name__)
T = TypeVar("T")

NORMAL: Final = 1000
ABNORMAL: Final = 1006
"""Said of a connection that was lost without a close code."""
POLICY_VIOLATION: Final = 1008
"""The close code of an error in the first message, where its own has none."""
BURST_S: Final = 4
"""For so long `max_messages_hz` may be exceeded at once."""
REST_S: Final = 1.0
"""After so long without anything the journal is brought up to date."""


class Connection:
    """One socket's life: open a session, read and work side by side, drain, summary."""

    def __init__(self, socket: WebSocket, state: AppState, caller: Caller) -> None:
        self._socket = socket
        self._state = state
        self._settings = state.settings
        self._caller = caller
        self._telemetry = Telemetry(state.metrics, state.new_spans())
        self._stream: Stream | None = None
        self._flood = TokenBucket(
            self._settings.max_messages_hz, BURST_S * self._settings.max_messages_hz
        )
        self._stopped: ServiceError | None = None
        self._scope = anyio.CancelScope()
        self.session_id = ""
        """The session that it serves, once there is one."""
        self.epoch = 1

    async def run(self, subprotocol: str | None) -> None:
        """Serve until the end, telling whatever ends it early."""
        await self._socket.accept(subprotocol)
        try:
            await self._converse()
            self._ended("finished", NORMAL)
        except Exception as error:
            await self._end_with(_first(error))

    def stop(self, error: ServiceError) -> None:
        """Say why, and close."""
        self._stopped = error
        self._scope.cancel()

    async def warn(self, left_s: float) -> None:
        """Say that the server shuts down in so many seconds."""
        with suppress(WebSocketDisconnect, TimeoutError, RuntimeError):
            await self._send(messages.GoingAway(left_s=left_s))

    async def _converse(self) -> None:
        opening = Opening(self._state, self._caller, self._telemetry)
        opened = await opening.open(await self._receive())
        await self._send_all(opened.greeting)
        self.session_id, self.epoch = opened.session_id, opened.epoch
        self._stream = stream = opened.stream
        if stream.summary is not None:
            if not opened.settled:
                await self._keep_workout(opened)
            await self._send(stream.summary)
        else:
            session = self._telemetry.session(self.session_id, stream.config.input)
            with self._state.connections.serving(self), session:
                await self._serve(opened)
        with suppress(WebSocketDisconnect, RuntimeError):  # who has the summary may be gone
            await self._socket.close()

    async def _serve(self, opened: Opened) -> None:
        stream = opened.stream
        self._intake = Intake(stream, self._settings.queue_frames)
        try:
            async with anyio.create_task_group() as tasks:
                self._scope = tasks.cancel_scope
                tasks.start_soon(self._watch)
                tasks.start_soon(self._work, opened)
                with anyio.move_on_after(self._settings.max_session_s) as lifetime:
                    await self._read()
                await self._intake.mailbox.close()
            if self._stopped is not None:
                raise self._stopped
            if lifetime.cancelled_caught:  # it has been ended, and has its summary
                limit = f"a connection may last {self._settings.max_session_s:g} s"
                raise ServiceError("session_too_long", limit)
            if stream.full:  # and so has this
                raise ServiceError("session_too_long", f"a session may tell {MAX_EVENTS} events")
        finally:
            if stream.summary is None:
                await self._leave(stream)

    async def _watch(self) -> None:
        """Show out whose key is good no more."""
        await self._state.authenticator.until_gone(self._caller)
        raise ServiceError("unauthorized", "the key is good no more")

    async def _leave(self, stream: Stream) -> None:
        """Whatever ended the connection, the session can go on."""
        with anyio.CancelScope(shield=True), suppress(Superseded):
            await self._step(stream.leave)

    async def _read(self) -> None:
        """Take messages until session.end."""
        while await self._read_one():
            pass  # what was read is let go of, before the next comes

    async def _read_one(self) -> bool:
        """Whether more may come; an error in a message is told and is the end of that only."""
        try:
            received = await self._receive()
        except ServiceError as error:
            self._allow()
            await self._refuse(error)
            return True
        if isinstance(received, messages.SessionEnd):
            return False
        for one in received if isinstance(received, list) else [received]:
            queues = self._intake.queues(one)
            if not queues:
                self._allow()
            try:
                await self._handle(one)
            except ServiceError as error:
                if queues:
                    self._allow()
                await self._refuse(error)
        return True

    async def _refuse(self, error: ServiceError) -> None:
        if error.rule.close_code is not None:
            raise error
        self._intake.refused += error.seq is not None
        await self._send(error.told(recoverable=True))

    def _allow(self) -> None:
        """Raises ServiceError `flood` when what waits in no queue comes too often."""
        if not self._flood.take(time.monotonic()):
            limit = f"{self._settings.max_messages_hz:g} messages a second are allowed"
            raise ServiceError("flood", limit)

    async def _receive(self) -> Incoming:
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
                await self._intake.take(message)
            case messages.Ping(nonce=nonce):
                now = datetime.now(UTC)
                await self._send(messages.Pong(nonce=nonce, server_time=now))
            case messages.SessionStart() | messages.SessionResume():
                raise ServiceError("already_started", "the session has been started already")
            case messages.SessionEnd():
                pass
            case _:
                await self._intake.mailbox.put_command(message)

    async def _work(self, opened: Opened) -> None:
        """One thing after the other."""
        stream = opened.stream
        while not stream.full and await self._more(stream):
            await self._send_all(await self._do_next(stream))
        last = await self._step(stream.finish)
        await self._keep_workout(opened)
        await self._send_all(last)
        self._scope.cancel()  # there is nobody to watch any more

    async def _more(self, stream: Stream) -> bool:
        """Wait for something, and rest meanwhile; False once nothing more will come."""
        while True:
            with anyio.move_on_after(REST_S):
                return await self._intake.mailbox.wait()
            await self._send_all(await self._step(stream.rest))

    async def _do_next(self, stream: Stream) -> list[ServerMessage]:
        """Through the core, in a thread, unless it is a picture that tells nothing new.

        Landmarks that wait are taken together: going to a thread costs as much as counting one.
        Pictures wait in the mailbox for a free thread: a newer one may take their place.
        """
        mailbox = self._intake.mailbox
        first = mailbox.first
        if isinstance(first, Observation) and stream.may_pass_over(first):
            mailbox.take()
            return stream.pass_over(first, self._intake.moment)
        if self._intake.landmarks:
            items = mailbox.take(self._settings.queue_frames)
            return await self._step(partial(stream.do, items), stream.coming(items))
        async with self._state.turns:
            return await self._step(partial(stream.do, mailbox.take()))

    async def _keep_workout(self, opened: Opened) -> None:
        """Kept before it is told."""
        owner, began_s = self._caller.owner, opened.began_s
        await self._state.harvest.finished(opened.session_id, owner, began_s, opened.stream)

    async def _send_all(self, listed: Iterable[ServerMessage]) -> None:
        for message in listed:
            await self._send(message)

    async def _step(self, step: Callable[[Moment], T], coming: Coming = ()) -> T:
        state = self._state
        if self._intake.landmarks:
            return await state.desk.do(partial(step, self._intake.moment), coming)
        return await to_thread.run_sync(step, self._intake.moment, limiter=state.inference)

    async def _send(self, message: Document) -> None:
        if isinstance(message, messages.ErrorMessage):
            self._state.metrics.failed(message.code)
        if self._socket.application_state is WebSocketState.DISCONNECTED:  # as another task found
            raise WebSocketDisconnect(ABNORMAL)
        with anyio.fail_after(self._settings.send_timeout_s), self._telemetry.sending():
            await self._socket.send_text(message.model_dump_json())

    async def _end_with(self, error: Exception) -> None:
        """Say what is to be said of it."""
        match error:
            case WebSocketDisconnect(code=code):
                self._ended("client_gone", code)
            case TimeoutError():
                self._ended("send_timeout", None)
            case Superseded():
                await self._fail(ServiceError("superseded", str(error)))
            case ServiceError():
                await self._fail(error)
            case _ if isinstance(error, UNAVAILABLE):
                await self._fail(unavailable(error))
            case _:
                log.exception("live session failed")
                await self._fail(internal_error())

    async def _fail(self, error: ServiceError) -> None:
        """Say it, close, and do not mind if nobody is there to hear it."""
        code = error.rule.close_code or POLICY_VIOLATION
        self._ended(error.code, code)
        with suppress(WebSocketDisconnect, TimeoutError, RuntimeError):
            await self._send(error.told(recoverable=False))
            await self._socket.close(code, error.code)

    def _ended(self, reason: str, close_code: int | None) -> None:
        self._state.metrics.connections_ended.labels(reason).inc()
        outcome = self._stream.outcome if self._stream else {}
        log.info("connection ended", reason=reason, close_code=close_code, **outcome)


def _first(error: Exception) -> Exception:
    """What came first where several tasks failed."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
