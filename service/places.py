"""Places of which there are so many and no more, and of these a share for each caller."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from service.auth import Caller
from service.errors import ServiceError

RETRY_S: Final = 5
LEAST: Final = 2
"""However small a share is: who resumes what a lost connection still holds has two."""


class Places:
    """`most` for what goes on at once, which `what` names; nobody waits for one.

    Shares, of 1: what one tenant may have of them, and one of its end users. For one event loop.
    Every method raises ServiceError `over_capacity`, which names the limit.
    """

    def __init__(
        self, what: str, most: int, *, tenant_share: float = 1, user_share: float = 1
    ) -> None:
        self.free = most
        self._what, self._most = what, most
        self._of_tenant = share_of(most, tenant_share)
        self._of_user = share_of(most, user_share)
        self._taken = Counter[tuple[str, str | None]]()

    def check(self) -> None:
        """Whether one is free."""
        if not self.free:
            raise _full(f"{self._most} {self._what} at once are the limit")

    @contextmanager
    def one(self) -> Iterator[None]:
        """One of those that are free, while the context lasts, whosever it will be."""
        self.check()
        self.free -= 1
        try:
            yield
        finally:
            self.free += 1

    @contextmanager
    def of(self, caller: Caller) -> Iterator[None]:
        """One of the caller's share, while the context lasts, of what `one` gave."""
        tenant, user = (caller.tenant, None), (caller.tenant, caller.user)
        if self._taken[tenant] >= self._of_tenant:
            raise _full(f"{self._of_tenant} {self._what} of a tenant's at once are the limit")
        if caller.user is not None and self._taken[user] >= self._of_user:
            raise _full(f"{self._of_user} {self._what} of a user's at once are the limit")
        mine = Counter({tenant, user})
        self._taken += mine
        try:
            yield
        finally:
            self._taken -= mine

    @contextmanager
    def taken(self, caller: Caller) -> Iterator[None]:
        """One of both."""
        with self.one(), self.of(caller):
            yield


def share_of(most: int, share: float) -> int:
    """So many of so many."""
    return max(LEAST, int(most * share))


def _full(limit: str) -> ServiceError:
    return ServiceError("over_capacity", limit, retry_after_s=RETRY_S)
