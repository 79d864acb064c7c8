"""What comes before, and beside, a request that an app is asked."""

import asyncio
from socket import create_connection
from typing import Any

import h11
import pytest
import uvicorn
from uvicorn.server import ServerState

from service.http_protocol import FREE_PIECES, HEAD_S, PIECE_BYTES, BoundedHttp
from tests.service.transport import Transport

CHUNKED = b"Transfer-Encoding: chunked\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


class Loop(asyncio.SelectorEventLoop):
    """Its time passes as the test says."""

    now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds
        self.run_until_complete(asyncio.sleep(0))


async def silent(_scope: Any, _receive: Any, _send: Any) -> None:
    await asyncio.sleep(3600)


@pytest.fixture
def loop() -> Any:
    loop = Loop()
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture
def connected(loop: Loop) -> tuple[BoundedHttp, Transport]:
    config, transport = uvicorn.Config(silent, log_config=None), Transport()
    protocol = BoundedHttp(config, ServerState(), {}, loop)
    protocol.connection_made(transport)
    return protocol, transport


def test_a_head_that_does_not_come_is_not_waited_for(
    loop: Loop, connected: tuple[BoundedHttp, Transport]
) -> None:
    protocol, transport = connected
    for byte in HEALTH[: int(HEAD_S) - 1]:  # each a second after the one before
        loop.pass_time(1)
        protocol.data_received(bytes([byte]))
    assert not transport.closed
    loop.pass_time(1.1)
    assert transport.closed


def test_once_the_head_is_there_the_app_has_its_time(
    loop: Loop, connected: tuple[BoundedHttp, Transport]
) -> None:
    protocol, transport = connected
    protocol.data_received(HEALTH + b"\r\n")
    loop.pass_time(HEAD_S + 1)
    assert not transport.closed


def test_nor_is_the_rest_of_a_body_that_was_answered(
    loop: Loop, connected: tuple[BoundedHttp, Transport]
) -> None:
    protocol, transport = connected
    protocol.data_received(HEALTH + b"Content-Length: 9\r\n\r\n")
    protocol.conn.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
    protocol.conn.send(h11.EndOfMessage())
    protocol.data_received(b"x")
    loop.pass_time(HEAD_S - 1)
    protocol.data_received(b"x")
    assert not transport.closed
    loop.pass_time(1.1)
    assert transport.closed


def answer(address: str, request: bytes) -> bytes:
    host, _, port = address.partition(":")
    with create_connection((host, int(port)), 10) as socket:
        socket.sendall(request)
        return socket.recv(4096)


def crumbs(size: int, number: int) -> bytes:
    return f"{size:x}\r\n{'x' * size}\r\n".encode() * number


def test_a_body_in_crumbs_is_refused(address: str) -> None:
    head = b"POST /v1/clips HTTP/1.1\r\nHost: localhost\r\n" + CHUNKED + b"\r\n"
    assert b" 400 " in answer(address, head + crumbs(1, 2 * FREE_PIECES))


@pytest.mark.parametrize(("size", "number"), [(1, FREE_PIECES // 2), (PIECE_BYTES, 4000)])
def test_a_body_may_come_in_pieces(address: str, size: int, number: int) -> None:
    head = b"POST /v1/landmarks HTTP/1.1\r\nHost: localhost\r\n" + CHUNKED + b"\r\n"
    assert b"invalid_json" in answer(address, head + crumbs(size, number) + b"0\r\n\r\n")


def test_damage_after_the_answer_is_no_fault_of_the_servers(
    loop: Loop, connected: tuple[BoundedHttp, Transport]
) -> None:
    protocol, transport = connected
    protocol.data_received(HEALTH + CHUNKED + b"\r\n")
    protocol.conn.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
    protocol.data_received(b"no chunk\r\n")
    assert transport.closed
