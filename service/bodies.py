"""Bodies of requests: small, unless an endpoint reads one as a stream and bounds it itself."""

from typing import Final

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
    """ASGI middleware: a body that is read whole has so many bytes at most.

    FastAPI reads a JSON body into memory before it asks who sends it.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        received = 0

        async def bounded() -> Message:
            nonlocal received
            while True:
                message = await receive()
                received += len(message.get("body", b""))
                if received <= self._max_bytes or scope["state"].get("streams_body"):
                    return message
                if not message.get("more_body") or received > self._max_bytes + LINGER_BYTES:
                    limit = f"a body may have {self._max_bytes} bytes here, the limit"
                    raise HTTPException(413, limit)

        await self._app(scope, bounded if scope["type"] == "http" else receive, send)
