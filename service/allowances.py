"""How many requests a caller may send, and what each answer says of that."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth import Caller
from service.rate import Buckets

WINDOW_S: Final = 60
HEADERS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")
_STARTS: Final = ("http.response.start", "websocket.http.response.start")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may still send: `remaining` of `limit` requests at once.

    `reset_s`: seconds until it is `limit` again or, where nothing remains, until it is one.
    """

    limit: int
    remaining: int
    reset_s: int
    granted: bool
    """Whether this request is within it."""

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-06, section 5.

        Later drafts put the same into `RateLimit`, which fewer clients know.
        """
        policy = f"{self.limit};w={WINDOW_S}"
        values = (str(self.limit), str(self.remaining), str(self.reset_s), policy)
        return dict(zip(HEADERS, values, strict=True))


class Allowances:
    """One bucket for each key and end user, in this process.

    `per_minute`: for keys that say nothing themselves.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._buckets = Buckets[tuple[str, str | None, int]]()

    def take(self, caller: Caller, requests: int = 1) -> Allowance:
        """Count a request of the caller's, or what is worth several, of which he has sent one."""
        limit = caller.requests_per_minute or self._per_minute
        name = (caller.key_id, caller.user, limit)  # a limit that was changed begins anew
        bucket = self._buckets.of(name, per_minute=limit)
        worth = max(1, min(requests, limit - 1))
        granted = bucket.take(self._clock(), worth)
        reset_s = math.ceil(bucket.wait_s(limit if granted and bucket.left >= 1 else worth))
        return Allowance(limit, int(bucket.left), reset_s, granted)


def grant(connection: HTTPConnection, allowance: Allowance) -> None:
    """Say it with the answer to this request, whatever that will be."""
    connection.state.allowance = allowance


class TellAllowance:
    """ASGI middleware: writes what was granted into the head of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def tell(message: Message) -> None:
            allowance: Allowance | None = scope.get("state", {}).get("allowance")
            if allowance is not None and message["type"] in _STARTS:
                MutableHeaders(scope=message).update(allowance.headers)
            await send(message)

        await self._app(scope, receive, tell)
