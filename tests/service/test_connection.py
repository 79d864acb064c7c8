"""How a connection ends, said of clients that are gone at a certain moment."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from fastapi import WebSocket
from starlette.types import Message
from starlette.websockets import WebSocketState

from service.auth import SINGLE_USER
from service.connection import Connection
from service.core import Core
from service.metrics import Metrics
from service.running import running
from service.settings import Settings
from service.telemetry import NoSpans
from tests.service.fakes import FakeEngine, FakeLibrary

pytestmark = pytest.mark.anyio
Says = Callable[[Connection], AsyncIterator[dict[str, object]]]


class Client:
    """A socket of ASGI's, whose other end is gone once it has heard a message of that type."""

    def __init__(self, last: str) -> None:
        self._last = last
        self._gone = False
        self.says: AsyncIterator[dict[str, object]]

    async def receive(self) -> Message:
        return {"type": "websocket.receive", "text": json.dumps(await anext(self.says))}

    async def send(self, message: Message) -> None:
        if self._gone:
            raise OSError
        if message["type"] == "websocket.send":
            self._gone = json.loads(message["text"])["type"] == self._last


async def ended(client: Client, says: Says, data: Path) -> dict[str, float]:
    """The reasons for which connections ended, and how many did."""
    settings, metrics = Settings(data=data), Metrics()
    core = Core(FakeEngine(), FakeLibrary())
    async with running(settings, core, metrics, NoSpans) as state:
        socket = WebSocket({"type": "websocket"}, client.receive, client.send)
        socket.client_state = WebSocketState.CONNECTED
        connection = Connection(socket, state, SINGLE_USER)
        client.says = says(connection)
        await connection.run(None)
    (counted,) = metrics.connections_ended.collect()
    return {
        one.labels["reason"]: one.value for one in counted.samples if one.name.endswith("_total")
    }


async def test_who_goes_with_the_summary_has_finished(tmp_path: Path) -> None:
    async def says(_: Connection) -> AsyncIterator[dict[str, object]]:
        yield {"type": "session.start"}
        yield {"type": "session.end"}

    assert await ended(Client("session.summary"), says, tmp_path) == {"finished": 1}


async def test_who_is_gone_before_the_server_says_goodbye_is_no_fault(tmp_path: Path) -> None:
    async def says(connection: Connection) -> AsyncIterator[dict[str, object]]:
        yield {"type": "session.start"}
        await connection.warn(1)
        yield {"type": "session.end"}

    assert await ended(Client("session.created"), says, tmp_path) == {"client_gone": 1}
