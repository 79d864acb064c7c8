"""The addresses of hosts' names, as the system's resolver says."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

from service.addresses import Address

AT_ONCE: Final = 64
"""Names that are looked up at the same time, those that nobody waits for any more included."""


class Resolver:
    """Looks names up, each in a thread of its own.

    Where a name's servers are silent the system waits for up to half a minute, and cannot be told
    that nobody else does: such threads are to be missed by nobody, least of all by the event loop.
    """

    def __init__(
        self, look_up: Callable[..., Any] = socket.getaddrinfo, *, at_once: int = AT_ONCE
    ) -> None:
        self._look_up = partial(look_up, port=None, type=socket.SOCK_STREAM)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="resolver")

    async def __call__(self, host: str) -> tuple[Address, ...]:
        """The addresses of a name; raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._look_up, host)
        return tuple(ip_address(sockaddr[0]) for *_, sockaddr in found)
