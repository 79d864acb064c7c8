"""How somebody stands: where his weight seems to be then tells how the camera is tilted."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

from classifiers.embedding import lift, overhang, slope

_STRAIGHT = 0.1
"""By so much less upright, as a lift and a slope together, a moment tells 1/e as much."""
_MEMORY_S = 0.3
"""After so long of standing straight 1/e is left of what was known."""
_LEAST_S = 0.005
"""Who has stood for less is hardly known: he is taken to be before a level camera."""
_LEAST_HEIGHT = 0.1
"""Of the hips, in lengths of the leg: who lies has them at 0 or below, and tells nothing."""
_LONGEST_STEP_S = 0.2
"""The first sight after a longer gap does not speak for the whole of the gap."""


class Stance:
    """A mean over the moments when somebody stands straight, the last ones most.

    Whoever stands has his weight over his feet. Where it seems to be is what a camera that looks
    down or up makes of it, and that is to be taken off where it goes on the way down.
    """

    def __init__(self) -> None:
        self._at_s: float | None = None
        self._sum = self._weight_s = 0.0

    @property
    def tilt(self) -> float:
        """How far the weight seems to be behind the ankles, as a share of how high the hips are."""
        return self._sum / (self._weight_s + _LEAST_S)

    def look(self, vector: Sequence[float], at_s: float) -> None:
        """Take in a pose by its vector, see `embedding.embed`, at a time later than the last."""
        high, upright = lift(vector, "knee"), slope(vector, "torso")
        step_s = _LONGEST_STEP_S if self._at_s is None else min(at_s - self._at_s, _LONGEST_STEP_S)
        self._at_s = at_s
        weight_s = step_s * math.exp((high + upright - 2) / _STRAIGHT)
        kept = math.exp(-weight_s / _MEMORY_S)
        self._weight_s = kept * self._weight_s + weight_s
        self._sum = kept * self._sum + weight_s * overhang(vector) / max(high, _LEAST_HEIGHT)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        return {"at_s": self._at_s, "sum": self._sum, "weight_s": self._weight_s}

    def restored(self, snapshot: Mapping[str, Any]) -> Self:
        """This stance, going on from a snapshot; raises KeyError on a wrong one."""
        self._at_s = snapshot["at_s"]
        self._sum, self._weight_s = snapshot["sum"], snapshot["weight_s"]
        return self
