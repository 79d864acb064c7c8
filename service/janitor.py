"""What is done behind the scenes: chores again and again, each by itself."""

from collections.abc import Awaitable, Callable, Mapping

import anyio

from service.logs import get_logger

log = get_logger(__name__)

Chore = Callable[[], Awaitable[None]]
"""Harmless where several do it or others at once, or one is killed in it."""


class Janitor:
    """Does chores by name, each in rounds of its own: one that takes its time holds up no other.

    What fails is done again in the next round.
    """

    def __init__(self, chores: Mapping[str, Chore], *, every_s: float) -> None:
        self._chores, self._every_s = chores, every_s
        self._scope = anyio.CancelScope()

    async def run(self) -> None:
        """Round after round, until it is stopped."""
        with self._scope:
            async with anyio.create_task_group() as tasks:
                for name, chore in self._chores.items():
                    tasks.start_soon(self._repeat, name, chore)

    def stop(self) -> None:
        """No more; what is under way is done again by the next who starts."""
        self._scope.cancel()

    async def _repeat(self, name: str, chore: Chore) -> None:
        while True:
            try:
                await chore()
            except Exception:
                log.exception("chore failed", chore=name)
            await anyio.sleep(self._every_s)
