"""How often something may happen: steadily so often a second, and for a while more."""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from cachetools import LRUCache

K = TypeVar("K", bound=Hashable)

MOST: Final = 10_000
"""Buckets remembered; who is forgotten begins anew."""


class TokenBucket:
    """Fills with `rate` tokens a second up to `burst`; each event takes one.

    In any `t` seconds there are at most `burst + rate * t` events.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at_s = burst, float("-inf")

    def take(self, now_s: float, tokens: int = 1) -> bool:
        """Whether there are tokens for an event at that time."""
        filled = self._tokens + self._rate * (now_s - self._at_s)
        self._tokens, self._at_s = min(self._burst, filled), now_s
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True

    def give_back(self) -> None:
        """The event that took the last token does not count."""
        self._tokens = min(self._burst, self._tokens + 1)

    @property
    def left(self) -> float:
        """Tokens after the last event."""
        return self._tokens

    def wait_s(self, tokens: float) -> float:
        """Seconds from the last event until there are so many."""
        return max(0.0, tokens - self._tokens) / self._rate


class Buckets(Generic[K]):
    """One for each name, of those that were asked for last."""

    def __init__(self) -> None:
        self._buckets = LRUCache[K, TokenBucket](MOST)

    def of(self, name: K, *, per_minute: int) -> TokenBucket:
        """Its bucket, full for a new name: so many events at once, and so many a minute."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = TokenBucket(per_minute / 60, per_minute)
        return bucket
