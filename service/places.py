"""Places of which there are so many and no more."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from service.errors import ServiceError

RETRY_S = 5


@contextmanager
def place(free: anyio.Semaphore, limit: str) -> Iterator[None]:
    """One of those that are free, while the context lasts; waits for none.

    Raises ServiceError `over_capacity`, which names the `limit`.
    """
    try:
        free.acquire_nowait()
    except anyio.WouldBlock:
        raise ServiceError("over_capacity", limit, retry_after_s=RETRY_S) from None
    try:
        yield
    finally:
        free.release()
