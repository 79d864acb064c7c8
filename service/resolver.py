"""The addresses of hosts' names, as the system's resolver says."""

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

import anyio

from service.addresses import Address

AT_ONCE: Final = 128
"""Names that are looked up at the same time, those that nobody waits for any more included: of 16
messages under way each may look another one up every 5 seconds, and a silent one takes 30."""


class Resolver:
    """Looks names up, each in a thread of its own.

    Where a name's servers are silent the system waits for up to half a minute, and cannot be told
    that nobody else does: such threads are to be missed by nobody, neither by the event loop nor
    by a process that ends.
    """

    def __init__(
        self, look_up: Callable[..., Any] = socket.getaddrinfo, *, at_once: int = AT_ONCE
    ) -> None:
        self._look_up = partial(look_up, port=None, type=socket.SOCK_STREAM)
        self._room = anyio.Semaphore(at_once)

    async def __call__(self, host: str) -> tuple[Address, ...]:
        """The addresses of a name; raises OSError."""
        await self._room.acquire()
        found: Future[Any] = Future()
        found.add_done_callback(partial(self._leave, asyncio.get_running_loop()))
        threading.Thread(target=self._find, args=(host, found), daemon=True).start()
        return tuple(ip_address(address[0]) for *_, address in await asyncio.wrap_future(found))

    def _find(self, host: str, found: Future[Any]) -> None:
        if found.set_running_or_notify_cancel():
            try:
                found.set_result(self._look_up(host))
            except Exception as error:
                found.set_exception(error)

    def _leave(self, loop: asyncio.AbstractEventLoop, _: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits for room
            loop.call_soon_threadsafe(self._room.release)
