"""Going down on one's feet and up again, whichever way up the picture is."""

from dataclasses import dataclass

import numpy as np

from classifiers.embedding import points_of
from pose_engine.landmarks import FloatArray, Landmark, Pose

_BENT, _STRAIGHT = 115.0, 150.0
"""Degrees of both knees."""
_STAYS = 0.5
"""The feet go less than this share of the way that the hips go: else he draws his legs up."""
_LEAST_VISIBILITY = 0.3

_HIPS = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]
_KNEES = [Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE]
_ANKLES = [Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]


@dataclass(slots=True)
class Crouches:
    """Counts them, as plain data."""

    count: int = 0
    down: bool = False
    up_at: list[list[float]] | None = None
    """Where hips and feet were when the legs were straight last, x and y in pixels."""

    def look(self, pose: Pose) -> None:
        """Take in the next pose of the same person."""
        if pose.visibility[_HIPS + _KNEES + _ANKLES].min() < _LEAST_VISIBILITY:
            return
        knees = _knee_degrees(points_of([pose])[0])
        at = np.array([pose.image[joints, :2].mean(0) for joints in (_HIPS, _ANKLES)])
        if knees.min() > _STRAIGHT:
            self.count += self.down
            self.down, self.up_at = False, at.tolist()
        elif knees.max() < _BENT and self.up_at is not None:
            hips, feet = np.linalg.norm(at - self.up_at, axis=1)
            self.down |= bool(feet < _STAYS * hips)


def _knee_degrees(points: FloatArray) -> FloatArray:
    thighs, shanks = points[_HIPS] - points[_KNEES], points[_ANKLES] - points[_KNEES]
    lengths = np.linalg.norm(thighs, axis=1) * np.linalg.norm(shanks, axis=1)
    cosines = (thighs * shanks).sum(1) / np.maximum(lengths, 1e-6)
    degrees: FloatArray = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return degrees
