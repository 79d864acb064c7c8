"""The vocabulary: the 33 BlazePose landmarks and the `Pose` that holds them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

Point = tuple[float, float]
"""x and y in 0..1 of the upright frame, from its top left."""


class Box(NamedTuple):
    """Its top left corner and its size, in 0..1 of the upright frame."""

    x: float
    y: float
    width: float
    height: float


Focus = Point | Box
"""Whom to follow: a point on his body, or a box around him."""

LANDMARK_COUNT = 33


class Landmark(IntEnum):
    """The 33 points of BlazePose GHUM, in its order; left and right are the person's own."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


def sides_of(joint: str) -> list[Landmark]:
    """The left and the right one of a joint, such as `hip`."""
    return [Landmark[f"{side}_{joint.upper()}"] for side in ("LEFT", "RIGHT")]


COCO_17 = tuple(
    Landmark(i) for i in (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
)
"""The COCO keypoints in COCO's order, as BlazePose landmarks."""

MIRROR = np.array(
    [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(i + 1 if i % 2 else i - 1 for i in range(11, 33))]
)
"""The landmark that each becomes in a mirror: left and right swapped. (33,), its own inverse."""

_L = Landmark
CONNECTIONS = (
    (_L.NOSE, _L.LEFT_EYE), (_L.LEFT_EYE, _L.LEFT_EAR),
    (_L.NOSE, _L.RIGHT_EYE), (_L.RIGHT_EYE, _L.RIGHT_EAR),
    (_L.MOUTH_LEFT, _L.MOUTH_RIGHT),
    (_L.LEFT_SHOULDER, _L.RIGHT_SHOULDER), (_L.LEFT_HIP, _L.RIGHT_HIP),
    (_L.LEFT_SHOULDER, _L.LEFT_HIP), (_L.RIGHT_SHOULDER, _L.RIGHT_HIP),
    (_L.LEFT_SHOULDER, _L.LEFT_ELBOW), (_L.LEFT_ELBOW, _L.LEFT_WRIST),
    (_L.RIGHT_SHOULDER, _L.RIGHT_ELBOW), (_L.RIGHT_ELBOW, _L.RIGHT_WRIST),
    (_L.LEFT_WRIST, _L.LEFT_INDEX), (_L.RIGHT_WRIST, _L.RIGHT_INDEX),
    (_L.LEFT_HIP, _L.LEFT_KNEE), (_L.LEFT_KNEE, _L.LEFT_ANKLE),
    (_L.RIGHT_HIP, _L.RIGHT_KNEE), (_L.RIGHT_KNEE, _L.RIGHT_ANKLE),
    (_L.LEFT_ANKLE, _L.LEFT_HEEL), (_L.LEFT_HEEL, _L.LEFT_FOOT_INDEX),
    (_L.RIGHT_ANKLE, _L.RIGHT_HEEL), (_L.RIGHT_HEEL, _L.RIGHT_FOOT_INDEX),
)  # fmt: skip
"""Pairs of landmarks that a drawing joins with a line."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person at one moment.

    `image`: (33, 3) float32; x right and y down in pixels of the upright frame, z in the same
    unit with the hips' middle as zero, smaller towards the camera.
    `world`: (33, 3) float32 metres, origin at the hips' middle, axes as above; None where the
    sender has none (a phone's own landmarks).
    `visibility`: (33,) float32 in 0..1, how likely the point is in view and not hidden.
    `presence`: (33,) float32 in 0..1, how likely the point lies within the frame.
    `subject`: 1, 2, 3 ... within a stream; another number is, for all that can be told, another
    person. A phone's own landmarks are all of person 1.
    `scale`: how many times as large the picture is as earlier ones were: pixels of two poses of one
    subject compare once each is divided by its own.

    Raises ValueError when a shape is wrong or a number is not finite.
    """

    image: FloatArray
    world: FloatArray | None
    visibility: FloatArray
    presence: FloatArray
    subject: int = 1
    scale: float = 1.0

    def __post_init__(self) -> None:
        _check("image", self.image, (LANDMARK_COUNT, 3))
        _check("visibility", self.visibility, (LANDMARK_COUNT,))
        _check("presence", self.presence, (LANDMARK_COUNT,))
        if self.world is not None:
            _check("world", self.world, (LANDMARK_COUNT, 3))


def _check(name: str, array: FloatArray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds a number that is not finite")
