"""Where observations and commands wait for their turn: the newest wins, or nothing is lost."""

from collections import deque
from typing import Final, Generic, TypeVar

import anyio

T = TypeVar("T")

MOST_COMMANDS: Final = 64


class Mailbox(Generic[T]):
    """A bounded queue of one writer and one reader.

    Full, it either makes the writer wait (`lossless`) or gives up what waits for the newer item
    and counts it in `dropped`. What is not `droppable` waits its turn in either case.
    """

    def __init__(self, capacity: int, *, lossless: bool) -> None:
        self.dropped = 0
        self._items: deque[tuple[T, bool]] = deque()
        self._capacity = capacity
        self._lossless = lossless
        self._closed = False
        self._changed = anyio.Event()

    @property
    def credit(self) -> int:
        """How many more it takes before it is full."""
        return max(0, self._capacity - sum(droppable for _, droppable in self._items))

    @property
    def first(self) -> T:
        """What waits longest; IndexError where nothing does."""
        return self._items[0][0]

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: T, *, droppable: bool = True) -> None:
        """Leave an item, waiting for room where nothing may be lost."""
        while not self._room(droppable=droppable):
            await self._change()
        if droppable and not self.credit:
            self._drop_oldest()
        self._items.append((item, droppable))
        self._changed.set()

    async def wait(self) -> bool:
        """Wait for something; False once all is taken and nothing more will come."""
        while not self._items and not self._closed:
            await self._change()
        return bool(self._items)

    def take(self, most: int = 1) -> list[T]:
        """What waits, at most so much of it."""
        count = min(most, len(self._items))
        taken = [self._items.popleft()[0] for _ in range(count)]
        self._changed.set()
        return taken

    async def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._changed.set()

    async def _change(self) -> None:
        """Wait until something is done; only one of the two can have anything to wait for."""
        self._changed = anyio.Event()
        await self._changed.wait()

    def _room(self, *, droppable: bool) -> bool:
        if not droppable:
            return len(self._items) < self._capacity + MOST_COMMANDS
        return not self._lossless or self.credit > 0

    def _drop_oldest(self) -> None:
        oldest = next(n for n, (_, droppable) in enumerate(self._items) if droppable)
        del self._items[oldest]
        self.dropped += 1
