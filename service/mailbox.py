"""Where observations wait for their turn: the newest frame wins, or nothing is lost."""

from collections import deque
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A bounded queue of one writer and one reader.

    Full, it either makes the writer wait (`lossless`) or gives up what waits for the newer item
    and counts it in `dropped`.
    """

    def __init__(self, capacity: int, *, lossless: bool) -> None:
        self.dropped = 0
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._lossless = lossless
        self._closed = False
        self._changed = anyio.Condition()

    @property
    def credit(self) -> int:
        """How many more it takes before it is full."""
        return self._capacity - len(self._items)

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: T) -> None:
        """Leave an item, waiting for room where nothing may be lost."""
        async with self._changed:
            while self._lossless and not self.credit:
                await self._changed.wait()
            if not self.credit:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._changed.notify_all()

    async def take(self) -> T | None:
        """The next item, waiting for it; None once it is closed and empty."""
        async with self._changed:
            while not self._items and not self._closed:
                await self._changed.wait()
            item = self._items.popleft() if self._items else None
            self._changed.notify_all()
            return item

    async def close(self) -> None:
        """Nothing more will come."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()
