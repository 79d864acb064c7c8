"""A WebSocket to a server, or the reason why there is none."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.http11 import Response
from websockets.typing import Subprotocol

from blazereps_client.backoff import retry_after_s
from blazereps_client.errors import LiveError

SUBPROTOCOL = Subprotocol("blazereps.v1")
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Reached without the proxy that the environment may name."""
PING_EVERY_S = 10
CLOSE_TIMEOUT_S = 2
PASSING_STATUSES = (408, 425, 429)
"""Too slow, too early and too many: as with every 5xx another attempt may be answered otherwise."""


class _Problem(BaseModel):
    """What is used of an error as RFC 9457 has it."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Opening:
    """How each connection of a session is opened."""

    url: str
    bearer: str | None
    """A key or a token."""
    ticket: str | None
    """For one connection only."""
    patience_s: float
    """How long an answer to a ping of the socket may take."""

    async def open(self) -> ClientConnection:
        """A connection; raises LiveError, also for what the network says."""
        try:
            return await connect_socket(
                self.url,
                subprotocols=self._subprotocols,
                additional_headers=self._headers,
                compression=None,
                max_size=MAX_MESSAGE_BYTES,
                proxy=self._proxy,
                ping_interval=PING_EVERY_S,
                ping_timeout=self.patience_s,
                close_timeout=CLOSE_TIMEOUT_S,
            )
        except InvalidStatus as refusal:
            raise _refused(refusal.response) from refusal
        except (OSError, WebSocketException) as error:
            passing = isinstance(error, OSError) or isinstance(error.__cause__, EOFError)
            what = f"cannot connect to {self.url}: {error}"
            raise LiveError("cannot_connect", what, recoverable=passing) from error

    @property
    def _subprotocols(self) -> Sequence[Subprotocol]:
        if self.ticket is None:
            return [SUBPROTOCOL]
        return [SUBPROTOCOL, Subprotocol(f"blazereps.ticket.{self.ticket}")]

    @property
    def _headers(self) -> Mapping[str, str]:
        return {} if self.bearer is None else {"Authorization": f"Bearer {self.bearer}"}

    @property
    def _proxy(self) -> Literal[True] | None:
        return None if urlsplit(self.url).hostname in LOOPBACK else True


def _refused(response: Response) -> LiveError:
    status = response.status_code
    recoverable = status in PASSING_STATUSES or status >= 500
    try:
        problem = _Problem.model_validate_json(response.body)
    except ValidationError:
        problem = _Problem(code="cannot_connect", detail=f"HTTP status {status}")
    asked = next(iter(response.headers.get_all("Retry-After")), None)
    after_s = retry_after_s(asked, time.time())
    return LiveError(problem.code, problem.detail, recoverable=recoverable, retry_after_s=after_s)
