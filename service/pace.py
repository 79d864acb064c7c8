"""Advice on how many frames to send, and how large: from what became of the last seconds'."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from blazereps_client.messages import RateAdvice

WINDOW_S: Final = 5.0
REPEAT_S: Final = 30.0
"""The same is said so often at most."""
MOST_DROPPED: Final = 0.1
"""More than this share of frames dropped is too many for this server now."""
MOST_BEHIND: Final = 0.2
"""So is falling behind the sender's clock by this share while something always waits."""
LEAST_FPS: Final = 8.0
"""Below it quick repetitions get lost (docs/invariance.md)."""
GOOD_FPS: Final = 15.0
LONG_SIDE_PX: Final = 1280
"""Larger pictures cost time and tell no more."""
GOOD_SIDE_PX: Final = 640


@dataclass(slots=True)
class _Window:
    """What came since it was opened."""

    opened_s: float
    first_at_s: float
    dropped_before: int
    observed: int = 0
    long_side_px: int = 0
    caught_up: bool = False
    """Whether at some moment nothing waited."""


class Pace:
    """Watches one stream; by the server's clock for what is dropped, else by capture times."""

    def __init__(self) -> None:
        self._window: _Window | None = None
        self._said_s: dict[str, float] = {}

    def observe(
        self, *, now_s: float, at_s: float, dropped: int, waiting: int, long_side_px: int
    ) -> Iterator[RateAdvice]:
        """One observation is done with.

        `dropped`: how many were dropped up to now; `waiting`: how many wait behind it.
        """
        window = self._window
        if window is None:
            self._window = _Window(now_s, at_s, dropped)
            return
        window.observed += 1
        window.caught_up |= not waiting
        window.long_side_px = max(window.long_side_px, long_side_px)
        if now_s - window.opened_s >= WINDOW_S:
            self._window = _Window(now_s, at_s, dropped)
            advice = _advice(window, now_s, at_s, dropped)
            if advice and now_s - self._said_s.get(advice.reason, -math.inf) >= REPEAT_S:
                self._said_s[advice.reason] = now_s
                yield advice


def _advice(window: _Window, now_s: float, at_s: float, dropped: int) -> RateAdvice | None:
    lost, elapsed_s = dropped - window.dropped_before, now_s - window.opened_s
    behind = not window.caught_up and at_s - window.first_at_s < (1 - MOST_BEHIND) * elapsed_s
    if behind or lost > MOST_DROPPED * (lost + window.observed):
        fps = max(1, math.floor(window.observed / elapsed_s))
        return RateAdvice(reason="overloaded", fps=fps, long_side_px=None)
    if window.long_side_px > LONG_SIDE_PX:
        return RateAdvice(reason="too_large", fps=None, long_side_px=GOOD_SIDE_PX)
    if window.observed < LEAST_FPS * (at_s - window.first_at_s):
        return RateAdvice(reason="too_slow", fps=GOOD_FPS, long_side_px=None)
    return None
