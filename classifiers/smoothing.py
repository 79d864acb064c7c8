"""Class confidences smoothed by elapsed time, so that every frame rate behaves the same."""

import math
from collections.abc import Mapping

LONGEST_STEP_S = 0.2
"""The first sight after a longer gap does not speak for the whole of the gap."""


class ConfidenceFilter:
    """An exponential mean with a time constant in seconds, over named numbers.

    The weight of a new value is 1 - exp(-elapsed / time_constant): the step response depends on
    the seconds gone by, not on how many observations came.
    """

    def __init__(self, time_constant_s: float) -> None:
        self._time_constant_s = time_constant_s
        self.values: dict[str, float] = {}
        self.at_s: float | None = None

    def update(self, values: Mapping[str, float], at_s: float) -> dict[str, float]:
        """Take in the values of one moment and return the smoothed ones."""
        elapsed_s = 0 if self.at_s is None else at_s - self.at_s
        weight = 1 - math.exp(-elapsed_s / self._time_constant_s)
        before = {name: self.values.get(name, value) for name, value in values.items()}
        self.values = {name: old + weight * (values[name] - old) for name, old in before.items()}
        self.at_s = at_s
        return self.values

    def reset(self) -> None:
        """Forget everything: the next value is taken as it is."""
        self.values, self.at_s = {}, None
