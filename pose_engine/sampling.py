"""How closely a person has to be looked at: less while he hardly moves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pose_engine.landmarks import FloatArray, Landmark, Pose

SLOWEST_HZ: Final = 5.0
"""So often at least somebody who is still is looked at, and a picture without anybody."""
STEP: Final = 0.14
"""How far a joint may get from one look to the next, in sizes of the body."""
_TIME_CONSTANT_S: Final = 0.5
"""How fast movement is forgotten: a turning point is no rest."""
_AT_FIRST: Final = 6.0
"""The speed taken for granted of somebody of whom nothing is known, in sizes a second."""
_LEAST_SEEN: Final = 0.5
_ROUNDING: Final = 1e-4
"""Capture times are in whole microseconds."""


_L = Landmark
_JOINTS: Final = [
    _L.LEFT_SHOULDER, _L.RIGHT_SHOULDER, _L.LEFT_ELBOW, _L.RIGHT_ELBOW, _L.LEFT_WRIST,
    _L.RIGHT_WRIST, _L.LEFT_HIP, _L.RIGHT_HIP, _L.LEFT_KNEE, _L.RIGHT_KNEE, _L.LEFT_ANKLE,
    _L.RIGHT_ANKLE,
]  # fmt: skip


@dataclass(slots=True)
class AdaptiveSampler:
    """Says after each frame that was looked at which one is next, by how fast its person moves.

    Faster is believed at once, slower only bit by bit. Whoever appears, or is lost, is taken for
    fast. It knows only what was seen before, so that the same clip is always looked at alike.

    Of a clip it says how far the next one is (`stride`), of frames that come by themselves whether
    it is this one (`due`); at an even rate the two are the same.
    """

    _speed: float = _AT_FIRST
    """Of the fastest joint, in sizes of the body a second."""
    _at: float | None = None
    _joints: FloatArray | None = None
    """(12, 3): x and y in pixels, and visibility; None while nobody is in view."""
    _offered: float | None = None
    """When the last frame came that `due` was asked about, and how long after the one before."""
    _apart: float = math.inf

    def observe(self, pose: Pose | None, at: float) -> None:
        """Who was seen in the frame at `at` seconds, later than the one before."""
        before, self._joints = self._joints, None if pose is None else _joints(pose)
        elapsed = 0.0 if self._at is None else at - self._at
        self._at = at
        self._speed *= math.exp(-elapsed / _TIME_CONSTANT_S)
        if before is not None and self._joints is not None:
            self._speed = max(self._speed, _moved(before, self._joints) / elapsed)
        elif (before is None) != (self._joints is None):
            self._speed = _AT_FIRST

    def stride(self, fps: float) -> int:
        """How many frames on, of `fps` a second, the next one to look at is."""
        return max(1, math.floor(fps / self._hz))

    def due(self, at: float) -> bool:
        """Whether the frame that came at `at` seconds is to be looked at: the next one, which is
        taken to be as far off as the last one was, would be too late."""
        if self._offered is not None and at > self._offered:
            self._apart = at - self._offered
        self._offered = at
        return self._at is None or (at + self._apart - self._at) * self._hz > 1 + _ROUNDING

    def snapshot(self) -> dict[str, Any]:
        """All that it remembers, as plain data for JSON."""
        joints = None if self._joints is None else self._joints.tolist()
        return {
            "speed": self._speed,
            "at": self._at,
            "joints": joints,
            "offered": self._offered,
            "apart": None if math.isinf(self._apart) else self._apart,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on where another one was; raises KeyError, TypeError or ValueError."""
        joints = snapshot["joints"]
        self._speed, self._at = snapshot["speed"], snapshot["at"]
        self._joints = None if joints is None else np.array(joints, np.float32)
        self._offered = snapshot["offered"]
        self._apart = math.inf if snapshot["apart"] is None else snapshot["apart"]

    @property
    def _hz(self) -> float:
        """How often he is to be looked at."""
        return max(self._speed / STEP, SLOWEST_HZ)


def _joints(pose: Pose) -> FloatArray:
    return np.column_stack((pose.image[_JOINTS, :2], pose.visibility[_JOINTS]))


def _moved(before: FloatArray, now: FloatArray) -> float:
    """How far the fastest joint in view got, in sizes of the body: the longer side of its box."""
    size = max(np.ptp(before[:, :2], axis=0).max(), np.ptp(now[:, :2], axis=0).max(), 1.0)
    seen = np.minimum(before[:, 2], now[:, 2]) > _LEAST_SEEN
    moved = np.linalg.norm(now[:, :2] - before[:, :2], axis=1)
    return float((moved * seen).max() / size)
