"""A typed client of live sessions. It needs none of the server's packages.

for message in stream("ws://127.0.0.1:8000/v1/live", images):
    print(message)
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Literal
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync import client
from websockets.sync.client import ClientConnection

from pose_engine.landmarks import Pose
from service.messages import (
    FROM_SERVER,
    ErrorMessage,
    Ping,
    ServerMessage,
    SessionCreated,
    SessionEnd,
    SessionStart,
    SessionSummary,
)
from service.wire import Header, Kind, pack_pose

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Reached without the proxy that the environment may name."""
DEFAULT_START = SessionStart()


class LiveError(RuntimeError):
    """The session could not begin or ended early; the message is the server's, if it gave one."""


@dataclass(frozen=True, slots=True)
class ImageAt:
    """An encoded image and when it was taken, in seconds from any origin."""

    at_s: float
    data: bytes
    rotation: int = 0
    """Degrees clockwise that make it upright: 0, 90, 180 or 270."""
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PoseAt:
    """Landmarks, or None for nobody, and when they were seen."""

    at_s: float
    pose: Pose | None


Media = ImageAt | PoseAt


class LiveSession:
    """An open session. One thread may send while another iterates over what the server says."""

    def __init__(self, connection: ClientConnection, created: SessionCreated) -> None:
        self._connection = connection
        self._seq = count()
        self.created = created

    def send(self, media: Media) -> int:
        """Send one observation and give its sequence number; waits while the server is behind."""
        seq, capture_us = next(self._seq), round(media.at_s * 1e6)
        if isinstance(media, PoseAt):
            header, payload = Header(Kind.LANDMARKS, seq, capture_us), pack_pose(media.pose)
        else:
            header = Header(Kind.IMAGE, seq, capture_us, media.rotation, media.mirrored)
            payload = media.data
        self._connection.send(header.pack() + payload)
        return seq

    def ping(self, nonce: str = "") -> None:
        """Ask for a `pong`."""
        self._connection.send(Ping(nonce=nonce).model_dump_json())

    def end(self) -> None:
        """Say that no more media will come; the summary follows what is still waiting."""
        self._connection.send(SessionEnd().model_dump_json())

    def __iter__(self) -> Iterator[ServerMessage]:
        """Everything the server says, up to the summary; raises LiveError when it ends early."""
        while True:
            message = _receive(self._connection)
            yield message
            if isinstance(message, SessionSummary):
                return


@contextmanager
def connect(url: str, start: SessionStart = DEFAULT_START) -> Iterator[LiveSession]:
    """Open a session; raises LiveError, also for what OSError says of the network."""
    proxy: Literal[True] | None = None if urlsplit(url).hostname in LOOPBACK else True
    try:
        opening = client.connect(url, compression=None, max_size=MAX_MESSAGE_BYTES, proxy=proxy)
    except InvalidStatus as error:
        body = error.response.body.decode(errors="replace")
        raise LiveError(f"HTTP {error.response.status_code}: {body}") from error
    except (OSError, WebSocketException) as error:
        raise LiveError(f"cannot connect to {url}: {error}") from error
    with opening as connection:
        connection.send(start.model_dump_json())
        created = _receive(connection)
        if not isinstance(created, SessionCreated):
            raise LiveError(f"expected session.created, not {created.type}")
        yield LiveSession(connection, created)


def stream(
    url: str,
    media: Iterable[Media],
    start: SessionStart = DEFAULT_START,
    *,
    realtime: bool = False,
) -> Iterator[ServerMessage]:
    """Stream media to the end, giving everything the server says from `session.created` on.

    `realtime` waits for each observation's own time, as a camera would. Raises LiveError, and
    whatever iterating over `media` raises.
    """
    with ThreadPoolExecutor(1) as pool, connect(url, start) as session:
        yield session.created
        feeding = pool.submit(_feed, session, media, realtime=realtime)
        yield from session
        feeding.result()


def _feed(session: LiveSession, media: Iterable[Media], *, realtime: bool) -> None:
    began_s: float | None = None
    with suppress(ConnectionClosed):  # whoever iterates is told why
        try:
            for one in media:
                if realtime:
                    began_s = time.monotonic() - one.at_s if began_s is None else began_s
                    time.sleep(max(0.0, began_s + one.at_s - time.monotonic()))
                session.send(one)
        finally:
            session.end()


def _receive(connection: ClientConnection) -> ServerMessage:
    try:
        message = FROM_SERVER.validate_json(connection.recv())
    except ConnectionClosed as error:
        raise LiveError(f"the connection was closed: {error}") from error
    if isinstance(message, ErrorMessage) and not message.recoverable:
        raise LiveError(f"{message.code}: {message.message}")
    return message
