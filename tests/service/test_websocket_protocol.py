"""What a WebSocket may send beside messages."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from service.websocket_protocol import BURST_FRAMES, SMALL_BYTES, BoundedWebSocket
from tests.service.talk import Talk, talking
from tests.service.transport import Transport

GONE = (4429, 1006)
"""Who sends on hears of a reset, which may come first."""


def send(talk: Talk, frame: Frame, times: int = 1) -> None:
    """Frames that no client library would send."""
    wire = frame.serialize(mask=True)
    talk.socket.socket.sendall(wire * times)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(Opcode.PING, b""),
        Frame(Opcode.PING, bytes(125)),
        Frame(Opcode.PONG, b""),
        Frame(Opcode.CONT, b"", fin=False),
        Frame(Opcode.CONT, b"x", fin=False),
    ],
)
@pytest.mark.parametrize("begun", [True, False])
def test_a_flood_of_small_frames_ends_the_connection(
    address: str, frame: Frame, *, begun: bool
) -> None:
    with talking(address) as talk:
        if begun:
            talk.start()
        send(talk, Frame(Opcode.TEXT, b"{", fin=False))
        send(talk, frame, 2 * BURST_FRAMES)
        assert talk.close_code() in GONE


def test_a_ping_now_and_then_is_answered(address: str) -> None:
    with talking(address) as talk:
        talk.start()
        for _ in range(20):
            assert talk.socket.ping().wait(10)
        assert talk.end()


def test_a_message_may_come_in_large_pieces(address: str) -> None:
    piece = bytes(SMALL_BYTES)
    with talking(address) as talk:
        talk.start()
        talk.socket.send([piece] * (2 * BURST_FRAMES))
        assert talk.hear("error")["code"] == "invalid_header"


def test_whoever_floods_after_the_end_is_cut_off(address: str) -> None:
    with talking(address) as talk:
        talk.start()
        talk.end()
        send(talk, Frame(Opcode.PING, b""), 2 * BURST_FRAMES)
        with pytest.raises(ConnectionClosed):
            talk.socket.recv(timeout=5)


async def slow(_scope: Any, _receive: Any, _send: Any) -> None:
    await asyncio.sleep(3600)


def test_whoever_floods_before_it_is_answered_is_cut_off() -> None:
    client = ClientProtocol(parse_uri("ws://localhost/v1/live"))
    client.send_request(client.connect())

    async def flood() -> bool:
        transport = Transport()
        protocol = BoundedWebSocket(uvicorn.Config(slow, log_config=None), ServerState(), {})
        protocol.connection_made(transport)
        protocol.data_received(b"".join(client.data_to_send()))
        protocol.data_received(Frame(Opcode.PING, b"").serialize(mask=True) * 2 * BURST_FRAMES)
        return transport.closed

    assert asyncio.run(flood())
