"""How long to wait before each attempt to connect again."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

FIRST_S = 0.2
LONGEST_S = 5.0
MAX_ASKED_S = 60.0
"""As long as a server may ask for: what it says is a guess, and a session is not kept for ever."""


def delays(chance: Callable[[], float] = random.random) -> Iterator[float]:
    """Seconds: anything up to a bound that doubles, up to a limit, so that clients that a server
    lost at once do not come back at once."""
    bound_s = FIRST_S
    while True:
        yield chance() * bound_s
        bound_s = min(2 * bound_s, LONGEST_S)


def asked_s(retry_after_s: float | None) -> float:
    """How long a server that has asked for so much is left alone."""
    return min(retry_after_s or 0.0, MAX_ASKED_S)


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """How many seconds `Retry-After` (RFC 9110, section 10.2.3) asks for: a number or a date.

    `now_s`: seconds since 1970. None without the header or where it cannot be read.
    """
    if header is None:
        return None
    if re.fullmatch("[0-9]+", header):
        return float(header)
    try:
        at = parsedate_to_datetime(header)
        return max(0.0, at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now_s)
    except (ValueError, OverflowError):
        return None
