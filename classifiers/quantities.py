"""What can be measured of one pose, in degrees and a side at a time: joint angles, lean and sag."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.embedding import ANGLES, LEAST_LENGTH, LEAST_WEIGHT, dot, points_of
from pose_engine.landmarks import FloatArray, Pose, sides_of

Readings = NDArray[np.float64]
"""(n, 2, 2): of each quantity for left and right the degrees, and how well the worst seen of its
joints is seen, 0..1."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An angle of the body and the joints that it needs, left and right."""

    joints: tuple[str, ...]
    degrees: Callable[..., FloatArray]
    """From the points of the joints, (xyz, poses, 2) each, y down; gives (poses, 2) or (.., 1)."""
    sided: bool = False
    """Whether left and right can differ, so that there is an asymmetry."""
    worst: bool = False
    """Whether its worst over the movement is asked for, and not what it is at top and bottom."""


def read_points(points: FloatArray, visibility: FloatArray, names: Sequence[str]) -> Readings:
    """The named quantities of many bodies, (n, names, 2, 2), of each the same as of it alone.

    `points`: (n, 33, 3) in any unit, y down; `visibility`: (n, 33) in 0..1.
    """
    xyz = points.transpose(2, 0, 1)
    readings = np.empty((len(points), len(names), 2, 2))
    for number, name in enumerate(names):
        landmarks = _LANDMARKS[name]
        joints = xyz[..., landmarks].transpose(2, 0, 1, 3)
        readings[:, number, :, 0] = QUANTITIES[name].degrees(*joints)
        readings[:, number, :, 1] = visibility[:, landmarks].min(1)
    return readings


def read(pose: Pose, names: Sequence[str]) -> Readings:
    """The named quantities of one pose, its points as they are, (names, 2, 2)."""
    readings: Readings = read_points(points_of([pose]), pose.visibility[None], names)[0]
    return readings


def both_sides(reading: Readings) -> tuple[float, float]:
    """Degrees, the better seen side weighing more, and how well that one is seen; of one (2, 2)."""
    (left, left_seen), (right, right_seen) = reading.tolist()
    weight, other = left_seen + LEAST_WEIGHT, right_seen + LEAST_WEIGHT
    return (left * weight + right * other) / (weight + other), max(left_seen, right_seen)


def left_against_right(reading: Readings) -> tuple[float, float]:
    """Degrees of left minus right, and how well the worse seen one is seen; of one (2, 2)."""
    (left, left_seen), (right, right_seen) = reading.tolist()
    return left - right, min(left_seen, right_seen)


def _angle(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """The angle at b, 0..180."""
    u, v = a - b, c - b
    lengths = np.sqrt(dot(u, u)) * np.sqrt(dot(v, v))
    return _degrees(dot(u, v) / np.maximum(lengths, LEAST_LENGTH**2))


def _degrees(cosine: FloatArray) -> FloatArray:
    degrees: FloatArray = np.degrees(np.arccos(np.minimum(np.maximum(cosine, -1), 1)))
    return degrees


def _lean(shoulder: FloatArray, hip: FloatArray) -> FloatArray:
    """How far the line from the hips' middle to the shoulders' is from upright, 0..180."""
    sides = shoulder - hip
    trunk: FloatArray = sides[..., :1] + sides[..., 1:]
    return _degrees(-trunk[1] / np.maximum(np.sqrt(dot(trunk, trunk)), LEAST_LENGTH**2))


def _sag(shoulder: FloatArray, hip: FloatArray, knee: FloatArray) -> FloatArray:
    """How far the body bends at the hip out of the straight, hips low positive, -180..180.

    The bend is taken in the upright plane through shoulder and knee: what the hip is off to the
    side is the net's guess of depth more than the body's.
    """
    ahead = (knee - shoulder)[_LEVEL]
    ahead /= np.maximum(np.sqrt(dot(ahead, ahead)), LEAST_LENGTH)
    falls = [np.arctan2(v[1], dot(v[_LEVEL], ahead)) for v in (hip - shoulder, knee - hip)]
    degrees: FloatArray = (np.degrees(falls[0] - falls[1]) + 180) % 360 - 180
    return degrees


_LEVEL = [0, 2]  # x and z
QUANTITIES = {
    **{name: Quantity(joints, _angle, sided=True) for name, joints in ANGLES.items()},
    "torso_lean": Quantity(("shoulder", "hip"), _lean),
    "hip_sag": Quantity(("shoulder", "hip", "knee"), _sag, worst=True),
}
"""What an exercise may measure, by name. A knee is 180 degrees when it is straight. `hip_sag` takes
the knee and not the ankle: in one line with straight legs, and right for push-ups on the knees."""

_LANDMARKS = {
    name: np.array([sides_of(joint) for joint in one.joints]) for name, one in QUANTITIES.items()
}
"""Those that a quantity needs, (joints, 2)."""
