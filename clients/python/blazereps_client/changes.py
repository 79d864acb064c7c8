"""Waiting until something holds."""

import asyncio
from collections.abc import Callable


class Changes:
    """Whoever waits looks again whenever a change is told."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Something may hold now."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], object]) -> None:
        """Return once it holds."""
        while not holds():
            await self._changed.wait()
