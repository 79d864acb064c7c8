"""95 % confidence intervals by a bootstrap over sources, for clips of one source are alike."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """A figure and where it lies with 95 % confidence."""

    value: float
    low: float
    high: float

    def percent(self) -> str:
        """As `97.9 % (93.8–100.0)`."""
        return f"{self.value:.1%} ({100 * self.low:.1f}–{100 * self.high:.1f})"

    def points(self) -> str:
        """A difference of percentages, as `+16.7 (+5.0 to +30.1)`."""
        value, low, high = (f"{100 * x:+.1f}" for x in (self.value, self.low, self.high))
        return f"{value} ({low} to {high})"

    def number(self, form: str = ".3f") -> str:
        """As `0.007 (0.000 to 0.021)`, each number in that format."""
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}})"


def ratio(rows: Iterable[tuple[str, float, float]]) -> Interval:
    """The ratio of two sums: rows of source, numerator and positive denominator.

    Sources are drawn with replacement as often as there are sources, and each drawn one brings all
    of its rows: the percentile bootstrap of clusters (Davison and Hinkley 1997, 3.8). The draws are
    the same every time. Raises ValueError without rows.
    """
    sums: dict[str, list[float]] = {}
    for source, top, bottom in rows:
        total = sums.setdefault(source, [0.0, 0.0])
        total[0] += top
        total[1] += bottom
    if not sums:
        raise ValueError("there is nothing to take the ratio of")
    tops, bottoms = np.array([sums[source] for source in sorted(sums)]).T
    drawn = np.random.default_rng(0).integers(0, len(sums), (_RESAMPLES, len(sums)))
    ratios = tops[drawn].sum(1) / bottoms[drawn].sum(1)
    low, high = np.percentile(ratios, (2.5, 97.5))
    return Interval(float(tops.sum() / bottoms.sum()), float(low), float(high))


def mean(rows: Iterable[tuple[str, float]]) -> Interval:
    """The mean of rows of source and value."""
    return ratio((source, value, 1.0) for source, value in rows)
