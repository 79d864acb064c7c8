"""Uploads over a real socket straight into the storage."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import httpx2
import pytest
from fastapi import FastAPI, Request

from service.error_handlers import handle_errors
from service.server import serving
from service.settings import Settings
from service.storage import Storage
from service.uploads import upload_chunks
from tests.service.waiting import until

LIMIT = 1_000_000
FORM_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


@dataclass
class Place:
    """A server whose one endpoint stores what is put at `/{prefix}`."""

    storage: Storage
    address: str = ""
    received: int = 0
    broken: Queue[str] = field(default_factory=Queue)

    def app(self) -> FastAPI:
        app = FastAPI()
        handle_errors(app, lambda _: None)
        app.state.drain = self._nothing_to_drain

        @app.put("/{prefix}")
        async def upload(prefix: str, request: Request) -> dict[str, object]:
            name, chunks = await upload_chunks(request, max_bytes=LIMIT)
            try:
                offset = await self.storage.size(prefix)
                return {
                    "name": name,
                    "end": await self.storage.append(prefix, offset, self._counted(chunks), LIMIT),
                }
            except Exception as error:
                self.broken.put(type(error).__name__)
                raise

        return app

    async def _counted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self.received = 0
        async for chunk in chunks:
            self.received += len(chunk)
            yield chunk

    async def _nothing_to_drain(self) -> None: ...

    def wait_for(self, received: int) -> None:
        """Until the endpoint has so many bytes; raises AssertionError after ten seconds."""
        until(lambda: self.received == received, 10)

    def stored(self, prefix: str) -> bytes:
        async def read() -> bytes:
            return b"".join([part async for part in self.storage.stream(prefix)])

        return asyncio.run(read())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = Settings(port=0, data=tmp_path_factory.mktemp("data"))
    place = Place(Storage(Storage.of(settings).store, part_bytes=100_000))
    with serving(place.app(), settings) as place.address:
        yield place


@pytest.mark.parametrize("form", [False, True])
def test_an_upload_is_stored(place: Place, form: bool, tmp_path: Path) -> None:
    data = bytes(range(256)) * 3000
    url = f"http://{place.address}/whole-{form:d}"
    sent = {"files": {"file": ("a.mp4", data)}} if form else {"content": data}
    answer = httpx2.put(url, **sent)
    assert answer.json() == {"name": "a.mp4" if form else None, "end": len(data)}
    assert place.stored(f"whole-{form:d}") == data


@pytest.mark.parametrize("form", [False, True])
def test_what_came_before_the_client_left_is_stored(place: Place, form: bool) -> None:
    prefix, kind = f"broken-{form:d}", "multipart/form-data; boundary=b" if form else "video/mp4"
    head = (
        f"PUT /{prefix} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: 900000\r\n"
    )
    host, port = place.address.split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode() + b"\r\n" + FORM_HEAD * form + b"a" * 123_456)
        place.wait_for(123_456)  # what the server has not read when a client leaves is lost
    assert place.broken.get(timeout=10) == "ClientDisconnect"
    assert place.stored(prefix) == b"a" * 123_456
    rest = httpx2.put(f"http://{place.address}/{prefix}", content=b"b" * 44)
    assert rest.json() == {"name": None, "end": 123_500}


def test_a_file_too_large_is_told_so(place: Place) -> None:
    answer = httpx2.put(f"http://{place.address}/large", content=iter([bytes(LIMIT + 1)]))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
    assert place.broken.get(timeout=10) == "ServiceError"


def test_what_is_announced_too_large_is_not_waited_for(place: Place) -> None:
    host, port = place.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        head = f"PUT /announced HTTP/1.1\r\nHost: a\r\nContent-Length: {2**40}\r\n"
        client.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")
