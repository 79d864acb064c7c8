"""Where observations and commands wait for their turn: the newest wins, or nothing is lost."""

from collections import deque
from enum import Enum
from typing import Final, Generic, TypeVar

import anyio

T = TypeVar("T")

MOST_COMMANDS: Final = 64


class Place(Enum):
    """What an item is worth to who waits behind it."""

    FLEETING = "fleeting"
    """An observation that a newer one makes worthless."""
    SURE = "sure"
    """One that is looked at in any case."""
    COMMAND = "command"


class Mailbox(Generic[T]):
    """A bounded queue of one writer and one reader.

    Observations make the writer wait while it is full. But where the newest wins, one that is not
    late takes the place of another such that waits, which counts as `dropped`.
    """

    def __init__(self, capacity: int, *, newest_wins: bool) -> None:
        self.dropped = 0
        self._items: deque[tuple[T, Place]] = deque()
        self._capacity = capacity
        self._newest_wins = newest_wins
        self._closed = False
        self._changed = anyio.Event()

    @property
    def credit(self) -> int:
        """How many more it takes before a writer waits, or something is dropped."""
        return max(0, (1 if self._newest_wins else self._capacity) - self.observations)

    @property
    def first(self) -> T:
        """What waits longest; IndexError where nothing does."""
        return self._items[0][0]

    @property
    def observations(self) -> int:
        """How many wait, commands not counted."""
        return sum(place is not Place.COMMAND for _, place in self._items)

    async def put(self, observation: T, *, late: bool = False) -> None:
        """Leave an observation; one that is `late` is not replaced by a newer one."""
        if self._newest_wins and not late:
            self._drop_fleeting()
            self._append(observation, Place.FLEETING)
            return
        while self.observations >= self._capacity:
            await self._change()
        self._append(observation, Place.SURE)

    async def put_command(self, command: T) -> None:
        """Leave what is neither dropped nor takes an observation's place."""
        while len(self._items) >= self._capacity + MOST_COMMANDS:
            await self._change()
        self._append(command, Place.COMMAND)

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

    def _append(self, item: T, place: Place) -> None:
        self._items.append((item, place))
        self._changed.set()

    def _drop_fleeting(self) -> None:
        for at, (_, place) in enumerate(self._items):
            if place is Place.FLEETING:
                del self._items[at]
                self.dropped += 1
                return
