"""What of the body is in view, and which way up: for how much of the last seconds it was not."""

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from classifiers.smoothing import LONGEST_STEP_S, ConfidenceFilter
from pose_engine.landmarks import Pose, sides_of

JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")

_SIDES = [*map(sides_of, JOINTS)]
_TURNS = (90, 180, 270)
_SHARES = [f"{what} {joint}" for what in ("out", "hidden") for joint in JOINTS]
_SHARES += [f"turn {degrees}" for degrees in _TURNS]
_SHOULDERS, _ANKLES = sides_of("shoulder"), sides_of("ankle")
_LEAST_SPAN = 0.5
"""From ankles to shoulders, as a share of all that is seen: less says nothing of up and down."""
_LEAST_PRESENCE = 0.5
_LEAST_VISIBILITY = 0.3
_TIME_CONSTANT_S = 2.0
_EVERY_S = 0.099


class View:
    """Exponential means over time; of each joint, the side that is seen better."""

    def __init__(self) -> None:
        self._at_s: float | None = None
        self._shares = ConfidenceFilter(_TIME_CONSTANT_S)
        self.reset()

    def reset(self) -> None:
        """Who comes now is another one: of him nothing is known to be out of view."""
        self._shares.values, self._shares.at_s = dict.fromkeys(_SHARES, 0.0), 0.0

    def out(self, joint: str) -> float:
        """The share of the last seconds, 0 to 1, that a joint was unseen: out of the picture."""
        return self._shares.values[f"out {joint}"]

    def hidden(self, joint: str) -> float:
        """The share that it was unseen within the picture: behind something."""
        return self._shares.values[f"hidden {joint}"]

    def turn(self, degrees: int) -> float:
        """The share that the body stood upright once the picture is turned clockwise by that."""
        return self._shares.values[f"turn {degrees}"]

    def look(self, pose: Pose, at_s: float) -> None:
        """Take in what is seen at a time in seconds, later than the last; ten times a second do."""
        if self._at_s is not None and at_s - self._at_s < _EVERY_S:
            return
        now = {*_unseen(pose), f"turn {_missing_turn(pose)}"}
        step_s = 0.0 if self._at_s is None else min(at_s - self._at_s, LONGEST_STEP_S)
        self._at_s = at_s
        clock_s = (self._shares.at_s or 0.0) + step_s
        self._shares.update({share: float(share in now) for share in _SHARES}, clock_s)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        return {"at_s": self._at_s, "watched_s": self._shares.at_s, "shares": self._shares.values}

    def restored(self, snapshot: Mapping[str, Any]) -> Self:
        """This view, going on from a snapshot; raises KeyError or TypeError on a wrong one."""
        self._at_s, self._shares.at_s = snapshot["at_s"], snapshot["watched_s"]
        self._shares.values = dict(snapshot["shares"])
        return self


def _unseen(pose: Pose) -> list[str]:
    """The joints of which no side is visible, each as `out` or `hidden`."""
    visibility = pose.visibility.tolist()
    unseen = [max(visibility[i], visibility[j]) < _LEAST_VISIBILITY for i, j in _SIDES]
    out = _out_of_picture(pose) if any(unseen) else unseen
    each = zip(JOINTS, unseen, out, strict=True)
    return [f"{'out' if beyond else 'hidden'} {joint}" for joint, hides, beyond in each if hides]


def _missing_turn(pose: Pose) -> int | None:
    """The quarter turns clockwise, in degrees, that bring shoulders above ankles; None: unclear."""
    if pose.visibility[_SHOULDERS + _ANKLES].min() < _LEAST_VISIBILITY:
        return None
    x, y = (pose.image[_SHOULDERS, :2].mean(0) - pose.image[_ANKLES, :2].mean(0)).tolist()
    if -y > abs(x):
        return 0
    seen = pose.image[pose.visibility >= _LEAST_VISIBILITY, :2]
    if math.hypot(x, y) < _LEAST_SPAN * np.ptp(seen, axis=0).max():
        return None
    return round(math.degrees(math.atan2(-x, -y)) / 90) % 4 * 90


def _out_of_picture(pose: Pose) -> list[bool]:
    """Which joints are, on both sides: of low presence, and beyond all points that are present.

    Nobody says how large the picture is, but it is a rectangle: what lies between points that are
    in it is in it. A low number of a sender that gives but one mostly says that a joint is hidden.
    """
    present = pose.presence >= _LEAST_PRESENCE
    points = pose.image[:, :2]
    least = points.min(0, where=present[:, None], initial=np.inf)
    most = points.max(0, where=present[:, None], initial=-np.inf)
    beyond = ((points < least) | (points > most)).any(1) & ~present
    out: list[bool] = beyond[_SIDES].all(1).tolist()
    return out
