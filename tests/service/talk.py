"""A bare client, for saying what the real one never would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from socket import SHUT_RDWR
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from blazereps_client.wire import Header, Kind
from service.landmarks import pack_pose
from tests.service.fakes import encoded, grey_pose

WAIT_S = 10


class Talk:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    def say(self, message: dict[str, Any] | str | bytes) -> None:
        self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    def start(self, **settings: Any) -> dict[str, Any]:
        self.say({"type": "session.start", **settings})
        return self.hear("session.created")

    def image(self, seq: int, at_s: float, level: int, **header: Any) -> None:
        head = Header(Kind.IMAGE, seq, round(at_s * 1e6), **header)
        self.say(head.pack() + encoded(level))

    def pose(self, seq: int, at_s: float, level: int) -> None:
        pose = grey_pose(level) if level else None
        self.say(Header(Kind.LANDMARKS, seq, round(at_s * 1e6)).pack() + pack_pose(pose))

    def hear(self, *types: str) -> dict[str, Any]:
        """The next message, or the next of these types."""
        while True:
            message: dict[str, Any] = json.loads(self.socket.recv(timeout=WAIT_S))
            self.heard.append(message)
            if not types or message["type"] in types:
                return message

    def end(self) -> dict[str, Any]:
        self.say({"type": "session.end"})
        return self.hear("session.summary")

    def close_code(self) -> int | None:
        try:
            while True:
                self.heard.append(json.loads(self.socket.recv(timeout=WAIT_S)))
        except ConnectionClosed:
            return self.socket.close_code

    def vanish(self) -> None:
        """Be gone without a word. A socket that is closed under its reader may never wake him."""
        self.socket.socket.shutdown(SHUT_RDWR)

    def of(self, *types: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["type"] in types]


def resume(talk: Talk, created: dict[str, Any], last_event_id: int = 0) -> dict[str, Any]:
    """Go on with the session that was created on another connection."""
    ask_to_resume(talk, created, last_event_id)
    return talk.hear("session.resumed")


def ask_to_resume(talk: Talk, created: dict[str, Any], last_event_id: float = 0) -> None:
    """What is answered is not heard yet."""
    talk.say({
        "type": "session.resume",
        "session_id": created["session_id"],
        "resume_token": created["resume_token"],
        "last_event_id": last_event_id,
    })  # fmt: skip


@contextmanager
def talking(address: str, *, query: str = "", **options: Any) -> Iterator[Talk]:
    url = f"ws://{address}/v1/live{query}"
    with connect(url, compression=None, proxy=None, **options) as socket:
        yield Talk(socket)
