"""Counted clips as the benchmarks' tests need them."""

from collections.abc import Sequence

import numpy as np

from benchmarks.counted import Counted
from benchmarks.labels import Label
from benchmarks.variants import ORIGINAL, Observation
from blazereps_client.results import Rejection, Rep, Tally
from tests.classifiers.figures import as_pose, squat

FULL = {"depth": 1.0, "confidence": 0.9, "grade": "full", "measures": {}}


def rep(start_s: float, bottom_s: float, end_s: float, *, exercise: str = "squat") -> Rep:
    down_s, up_s = bottom_s - start_s, end_s - bottom_s
    times = {"start_s": start_s, "bottom_s": bottom_s, "end_s": end_s}
    return Rep.model_validate(
        {"exercise": exercise, "count": 1, "down_s": down_s, "up_s": up_s, **times, **FULL}
    )


def refused(start_s: float, end_s: float) -> Rejection:
    return Rejection.model_validate(
        {
            "exercise": "squat",
            "count": 0,
            "reason": "too_shallow",
            "start_s": start_s,
            "end_s": end_s,
            "depth": 0.3,
        }
    )


def tally(*reps: Rep, rejected: Sequence[Rejection] = ()) -> Tally:
    names = [one.exercise for one in reps]
    return Tally(
        counts={name: names.count(name) for name in names},
        reps=reps,
        rejected=tuple(rejected),
        sets=(),
        holds=(),
        unknown=(),
        guidance=(),
    )


def counted(label: Label, *reps: Rep, rejected: Sequence[Rejection] = ()) -> Counted:
    """A clip of four seconds in which somebody squats at 2 s and is lost for a moment after."""
    at = np.arange(0, 4, 0.1)
    depths = np.clip(1 - np.abs(at - 2), 0, 1)
    seen: list[Observation] = [
        (float(t), None if 3.2 < t < 3.5 else as_pose(squat(float(depth))))
        for t, depth in zip(at, depths, strict=True)
    ]
    return Counted(label, {ORIGINAL: tally(*reps, rejected=rejected)}, 4.0, seen)
