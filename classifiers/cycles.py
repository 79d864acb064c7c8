"""Where a trajectory goes away and comes back, again and again: its repeats and its cycles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Trajectory = NDArray[np.float64]
"""Points at even steps of time, (n, d)."""

_COMPONENTS = 3
_SHORTER = 0.1  # a period's multiples are as good as itself, but for noise
_SPREAD_PERCENT = (5, 95)
_HOME, _AWAY = 0.3, 0.7
_NEAR = (0.5, 1.7)
_RESAMPLED = 12
_LEAST_VARIANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Repeat:
    """A trajectory comes back to itself every `lag` steps.

    `likeness`: at most 1, of its last `window` steps to themselves a lag before.
    """

    lag: int
    likeness: float
    window: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """Away and back: the last step before leaving and the first step back."""

    start: int
    end: int

    def later(self, steps: int) -> "Cycle":
        """The same where the count of steps begins so many earlier."""
        return Cycle(self.start + steps, self.end + steps)


def principal(trajectory: Trajectory, window: int) -> Trajectory:
    """Along the three principal components of the last `window` steps, the largest first; (n, 3).

    Noise is in every dimension, a movement in a few.
    """
    recent = trajectory[-window:]
    mean = recent.mean(0)
    _, axes = np.linalg.eigh((recent - mean).T @ (recent - mean))
    along: Trajectory = (trajectory - mean) @ axes[:, : -_COMPONENTS - 1 : -1]
    return along


def find_repeat(trajectory: Trajectory, lags: range, least_window: int) -> Repeat | None:
    """The lag after which the last steps are most like those before; None where there is no such.

    Likeness is the autocorrelation of all dimensions together: 1 less the mean squared distance of
    points a lag apart over twice the variance (the difference function of YIN, de Cheveigné and
    Kawahara 2002; here from the self-similarity matrix, as in RepNet, Dwibedi et al. 2020). It is
    taken over two lags, and `least_window` steps at least. Of peaks about as high as the highest,
    the first is the one: the others are its multiples.
    """
    squares = (trajectory**2).sum(1)
    distances = squares[:, None] + squares - 2 * trajectory @ trajectory.T
    tried = []
    for lag in lags:
        window = max(2 * lag, least_window)
        if window > len(trajectory):
            break
        apart = np.diagonal(distances, lag)[lag - window :].mean()
        variance = trajectory[-window:].var(0).sum()
        tried.append(Repeat(lag, 1 - float(apart / (2 * variance + _LEAST_VARIANCE)), window))
    peaks = [
        at
        for before, at, after in zip(tried, tried[1:], tried[2:], strict=False)
        if at.likeness >= max(before.likeness, after.likeness)
    ]
    highest = max((peak.likeness for peak in peaks), default=0)
    return next((peak for peak in peaks if peak.likeness >= highest - _SHORTER), None)


def shares(line: NDArray[np.float64], window: int, least: float) -> NDArray[np.float64]:
    """The share of the way between the turns of a movement along a line, both (n,).

    The turns are those of the last `window` steps, and `least` apart at least.
    """
    low, high = np.percentile(line[-window:], _SPREAD_PERCENT)
    share: NDArray[np.float64] = (line - low) / max(high - low, least)
    return share


def cycles(share: NDArray[np.float64]) -> list[Cycle]:
    """Every way from home (0) to away (1) and back, with hysteresis; `share`: (n,)."""
    found: list[Cycle] = []
    start: int | None = None
    last, away = 0, True
    for step in np.flatnonzero((share <= _HOME) | (share >= _AWAY)).tolist():
        before, away = away, bool(share[step] >= _AWAY)
        if away and not before:
            start = last
        elif before and not away and start is not None:
            found.append(Cycle(start, step))
        last = step
    return found


def alike(trajectory: Trajectory, one: Cycle, other: Cycle) -> float:
    """How alike two cycles are whatever their tempo: at most 1, as `Repeat.likeness`."""
    a, b = _resampled(trajectory, one), _resampled(trajectory, other)
    variance = np.concatenate([a, b]).var(0).sum()
    return float(1 - ((a - b) ** 2).sum(1).mean() / (2 * variance + _LEAST_VARIANCE))


def last_alike(
    trajectory: Trajectory, found: Sequence[Cycle], lag: int, least: float
) -> list[tuple[Cycle, float]]:
    """Back from the last cycle, those that are alike and about a lag apart, with their likeness.

    Fewer than two are none.
    """
    kept: list[tuple[Cycle, float]] = []
    for cycle, after in zip(found[-2::-1], found[::-1], strict=False):
        likeness = alike(trajectory, cycle, after)
        near = _NEAR[0] <= (after.start - cycle.start) / lag <= _NEAR[1]
        if not near or likeness < least:
            break
        kept = [(cycle, likeness), *(kept or [(after, likeness)])]
    return kept


def _resampled(trajectory: Trajectory, cycle: Cycle) -> Trajectory:
    """Points of a cycle, evenly spaced in time."""
    steps = np.linspace(cycle.start, cycle.end, _RESAMPLED)
    before = np.minimum(steps.astype(int), cycle.end - 1)
    share = (steps - before)[:, None]
    points: Trajectory = trajectory[before] * (1 - share) + trajectory[before + 1] * share
    return points
