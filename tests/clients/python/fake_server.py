"""A server that speaks the whole protocol, counts every fifth observation, and is cut at will."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from socket import SHUT_RDWR
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from blazereps_client import messages
from blazereps_client.messages import FROM_CLIENT
from blazereps_client.results import Document
from blazereps_client.wire import Kind, unpack, unpack_batch

REP_EVERY = 5
LIMITS: dict[str, float] = {
    "max_message_bytes": 8_000_000,
    "max_text_bytes": 65_536,
    "max_frame_bytes": 4_000_000,
    "max_frame_pixels": 25_000_000,
    "queue_frames": 8,
    "max_messages_hz": 5000,
    "idle_s": 30,
    "max_session_s": 7200,
    "resume_s": 5,
}


@dataclass(frozen=True)
class Cut:
    """How one connection ends: after so many messages, with a code or without a word."""

    after: int
    code: int | None = None
    error: str | None = None
    """The code of an error that is told first."""
    summary: bool = False
    """Whether the session has ended, and its summary is told before that."""


@dataclass
class Held:
    """What the server knows of a session."""

    log: list[int | str] = field(default_factory=list)
    """Every observation by its seq, and every other message by its type."""
    told: list[dict[str, Any]] = field(default_factory=list)
    seq: int | None = None
    reps: int = 0

    def copy(self) -> "Held":
        return replace(self, log=[*self.log], told=[*self.told])

    def observe(self, seq: int) -> dict[str, Any] | None:
        """The event, if there is one."""
        self.log.append(seq)
        self.seq = seq
        if sum(isinstance(one, int) for one in self.log) % REP_EVERY:
            return None
        self.reps += 1
        return self._tell(rep_counted(self.reps))

    def say(self, message: Any) -> dict[str, Any] | None:
        """Of a control message."""
        self.log.append(message.type)
        if not message.type.startswith("counting."):
            return None
        paused = message.type == "counting.pause"
        changed = {"type": "counting.changed", "counting": "paused" if paused else "counting"}
        return self._tell(changed)

    def _tell(self, event: dict[str, Any]) -> dict[str, Any]:
        event |= {"event_id": len(self.told) + 1, "at_s": 0.0, "counts": {"squat": self.reps}}
        self.told.append(event)
        return event


@dataclass
class FakeServer:
    """One session at a time; `cuts` are of its connections in turn, the others last."""

    cuts: Sequence[Cut] = ()
    store_every: int = 3
    limits: dict[str, float] = field(default_factory=dict)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    """HTTP statuses and codes for those who want to connect next."""
    retry_after: str | None = None
    """What they are told besides."""
    loses_summary: bool = False
    """The session is over, but the connection is cut before that is said."""
    ended: bool = False
    epoch: int = 0
    url: str = ""
    live: Held = field(default_factory=Held)
    stored: Held = field(default_factory=Held)
    start: dict[str, Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if not self.refusals:
            return None
        status, code = self.refusals.pop(0)
        problem = json.dumps({"code": code, "detail": "not now", "status": status})
        response = connection.respond(status, problem)
        if self.retry_after is not None:
            response.headers["Retry-After"] = self.retry_after
        return response

    def serve_one(self, connection: ServerConnection) -> None:
        cuts = self.cuts[self.epoch :]
        self.epoch += 1
        with suppress(ConnectionClosed):
            self._converse(connection, cuts[0] if cuts else None)

    def _converse(self, connection: ServerConnection, cut: Cut | None) -> None:
        self._greet(connection)
        for count, data in enumerate(chain([None], connection)):
            if data is not None and self._take(connection, data):
                return
            if cut is not None and count >= cut.after:
                self._cut(connection, cut)
                return

    def _greet(self, connection: ServerConnection) -> None:
        first = FROM_CLIENT.validate_json(connection.recv())
        if isinstance(first, messages.SessionStart):
            self.start, self.ended = first.model_dump(), False
            self.live, self.stored = Held(), Held()
            self._say(connection, {"type": "session.created", "resume_token": "t"} | self._facts())
            return
        assert isinstance(first, messages.SessionResume)
        if (first.session_id, first.resume_token) != ("s", "t"):
            self._say(connection, fatal("unknown_session"))
            connection.close(4404)
            return
        self.live = self.stored.copy()
        resumed = {
            "type": "session.resumed",
            "resumed_at_seq": self.live.seq,
            "last_event_id": len(self.live.told),
            "counts": {"squat": self.live.reps},
            "counting": "counting",
        }
        self._say(connection, resumed | self._facts())
        for event in self.live.told[first.last_event_id :]:
            self._say(connection, event)
        if self.ended:
            self._end(connection)

    def _end(self, connection: ServerConnection) -> None:
        self.ended = True
        self.stored = self.live.copy()
        if self.loses_summary:
            self.loses_summary = False
            self._cut(connection, Cut(0))
            return
        self._say(connection, summary(self.live))
        connection.close()

    def _facts(self) -> dict[str, Any]:
        facts = {"session_id": "s", "epoch": self.epoch, "exercises": ["squat"]}
        return facts | {"config": self.start, "limits": LIMITS | self.limits}

    def _take(self, connection: ServerConnection, data: str | bytes) -> bool:
        """Whether it was the last message."""
        if isinstance(data, bytes):
            for seq in seqs(data):
                self._observe(connection, seq)
            return False
        message = FROM_CLIENT.validate_json(data)
        if isinstance(message, messages.Ping):
            now = "2026-01-01T00:00:00Z"
            self._say(connection, {"type": "pong", "nonce": message.nonce, "server_time": now})
        elif isinstance(message, messages.SessionEnd):
            self._end(connection)
            return True
        else:
            self._tell(connection, self.live.say(message))
        return False

    def _observe(self, connection: ServerConnection, seq: int) -> None:
        if self.live.seq is not None and seq <= self.live.seq:
            self._say(connection, refused(seq))
            return
        self._tell(connection, self.live.observe(seq))
        if len(self.live.log) % self.store_every == 0:
            self.stored = self.live.copy()
        ack = {"type": "ack", "seq": seq, "credit": 8, "stored_seq": self.stored.seq}
        self._say(connection, ack)

    def _tell(self, connection: ServerConnection, event: dict[str, Any] | None) -> None:
        if event is not None:
            self.stored = self.live.copy()
            self._say(connection, event)

    def _say(self, connection: ServerConnection, message: dict[str, Any] | Document) -> None:
        connection.send(json.dumps(message))

    def _cut(self, connection: ServerConnection, cut: Cut) -> None:
        if cut.summary:
            self._say(connection, summary(self.live))
        if cut.error is not None:
            self._say(connection, fatal(cut.error))
        if cut.code is None:
            connection.socket.shutdown(SHUT_RDWR)
        else:
            connection.close(cut.code)


@contextmanager
def serving(fake: FakeServer) -> Iterator[FakeServer]:
    """It, on a free port."""
    server = serve(
        fake.serve_one,
        "127.0.0.1",
        0,
        compression=None,
        close_timeout=0.2,  # it does not read on while it waits for the answer to its close
        process_request=fake.refuse,
        select_subprotocol=lambda _, offered: offered[0] if offered else None,
    )
    with server:
        port = server.socket.getsockname()[1]
        fake.url = f"ws://127.0.0.1:{port}/v1/live"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


def seqs(data: bytes) -> list[int]:
    header, payload = unpack(data)
    if header.kind is Kind.BATCH:
        return [seq for seq, _, _ in unpack_batch(payload)]
    return [header.seq]


def fatal(code: str) -> dict[str, Any]:
    return {"type": "error", "code": code, "message": f"for {code}", "recoverable": False}


def refused(seq: int) -> dict[str, Any]:
    error = {"type": "error", "code": "seq_went_backwards", "message": "known already"}
    return error | {"recoverable": True, "seq": seq}


def rep_counted(count: int) -> dict[str, Any]:
    times = {"start_s": 0, "bottom_s": 0, "end_s": 0, "down_s": 0, "up_s": 0}
    quality = {"depth": 1, "confidence": 1, "grade": "full", "measures": {}}
    return {"type": "rep.counted", "exercise": "squat", "count": count} | times | quality


def summary(held: Held) -> dict[str, Any]:
    nothing = ("reps", "rejected", "sets", "holds", "unknown", "guidance")
    counts = {"squat": held.reps} if held.reps else {}
    processed = sum(isinstance(one, int) for one in held.log)
    told = {"type": "session.summary", "counts": counts, "processed": processed}
    return told | {name: [] for name in nothing}
