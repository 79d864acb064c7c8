"""uvicorn's HTTP protocol, with limits on what comes before any app is asked."""

from asyncio import TimerHandle, Transport
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S: Final = 10.0
"""From the connection, or the first byte after an answer, to the end of a request's head."""
FREE_PIECES: Final = 1000
PIECE_BYTES: Final = 256
"""No network has smaller packets."""


class BoundedHttp(H11Protocol):
    """Closes a connection whose request does not begin in time, or comes in crumbs.

    A chunk of one byte takes a client six, and the event loop, which all clients share, some 25 us.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn = _Counted(h11.SERVER)
        self._head: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """As in uvicorn, likewise below."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """The time for a head begins once."""
        super().data_received(data)
        answered = self.conn.our_state is h11.DONE  # and what comes still is of its body
        if not answered and self.conn.their_state is not h11.IDLE:
            self._end_wait()
        elif self._head is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for."""
        self._end_wait()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Unless something else has been answered already."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _await_head(self) -> None:
        self._head = self.loop.call_later(HEAD_S, self.transport.close)

    def _end_wait(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


class _Counted(h11.Connection):
    """Refuses a body whose pieces are on average too small."""

    _pieces = _bytes = 0

    def next_event(self) -> Any:
        """As h11 has it."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._pieces, self._bytes = self._pieces + 1, self._bytes + len(event.data)
            if self._pieces > FREE_PIECES + self._bytes // PIECE_BYTES:
                raise h11.RemoteProtocolError("the body comes in too small pieces")
        return event
