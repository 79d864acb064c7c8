"""Connections to servers of others, of which only so much is read.

Interim answers (1xx) are read by the library, and may come without end.
"""

import ssl
from typing import Any

import httpcore2


class BoundedNetwork(httpcore2.AnyIOBackend):
    """Ends a connection with ReadError once more than `most` bytes have been read from it."""

    def __init__(self, most: int) -> None:
        self._most = most

    async def connect_tcp(self, *args: Any, **options: Any) -> httpcore2.AsyncNetworkStream:
        """As httpcore has it, likewise below."""
        return _Stream(await super().connect_tcp(*args, **options), self._most)


class _Stream(httpcore2.AsyncNetworkStream):
    def __init__(self, stream: httpcore2.AsyncNetworkStream, most: int) -> None:
        self._stream, self._most, self._read = stream, most, 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        self._read += len(data)
        if self._read > self._most:
            raise httpcore2.ReadError(f"more than {self._most} bytes were answered, the limit")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        secure = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _Stream(secure, self._most)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
