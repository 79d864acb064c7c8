"""Keys that nobody has: how many of them may be tried from one address."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from cachetools import TTLCache

from service.errors import ServiceError
from service.rate import Buckets, TokenBucket
from service.tenants import KEY_PREFIX, digest_of

_KNOWN_S: Final = 3600
_MOST: Final = 10_000


class Guesses:
    """Who has tried too many keys that are none is refused before the next is looked up.

    A key that was good within the last hour is let through even so: where many callers share an
    address, one that guesses shuts nobody out who is in. Tokens do not count: a signature of 256
    bits is not guessed, and an old token is no guess.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._tries = Buckets[str]()
        self._known = TTLCache[str, bool](_MOST, _KNOWN_S, timer=clock)

    @contextmanager
    def counted(self, host: str, shown: str | None) -> Iterator[None]:
        """While what was shown from an address is looked up; ServiceError means: it is none.

        Raises ServiceError `too_many_requests` where there were too many before.
        """
        if shown is None or not shown.startswith(KEY_PREFIX):
            yield
            return
        digest = digest_of(shown)
        bucket = self._tries.of(_neighbourhood(host), per_minute=self._per_minute)
        counts = digest not in self._known
        if counts and not bucket.take(self._clock()):
            raise _too_many(self._per_minute, bucket)
        try:
            yield
        except ServiceError:
            self._known.pop(digest, None)
            raise
        except BaseException:  # nobody knows what it is: the database does not answer, or he left
            if counts:
                bucket.give_back()
            raise
        if counts:
            bucket.give_back()
        self._known[digest] = True


def _neighbourhood(host: str) -> str:
    """Whoever has one address of IPv6 has the 2**64 of its network."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Network((int(address), 64), strict=False))
    return host


def _too_many(per_minute: int, bucket: TokenBucket) -> ServiceError:
    limit = f"{per_minute} unknown keys a minute may be tried from one address"
    return ServiceError("too_many_requests", limit, retry_after_s=int(bucket.wait_s(1)) + 1)
