"""Bodies of requests: small, unless an endpoint reads one as a stream and bounds it itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_COMMAS: Final = 1000
"""Of a body that is read whole, so of its members and elements together: FastAPI gathers whatever
is wrong with each of them, and everything else waits meanwhile."""


def streams(request: Request) -> None:
    """From here on the endpoint bounds the body itself."""
    request.state.streams_body = True


class Bodies:
    """Those of requests that are still on their way."""

    def __init__(self) -> None:
        self._waits: set[anyio.CancelScope] = set()
        self._broken_off = False

    def break_off(self) -> None:
        """The server ends: whoever still sends is told so."""
        self._broken_off = True
        for wait in self._waits:
            wait.cancel()

    @contextmanager
    def awaited(self, seconds: float) -> Iterator[None]:
        """More of one is waited for, for so long; raises HTTPException 503 when broken off.

        FastAPI makes a 400 of any other exception while it reads a body itself.
        """
        with anyio.move_on_after(seconds) as wait:
            self._waits.add(wait)
            try:
                yield
            finally:
                self._waits.discard(wait)
        if self._broken_off and wait.cancelled_caught:
            raise HTTPException(503, "the server is shutting down", {"Retry-After": "1"})


class BoundBodies:
    """ASGI middleware: a body that is read whole is a small one, and none falls silent.

    FastAPI reads a JSON body into memory as a whole. A client that has vanished without a word
    would hold its connection, and what came of its body, for ever.
    """

    def __init__(self, app: ASGIApp, bodies: Bodies, max_bytes: int, idle_s: float) -> None:
        self._app, self._bodies = app, bodies
        self._max_bytes, self._idle_s = max_bytes, idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = commas = 0
        waited = _IdleLimit(receive, self._bodies, self._idle_s)

        async def bounded() -> Message:
            nonlocal received, commas
            message = await waited()
            if not scope["state"].get("streams_body"):
                body = message.get("body", b"")
                received, commas = received + len(body), commas + body.count(b",")
                self._check(received, commas)
            return message

        async def answering(message: Message) -> None:
            scope["state"]["streams_body"] = True  # what comes now nobody reads as a whole
            await send(message)

        await self._app(scope, bounded, answering)

    def _check(self, received: int, commas: int) -> None:
        if received > self._max_bytes:
            raise HTTPException(413, f"a body may have {self._max_bytes} bytes here, the limit")
        if commas > MAX_COMMAS:
            raise HTTPException(422, f"a body may have {MAX_COMMAS} commas here, the limit")


class _IdleLimit:
    """`receive`, until a body has said nothing for too long: then its client is taken for gone."""

    def __init__(self, receive: Receive, bodies: Bodies, idle_s: float) -> None:
        self._receive, self._bodies, self._idle_s = receive, bodies, idle_s
        self._whole = self._gone = False

    async def __call__(self) -> Message:
        message: Message = {"type": "http.disconnect"}
        if self._gone:
            return message
        if self._whole:  # what comes now is that the client leaves, at any time
            return await self._receive()
        with self._bodies.awaited(self._idle_s):
            message = await self._receive()
        self._whole = not message.get("more_body")
        self._gone = message["type"] == "http.disconnect"
        return message
