"""How often something may happen: steadily so often a second, and for a while more."""


class TokenBucket:
    """Fills with `rate` tokens a second up to `burst`; each event takes one."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at_s = burst, float("-inf")

    def take(self, now_s: float) -> bool:
        """Whether there is a token for an event at that time."""
        filled = self._tokens + self._rate * (now_s - self._at_s)
        self._tokens, self._at_s = min(self._burst, filled), now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
