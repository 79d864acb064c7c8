"""When a webhook that was not taken is sent again, and when no more."""

import hashlib
from enum import StrEnum
from typing import Final

DELAYS_S: Final = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
"""From one try to the next: the example of Standard Webhooks up to its 10 hours, which once more
make a little over a day; its 14, 20 and 24 hours, to three days in all, are left out."""
JITTER: Final = 0.2
"""The share by which a delay is shorter or longer, so that many do not come at once."""
MAX_RETRY_AFTER_S: Final = max(DELAYS_S)
"""As long as a receiver may ask us to wait."""


class Outcome(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """To be tried again."""
    GONE = "gone"
    """Nobody wants to be told there: the endpoint is to be switched off."""


def outcome_of(status: int) -> Outcome:
    """What a status means, as Standard Webhooks suggests: 2xx, 410, or anything else."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    return Outcome.GONE if status == 410 else Outcome.FAILED


def next_try_s(
    attempt: int, delivery_id: str, *, retry_after_s: float | None = None
) -> float | None:
    """Seconds from a failed try to the next one, or None after the last.

    `attempt`: how many tries there were, 1 or more. The jitter comes from the delivery's id, so
    that the schedule of one delivery is the same whoever works it out. `retry_after_s`: what the
    receiver asked for; it makes the wait longer, never shorter, up to `MAX_RETRY_AFTER_S`.
    """
    if attempt > len(DELAYS_S):
        return None
    delay_s = DELAYS_S[attempt - 1] * (1 + JITTER * _spread(f"{delivery_id}:{attempt}"))
    return max(delay_s, min(retry_after_s or 0.0, MAX_RETRY_AFTER_S))


def _spread(name: str) -> float:
    """From -1 to 1, evenly over names."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**63 - 1
