"""What is done behind the scenes: chores in rounds, each by itself."""

from collections.abc import Awaitable, Callable, Mapping

import anyio

from service.logs import get_logger

log = get_logger(__name__)

Chore = Callable[[], Awaitable[None]]
"""Harmless where several processes do it at once, or one is killed in it."""


class Janitor:
    """Does chores by name, in their order; what fails is done again in the next round."""

    def __init__(self, chores: Mapping[str, Chore], *, every_s: float) -> None:
        self._chores, self._every_s = chores, every_s
        self._scope = anyio.CancelScope()

    async def run(self) -> None:
        """Round after round, until it is stopped."""
        with self._scope:
            while True:
                await self.round()
                await anyio.sleep(self._every_s)

    def stop(self) -> None:
        """No more; what is under way is done again by the next who starts."""
        self._scope.cancel()

    async def round(self) -> None:
        """Each chore once."""
        for name, chore in self._chores.items():
            try:
                await chore()
            except Exception:
                log.exception("chore failed", chore=name)
