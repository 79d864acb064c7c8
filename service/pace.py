"""Advice on how many frames to send, and how large: from what became of the last seconds'."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from blazereps_client.messages import Flow, RateAdvice

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
MOST_FPS: Final = 1000.0
"""No camera takes more: the capture times are in another unit."""
LONG_SIDE_PX: Final = 1280
"""Larger pictures cost time and tell no more."""
GOOD_SIDE_PX: Final = 640


@dataclass(slots=True)
class _Stretch:
    """Of a clock, in seconds, from one observation to the next and so on."""

    first_s: float
    last_s: float
    steps: int = 0
    longest_s: float = 0

    def reach(self, at_s: float) -> None:
        self.steps += 1
        self.longest_s = max(self.longest_s, at_s - self.last_s)
        self.last_s = at_s

    @property
    def whole_s(self) -> float:
        return self.last_s - self.first_s

    @property
    def steady_s(self) -> float:
        """Without the longest step: a pause in sending says nothing of the pace."""
        return self.whole_s - self.longest_s


@dataclass(slots=True)
class _Window:
    """What came since it was opened."""

    before: Flow
    arrived: _Stretch
    """By the server's clock."""
    taken: _Stretch
    """By capture times."""
    long_side_px: int = 0
    caught_up: bool = False
    """Whether at some moment nothing waited."""


class Pace:
    """Watches one stream; by the server's clock for what is dropped, else by capture times."""

    def __init__(self) -> None:
        self._window: _Window | None = None
        self._said_s: dict[str, float] = {}

    def observe(
        self, *, now_s: float, at_s: float, flow: Flow, waiting: int, long_side_px: int
    ) -> Iterator[RateAdvice]:
        """One observation is done with, taken at `at_s`.

        `flow`: of all up to it; `waiting`: how many wait behind it.
        """
        window = self._window
        if window is None:
            self._window = _opened(now_s, at_s, flow)
            return
        window.arrived.reach(now_s)
        window.taken.reach(at_s)
        window.caught_up |= not waiting
        window.long_side_px = max(window.long_side_px, long_side_px)
        if window.arrived.whole_s >= WINDOW_S:
            self._window = _opened(now_s, at_s, flow)
            advice = _advice(window, flow)
            if advice and now_s - self._said_s.get(advice.reason, -math.inf) >= REPEAT_S:
                self._said_s[advice.reason] = now_s
                yield advice


def _opened(now_s: float, at_s: float, flow: Flow) -> _Window:
    return _Window(flow, _Stretch(now_s, now_s), _Stretch(at_s, at_s))


def _advice(window: _Window, flow: Flow) -> RateAdvice | None:
    arrived, taken = window.arrived, window.taken
    lost = flow.dropped - window.before.dropped
    processed = flow.processed - window.before.processed
    if taken.steps > MOST_FPS * taken.whole_s:
        return RateAdvice(reason="too_fast", fps=None, long_side_px=None)
    behind = not window.caught_up and taken.whole_s < (1 - MOST_BEHIND) * arrived.whole_s
    if behind or lost > MOST_DROPPED * (lost + processed):
        fps = max(1, math.floor((processed - 1) / arrived.steady_s)) if arrived.steady_s else 1
        return RateAdvice(reason="overloaded", fps=fps, long_side_px=None)
    if window.long_side_px > LONG_SIDE_PX:
        return RateAdvice(reason="too_large", fps=None, long_side_px=GOOD_SIDE_PX)
    if taken.steps - 1 < LEAST_FPS * taken.steady_s:
        return RateAdvice(reason="too_slow", fps=GOOD_FPS, long_side_px=None)
    return None
