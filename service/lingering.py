"""The lingering close: an answer that comes before a long body has ended ends the connection."""

from typing import Final

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_BYTES: Final = 1024 * 1024
"""So much of what is left of a body is read and thrown away at most."""
LINGER_S: Final = 2
"""A connection that is closed with bytes unread is reset, which may destroy the answer on its way:
for so long it is open still."""


class LingeringClose:
    """ASGI middleware: whoever answers early need not think of the rest of the body.

    Little of it uvicorn reads and drops, and the connection is good for the next request. Where
    more is left neither side moves it for nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            exchange = _Exchange(scope, receive, send)
            receive, send = exchange.receive, exchange.send
        await self._app(scope, receive, send)


class _Exchange:
    """One request and its answer: how much of the body is left as the answer begins."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._left = _length(Headers(scope=scope))
        self._closes = False

    async def receive(self) -> Message:
        message = await self._receive()
        more = message.get("more_body", False)
        self._left = self._left - len(message.get("body", b"")) if more else 0
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._closes = self._left > LINGER_BYTES
            if self._closes:
                MutableHeaders(scope=message)["Connection"] = "close"
        elif self._closes and not message.get("more_body"):
            # All that the client waits for; uvicorn closes at what says that there is no more.
            await self._send({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body"}
        await self._send(message)

    async def _linger(self) -> None:
        read = 0
        with anyio.move_on_after(LINGER_S):
            while self._left and read < LINGER_BYTES:
                read += len((await self.receive()).get("body", b""))
            if self._left:
                await anyio.sleep_forever()


def _length(headers: Headers) -> float:
    """Of a body, in bytes; infinite where it is not announced."""
    return float("inf") if "transfer-encoding" in headers else int(headers.get("content-length", 0))
