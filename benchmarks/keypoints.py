"""How near found landmarks are to true ones: PCK's numbers, without files."""

import numpy as np
from numpy.typing import NDArray

from people.projection import Camera
from pose_engine.landmarks import COCO_17, Landmark

JOINTS = list(COCO_17)
"""The joints that count, as rows of the 33 landmarks."""

Array = NDArray[np.float64]

_SHOULDERS = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]
_HIPS = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]


def torso_lengths(world: Array, camera: Camera) -> Array:
    """Of frames (n, 33, 3) in metres: the torso's length in pixels, were it seen face on, (n,).

    From the middle of the shoulders to that of the hips in space, at the hips' distance: a torso
    that points at the camera has next to no length in the picture, and dividing by that would
    measure the view.
    """
    hips, shoulders = world[:, _HIPS].mean(1), world[:, _SHOULDERS].mean(1)
    metres = np.linalg.norm(shoulders - hips, axis=1)
    lengths: Array = metres * camera.focal / camera.view(hips)[:, 2]
    return lengths


def errors(found: Array, image: Array, torso: Array) -> Array:
    """Distances of the 17 joints from the truth in torso lengths, (n, 17).

    `found`, `image`: (n, 33, 2) pixels, as found and as true. `torso`: (n,) pixels. Infinite in
    frames in which nobody is found, which are NaN in `found`.
    """
    distance = np.linalg.norm((found - image)[:, JOINTS], axis=2) / torso[:, None]
    wrong: Array = np.where(np.isnan(distance), np.inf, distance)
    return wrong
