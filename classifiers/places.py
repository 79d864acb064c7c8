"""Pose -> where the body is in the picture, in torso lengths, left and right taken alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pose_engine.landmarks import FloatArray, sides_of

Numbers = NDArray[np.float64]

_MEANS = ("shoulder", "wrist", "knee", "ankle")
_REACHES = (("shoulder", "wrist"), ("hip", "ankle"))
PLACES = 2 * (1 + len(_MEANS)) + len(_REACHES)
"""How many numbers tell where the body is."""

_LEAST_LENGTH = 1e-6


_LIMBS = [sides_of(joint) for joint in _MEANS]
_ROOTS = [sides_of(root) for root, _ in _REACHES]
_TIPS = [sides_of(tip) for _, tip in _REACHES]
_SHOULDERS, _HIPS = sides_of("shoulder"), sides_of("hip")


def places(image: FloatArray, origin: Sequence[float]) -> Numbers:
    """The numbers of one body, (PLACES,), in the unit of `image`, (33, 3).

    x and y of the hips from `origin`, a place in the picture; of shoulders, wrists, knees and
    ankles from the hips, the mean of both sides; and how far aside wrists are of shoulders and
    ankles of hips. A step with the left is the same as one with the right, and who walks away does
    not come back.
    """
    points = image[:, :2].astype(np.float64)
    middle = hips(image)
    limbs = points[_LIMBS].mean(1) - middle
    reaches = np.abs(points[_TIPS] - points[_ROOTS])[..., 0].mean(1)
    return np.concatenate([middle - np.array(origin), limbs.ravel(), reaches])


def hips(image: FloatArray) -> Numbers:
    """The middle of the hips in the picture, (2,), in the unit of `image`, (33, 3)."""
    middle: Numbers = image[_HIPS, :2].astype(np.float64).mean(0)
    return middle


def torso(image: FloatArray) -> float:
    """The length of the torso in the unit of `image`, (33, 3), depth included."""
    way = image[_SHOULDERS].mean(0) - image[_HIPS].mean(0)
    return max(float(np.linalg.norm(way)), _LEAST_LENGTH)
