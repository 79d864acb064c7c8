"""What became of a session's observations: the books that acks and the summary tell of."""

from collections import Counter
from enum import Enum

from blazereps_client.messages import Flow
from service.metrics import Metrics


class Fate(Enum):
    """What became of one observation that had its turn."""

    LOOKED_AT = "looked_at"
    PASSED_OVER = "passed_over"
    """The person hardly moved."""
    SKIPPED = "skipped"
    """Encoded video of which newer waited."""
    DAMAGED = "damaged"


class Ledger:
    """One stream's; `flow` goes on from that of the connections before."""

    def __init__(self, source: str, metrics: Metrics) -> None:
        self._source, self._metrics = source, metrics
        self._fates = Counter[Fate]()
        self._before = self.flow = Flow()

    def go_on(self, before: Flow) -> None:
        """Those of the connections before come to this."""
        self._before = self.flow = before

    def enter(self, fate: Fate) -> None:
        """One more, told by the next `balance`."""
        self._fates[fate] += 1

    def balance(self, *, dropped: int, refused: int, queue_s: float | None = None) -> None:
        """Bring the flow up to date.

        `dropped`, `refused`: by this connection, before their turn; `queue_s`: how long the last
        one waited, as before if None.
        """
        before, last, fates = self._before, self.flow, self._fates
        self.flow = Flow(
            processed=before.processed + fates[Fate.LOOKED_AT] + fates[Fate.PASSED_OVER],
            passed_over=before.passed_over + fates[Fate.PASSED_OVER],
            dropped=before.dropped + dropped + fates[Fate.SKIPPED],
            refused=before.refused + refused + fates[Fate.DAMAGED],
            queue_ms=last.queue_ms if queue_s is None else round(queue_s * 1000, 1),
        )
        self._metrics.flowed(self._source, last, self.flow)
