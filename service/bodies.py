"""Bodies of requests: small, unless an endpoint reads one as a stream and bounds it itself."""

import math
from typing import Final

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_BYTES: Final = 16 * 1024 * 1024
"""How much of a body that is too large is read and thrown away before the connection is closed:
a client that is cut off while it sends may never read why."""


def streams(request: Request) -> None:
    """From here on the endpoint bounds the body itself."""
    request.state.streams_body = True


class BoundBodies:
    """ASGI middleware: a body that is read whole has so many bytes at most, and none falls silent.

    FastAPI reads a JSON body into memory as a whole. A client that has vanished
    without a word would hold its connection, and what came of its body, for ever.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, idle_s: float) -> None:
        self._app, self._max_bytes, self._idle_s = app, max_bytes, idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        received, waited = 0, _IdleLimit(receive, self._idle_s)

        async def bounded() -> Message:
            nonlocal received
            while True:
                message = await waited()
                received += len(message.get("body", b""))
                if received <= self._max_bytes or scope["state"].get("streams_body"):
                    return message
                if not message.get("more_body") or received > self._max_bytes + LINGER_BYTES:
                    limit = f"a body may have {self._max_bytes} bytes here, the limit"
                    raise HTTPException(413, limit)

        await self._app(scope, bounded if scope["type"] == "http" else receive, send)


class _IdleLimit:
    """`receive`, until a body has said nothing for too long: then its client is taken for gone."""

    def __init__(self, receive: Receive, idle_s: float) -> None:
        self._receive, self._idle_s = receive, idle_s

    async def __call__(self) -> Message:
        message: Message = {"type": "http.disconnect"}
        with anyio.move_on_after(self._idle_s):
            message = await self._receive()
        if not message.get("more_body"):  # what comes now is that the client leaves, at any time
            self._idle_s = math.inf if message["type"] == "http.request" else 0
        return message
