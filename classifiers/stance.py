"""How somebody stands: where his weight seems to be then tells how the camera is tilted."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from classifiers.embedding import lift, overhang, slope
from classifiers.smoothing import LONGEST_STEP_S

_STRAIGHT = 0.1
"""By so much less upright, as a lift and a slope together, a moment tells 1/e as much."""
_MEMORY_S = 0.3
"""After so long of standing straight 1/e is left of what was known."""
_LEAST_S = 0.005
"""Who has stood for less is hardly known: he is taken to be before a level camera."""
_LEAST_HEIGHT = 0.1
"""Of the hips, in lengths of the leg: who lies has them at 0 or below, and tells nothing."""


class Stance(NamedTuple):
    """A mean over the moments when somebody stands straight, the last ones most.

    Whoever stands has his weight over his feet. Where it seems to be is what a camera that looks
    down or up makes of it, and that is to be taken off where it goes on the way down.
    """

    at_s: float | None = None
    sum: float = 0.0
    """Of where the weight is, as `tilt`, times seconds."""
    weight_s: float = 0.0

    @property
    def tilt(self) -> float:
        """How far the weight seems to be behind the ankles, as a share of how high the hips are."""
        return self.sum / (self.weight_s + _LEAST_S)

    def after(self, vector: Sequence[float], at_s: float) -> "Stance":
        """With a pose by its vector, see `embedding.embed`, at a later time."""
        high, upright = lift(vector, "knee"), slope(vector, "torso")
        step_s = LONGEST_STEP_S if self.at_s is None else min(at_s - self.at_s, LONGEST_STEP_S)
        weight_s = step_s * math.exp((high + upright - 2) / _STRAIGHT)
        kept = math.exp(-weight_s / _MEMORY_S)
        where = weight_s * overhang(vector) / max(high, _LEAST_HEIGHT)
        return Stance(at_s, kept * self.sum + where, kept * self.weight_s + weight_s)
