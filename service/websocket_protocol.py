"""uvicorn's WebSocket protocol, with a limit on frames that no app is told of."""

import time
from asyncio.transports import BaseTransport
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import State

from service.rate import TokenBucket

FRAMES_HZ: Final = 250
BURST_FRAMES: Final = 1000
SMALL_BYTES: Final = 1024
"""A browser cuts a large message into larger pieces; a smaller one is the last of its message."""
FLOOD: Final = 4429
_SLICE: Final = 16 * 1024
"""Bytes read at a time: more frames could come at once than can be read without holding others
up."""


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Closes a connection on which too many pings, pongs or small pieces of messages come.

    Each takes a client six bytes, and the event loop, which all clients share, some 10 us. A ping
    is answered besides, whether the answers are read or not.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        """As in uvicorn, likewise below."""
        super().connection_made(transport)
        self._frames = TokenBucket(FRAMES_HZ, BURST_FRAMES)

    def data_received(self, data: bytes) -> None:
        """In slices, until it is closed."""
        for start in range(0, len(data), _SLICE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _SLICE])

    def handle_ping(self) -> None:
        """uvicorn answers at once."""
        if self._allows():
            super().handle_ping()

    def handle_pong(self, _: Frame) -> None:
        """Nobody has asked for it."""
        self._allows()

    def handle_cont(self, event: Frame) -> None:
        """What a message goes on with."""
        if len(event.data) >= SMALL_BYTES or self._allows():
            super().handle_cont(event)

    def _allows(self) -> bool:
        if self.transport.is_closing():
            return False
        allows = self._frames.take(time.monotonic())
        if not allows:
            self._close()
        return allows

    def _close(self) -> None:
        if self.conn.state is State.OPEN:
            self.conn.send_close(FLOOD, "flood")
            self.handle_parser_exception()
        else:  # it was not answered yet, or is closed already
            self.transport.close()
