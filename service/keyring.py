"""Keys that were looked up a moment ago: not every request need ask the database."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from cachetools import TTLCache

from service.auth import Keys
from service.tables import Key

REMEMBER_S: Final = 5.0
"""After so long at the latest a revoked key opens no door."""
_MOST: Final = 10_000


class KeyRing:
    """The keys that are good, as another `Keys` knows them; remembers only those that are."""

    def __init__(self, keys: Keys, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._by_digest = TTLCache[str, Key](_MOST, REMEMBER_S, timer=clock)
        self._by_id = TTLCache[str, Key](_MOST, REMEMBER_S, timer=clock)

    async def key_with(self, digest: str) -> Key | None:
        """The key that opens the door with this digest."""
        return await _remembered(self._by_digest, digest, self._keys.key_with)

    async def key(self, key_id: str) -> Key | None:
        """The key of that id."""
        return await _remembered(self._by_id, key_id, self._keys.key)


async def _remembered(
    cache: TTLCache[str, Key], name: str, look_up: Callable[[str], Awaitable[Key | None]]
) -> Key | None:
    key = cache.get(name)
    if key is None and (key := await look_up(name)) is not None:
        cache[name] = key
    return key
