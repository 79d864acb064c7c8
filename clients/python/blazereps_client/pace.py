"""Not more messages a second than the server takes."""

BURST_S = 1.0
"""For so long the rate may be exceeded at once; a server allows some seconds."""
SHARE = 0.9
"""Of what is allowed: clocks differ, and what the network holds up arrives at once."""


class Pace:
    """Spreads messages out; `per_s`: how many a second are allowed."""

    def __init__(self, per_s: float) -> None:
        self._step_s = 1 / (SHARE * per_s)
        self._due_s = 0.0

    def wait_s(self, now_s: float) -> float:
        """How long to wait before the next message, which counts as sent."""
        self._due_s = max(self._due_s, now_s) + self._step_s
        return max(0.0, self._due_s - self._step_s - BURST_S - now_s)
