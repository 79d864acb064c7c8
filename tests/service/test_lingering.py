"""Answers that come before the body of their request has ended, to clients of several manners."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from service.lingering import LINGER_BYTES, LINGER_S
from service.tenants import new_key
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.waiting import until

KEY = new_key()
MUCH = 2**30
PIECE = bytes(2**16)


@pytest.fixture(scope="module")
def address(serve: Serve) -> Iterator[str]:
    with serve(keys={"app": KEY}, max_clip_bytes=MUCH) as address:
        yield address


@contextmanager
def asking(address: str, what: str, *headers: str, key: str = KEY) -> Iterator[socket.socket]:
    """A client that has sent a head alone."""
    host, port = address.split(":")
    lines = (f"{what} HTTP/1.1", "Host: a", f"Authorization: Bearer {key}", *headers, "", "")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall("\r\n".join(lines).encode())
        yield client


def answer_to(client: socket.socket) -> tuple[int, str]:
    """Status and head, once all of the answer is there."""
    told = b""
    while not told.endswith(b"}"):
        piece = client.recv(65536)
        assert piece, told
        told += piece
    head = told.partition(b"\r\n\r\n")[0].decode().lower()
    return int(head.split()[1]), head


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("POST /v1/clips?exercise=none", 404),
        ("POST /v1/clips", 413),
        ("POST /v1/poses", 413),
        ("POST /v1/uploads", 412),
        ("PUT /nowhere", 404),
        ("GET /v1/exercises", 200),
    ],
)
@pytest.mark.parametrize("more", ["Expect: 100-continue", "X: "])
def test_a_long_body_is_not_waited_for(address: str, what: str, status: int, more: str) -> None:
    with asking(address, what, f"Content-Length: {MUCH + 1}", more) as client:
        told, head = answer_to(client)
        assert (told, "connection: close" in head) == (status, True), head
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


def test_json_is_refused_once_there_is_too_much(address: str) -> None:
    with asking(address, "POST /v1/tokens", f"Content-Length: {MUCH}") as client:
        client.sendall(bytes(100_000))
        status, head = answer_to(client)
    assert (status, "connection: close" in head) == (413, True)


def test_of_a_body_of_unknown_length_no_end_is_waited_for(address: str) -> None:
    with asking(address, "POST /v1/clips", "Transfer-Encoding: chunked", key="br_no") as client:
        client.sendall(b"1\r\na\r\n")
        status, head = answer_to(client)
    assert (status, "connection: close" in head) == (401, True)


def test_who_reads_nothing_until_all_is_sent_learns_why(address: str) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        while sent < MUCH:
            sent += len(PIECE)
            yield PIECE

    url = f"http://{address}/v1/clips"
    answer = httpx2.post(url, content=body(), headers={"Authorization": "Bearer br_no"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert LINGER_BYTES < sent < MUCH / 4  # what the kernels of both sides take in between


def test_the_answer_can_be_read_before_the_connection_is_reset(address: str) -> None:
    with asking(address, "POST /v1/clips?exercise=none", f"Content-Length: {MUCH}") as client:
        client.setblocking(False)
        began = time.monotonic()
        while time.monotonic() < began + LINGER_S / 2:
            try:
                client.send(PIECE)
            except BlockingIOError:
                time.sleep(0.01)
        client.settimeout(10)
        assert answer_to(client)[0] == 404
        with pytest.raises(ConnectionError):
            client.sendall(bytes(2**26))


def test_after_a_short_body_the_connection_is_good_for_more(address: str) -> None:
    length = LINGER_BYTES // 2
    with asking(address, "POST /v1/clips?exercise=none", f"Content-Length: {length}") as client:
        assert answer_to(client)[0] == 404
        client.sendall(bytes(length))
        client.sendall(b"GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answer_to(client)[0] == 404


def test_what_is_sent_along_with_a_question_ends_no_stream(address: str) -> None:
    with calling(address, KEY) as client:
        clip = client.post("/v1/clips", content=b"no video").headers["location"]
        with asking(address, f"GET {clip}/events", "Content-Length: 200000") as follower:
            assert follower.recv(65536).startswith(b"HTTP/1.1 200 ")
            follower.sendall(bytes(200_000))
            until(lambda: client.get(clip).json()["status"] == "failed")
            told = b""
            while not told.endswith(b"\r\n0\r\n\r\n"):
                told += follower.recv(65536) or b"it broke off"
                assert b"it broke off" not in told
