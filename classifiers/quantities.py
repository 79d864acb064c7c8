"""What can be measured of one pose, in degrees and a side at a time: joint angles, lean and sag."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.embedding import ANGLES
from pose_engine.landmarks import FloatArray, Landmark, Pose

_LEAST_WEIGHT = 0.05  # a hidden side still counts a little, so that the mean is always defined
_LEAST_LENGTH = 1e-6

Readings = NDArray[np.float64]
"""(n, 2, 2): of each quantity for left and right the degrees, and how well the worst seen of its
joints is seen, 0..1."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An angle of the body and the joints that it needs, left and right."""

    joints: tuple[str, ...]
    degrees: Callable[..., FloatArray]
    """From the points of the joints, (2, 3) each, y down; gives (2,)."""
    sided: bool = False
    """Whether left and right can differ, so that there is an asymmetry."""
    worst: bool = False
    """Whether its worst over the movement is asked for, and not what it is at top and bottom."""


def read(pose: Pose, names: Sequence[str]) -> Readings:
    """The named quantities of one pose, from its world points where it has them."""
    points = pose.image if pose.world is None else pose.world
    readings = np.empty((len(names), 2, 2))
    for reading, quantity in zip(readings, (QUANTITIES[name] for name in names), strict=True):
        sides = [_SIDES[joint] for joint in quantity.joints]
        reading[:, 0] = quantity.degrees(*(points[side] for side in sides))
        reading[:, 1] = np.min([pose.visibility[side] for side in sides], axis=0)
    return readings


def both_sides(reading: Readings) -> tuple[float, float]:
    """Degrees, the better seen side weighing more, and how well that one is seen; of one (2, 2)."""
    degrees, seen = reading.T
    weights = seen + _LEAST_WEIGHT
    return float((degrees * weights).sum() / weights.sum()), float(seen.max())


def left_against_right(reading: Readings) -> tuple[float, float]:
    """Degrees of left minus right, and how well the worse seen one is seen; of one (2, 2)."""
    degrees, seen = reading.T
    return float(degrees[0] - degrees[1]), float(seen.min())


def _angle(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """The angle at b, 0..180."""
    u, v = a - b, c - b
    lengths = np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1)
    cosine = (u * v).sum(-1) / np.maximum(lengths, _LEAST_LENGTH**2)
    degrees: FloatArray = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return degrees


def _lean(shoulder: FloatArray, hip: FloatArray) -> FloatArray:
    """How far the line from the hips' middle to the shoulders' is from upright, 0..180."""
    trunk = (shoulder - hip).mean(0)
    upright = np.array((0, -1, 0), np.float32)
    return np.repeat(_angle(trunk, np.zeros_like(trunk), upright), 2)


def _sag(shoulder: FloatArray, hip: FloatArray, knee: FloatArray) -> FloatArray:
    """How far the body bends at the hip out of the straight, hips low positive, -180..180.

    The bend is taken in the upright plane through shoulder and knee: what the hip is off to the
    side is the net's guess of depth more than the body's.
    """
    ahead = (knee - shoulder) * np.array((1, 0, 1), np.float32)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), _LEAST_LENGTH)
    falls = [np.arctan2(v[:, 1], (v * ahead).sum(-1)) for v in (hip - shoulder, knee - hip)]
    degrees: FloatArray = (np.degrees(falls[0] - falls[1]) + 180) % 360 - 180
    return degrees


_SIDES = {
    joint: [Landmark[f"LEFT_{joint.upper()}"], Landmark[f"RIGHT_{joint.upper()}"]]
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
}

QUANTITIES = {
    **{name: Quantity(joints, _angle, sided=True) for name, joints in ANGLES.items()},
    "torso_lean": Quantity(("shoulder", "hip"), _lean),
    "hip_sag": Quantity(("shoulder", "hip", "knee"), _sag, worst=True),
}
"""What an exercise may measure, by name. A knee is 180 degrees when it is straight. `hip_sag` takes
the knee and not the ankle: in one line with straight legs, and right for push-ups on the knees."""
