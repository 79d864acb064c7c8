"""How the camera is rolled: whoever stands has his weight straight above his feet."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from classifiers.embedding import CARRIED
from classifiers.smoothing import LONGEST_STEP_S
from pose_engine.landmarks import FloatArray, Landmark

_STRAIGHT: Final = 0.05
"""By so much less upright, legs and trunk together, a moment tells 1/e as much."""
_MEMORY_S: Final = 0.3
"""After so long of standing straight 1/e is left of what was known."""
_LEAST_S: Final = 0.005
"""Who has stood for less is hardly known: his camera is taken to be level."""
_LEAST_LENGTH: Final = np.float32(1e-6)

_L = Landmark
_JOINTS: Final = np.array(
    [_L.LEFT_ANKLE, _L.RIGHT_ANKLE, _L.LEFT_KNEE, _L.RIGHT_KNEE,
     _L.LEFT_HIP, _L.RIGHT_HIP, _L.LEFT_SHOULDER, _L.RIGHT_SHOULDER]
)  # fmt: skip
"""From each but the last two a shank, thigh or half of the trunk leads to the next but one."""
_CARRIED: Final = np.repeat(np.array([*CARRIED.values()], np.float32), 2)[:, None]
"""By each of them."""


class Stand(NamedTuple):
    """What one pose tells."""

    right: float
    up: float
    """Where the weight is from the feet, a direction in the picture of length 1."""
    surely: float
    """How surely he stands, 0..1: upright by the picture, and seen."""


def stands(points: FloatArray, visibility: FloatArray) -> list[Stand]:
    """Of bodies, (n, 33, 3) in any unit with y down, and (n, 33) in 0..1."""
    joints = points[:, _JOINTS]
    limbs = joints[:, 2:] - joints[:, :-2]
    lengths = np.sqrt(np.einsum("nij,nij->ni", limbs, limbs)) + _LEAST_LENGTH
    climbs = -limbs[..., 1]
    legs = ((climbs[:, :2] + climbs[:, 2:4]) / (lengths[:, :2] + lengths[:, 2:4])).min(1)
    trunk = (climbs[:, 4] + climbs[:, 5]) / (lengths[:, 4] + lengths[:, 5])
    seen = visibility[:, _JOINTS].min(1)
    surely = seen * np.exp((legs + trunk - 2) / np.float32(_STRAIGHT))
    weights = (limbs[..., :2] * _CARRIED).sum(1)
    weights /= np.hypot(weights[:, :1], weights[:, 1:]) + _LEAST_LENGTH
    rows = zip(weights[:, 0].tolist(), (-weights[:, 1]).tolist(), surely.tolist(), strict=True)
    return [Stand(*row) for row in rows]


class Roll(NamedTuple):
    """A mean over the moments when a person stands, the last ones most; nothing changes it."""

    at_s: float | None = None
    subject: int | None = None
    right: float = 0.0
    up: float = 0.0
    """Both: of directions, times seconds."""

    @property
    def radians(self) -> float:
        """By how much the picture is turned clockwise."""
        return math.atan2(self.right, self.up + _LEAST_S)

    def after(self, stand: Stand, subject: int, at_s: float) -> "Roll":
        """With a pose of somebody at a later time; another person may be before another camera."""
        known = self if subject == self.subject else Roll()
        step_s = LONGEST_STEP_S if known.at_s is None else max(at_s - known.at_s, 0)
        weight_s = min(step_s, LONGEST_STEP_S) * stand.surely
        kept = math.exp(-weight_s / _MEMORY_S)
        right, up = (
            kept * before + weight_s * now
            for before, now in ((known.right, stand.right), (known.up, stand.up))
        )
        return Roll(at_s, subject, right, up)


def level(points: FloatArray, rolls: Sequence[Roll]) -> FloatArray:
    """Bodies, (n, 33, 3), as a camera would see them that is not rolled, each by its roll."""
    angles = np.array([roll.radians for roll in rolls], np.float32)[:, None]
    cosine, sine = np.cos(angles), np.sin(angles)
    levelled = points.copy()
    levelled[..., 0] = cosine * points[..., 0] + sine * points[..., 1]
    levelled[..., 1] = cosine * points[..., 1] - sine * points[..., 0]
    return levelled
