"""Arms and legs that several motions share: named arm positions, feet on the floor."""

import numpy as np

from people.motions.motion import mix
from people.posture import SIDES, SIGN, Posture, Side
from people.rotations import FloatArray, facing, turn, vector
from people.skeleton import Skeleton

_Position = tuple[tuple[float, float, float], tuple[float, float, float]]

# Wrist from the shoulder in arm lengths, then the elbow's direction; both (outward, up, forward).
_HANGING = ((0.14, -0.97, 0.06), (0.6, 0.0, -1.0))
_ON_CHEST = {
    "front": ((-0.06, 0.02, 0.96), (0.6, -0.6, -0.4)),
    "chest": ((-0.27, -0.14, 0.56), (0.8, -1.0, -0.2)),
    "goblet": ((-0.25, -0.30, 0.52), (0.4, -1.0, -0.3)),
    "crossed": ((-0.52, -0.30, 0.38), (0.9, -0.8, 0.1)),
    "shoulders": ((-0.42, -0.02, 0.34), (0.5, -0.5, 0.9)),
    "overhead": ((0.10, 0.97, 0.04), (1.0, 0.1, 0.2)),
    "rack": ((0.42, 0.10, -0.02), (0.15, -1.0, -0.35)),
    "head": ((-0.16, 0.46, -0.04), (1.0, 0.3, -0.1)),
    "phone": ((-0.26, -0.28, 0.54), (0.3, -1.0, -0.3)),
    "ear": ((0.02, 0.30, 0.24), (0.6, -1.0, 0.3)),
    "wave": ((0.38, 0.42, 0.22), (0.6, -1.0, -0.1)),
    "wide": ((0.97, 0.02, 0.06), (0.1, -0.6, -1.0)),
    "knees": ((-0.05, -0.80, 0.50), (0.8, -0.2, -0.6)),
    "typing": ((-0.14, -0.52, 0.56), (0.6, -0.8, -0.5)),
}
_LEVELLED = {"front": 0.2, "overhead": 0.6}
"""Positions that people hold by the horizon, and how much the trunk's lean moves them."""
_ON_THE_FLOOR = 0.06
_ON_HIPS = (0.10, 0.10, 0.03)
ARMS = ("sides", "hips", *_ON_CHEST)
"""The arm positions that `place_arms` knows."""


def place_arms(posture: Posture, position: str, share: float = 1.0) -> None:
    """Bring both arms the given share of the way from hanging to a named position."""
    for side, _ in SIDES:
        place_arm(posture, side, position, share)


def place_arm(posture: Posture, side: Side, position: str, share: float = 1.0) -> None:
    """Bring one arm the given share of the way from hanging to a named position.

    Raises KeyError when the position is not one of ARMS.
    """
    start, start_elbow = _hanging(posture, side)
    end, elbow = (start, start_elbow) if position == "sides" else _wrist(posture, side, position)
    shoulder = posture.at(f"upperarm_{side}")
    wrist = _swung(start - shoulder, end - shoulder, share) + shoulder
    wrist[1] = max(wrist[1], _ON_THE_FLOOR)
    posture.arm(side, wrist, mix_vectors(start_elbow, elbow, share))
    if position in ("goblet", "rack", "phone", "ear"):
        posture.fist(side)


def _hanging(posture: Posture, side: Side) -> tuple[FloatArray, FloatArray]:
    """Straight down by gravity, however the trunk leans; beside it when he lies on his back."""
    return _levelled(posture, side, _HANGING, 0)


def _wrist(posture: Posture, side: Side, position: str) -> tuple[FloatArray, FloatArray]:
    if position == "hips":
        pelvis, sign = posture.rotation("pelvis"), SIGN[side]
        out = posture.skeleton.hip_half + _ON_HIPS[0]
        wrist = posture.at("pelvis") + pelvis @ vector(sign * out, *_ON_HIPS[1:])
        return wrist, pelvis @ vector(sign, 0.1, -0.6)
    if position in _LEVELLED:
        return _levelled(posture, side, _ON_CHEST[position], _LEVELLED[position])
    return _from_shoulder(posture, side, _ON_CHEST[position], posture.rotation("spine_03"))


def _levelled(
    posture: Posture, side: Side, position: _Position, share: float
) -> tuple[FloatArray, FloatArray]:
    """Held level however the trunk leans, but for a share; wholly with it when he lies back."""
    chest = posture.rotation("spine_03")
    on_back = float(np.clip((chest[1, 2] - 0.2) / 0.5, 0, 1))
    share += (1 - share) * on_back
    level = _from_shoulder(posture, side, position, _yawed(chest))
    trunk = _from_shoulder(posture, side, position, chest)
    return mix_vectors(level[0], trunk[0], share), mix_vectors(level[1], trunk[1], share)


def _from_shoulder(
    posture: Posture,
    side: Side,
    position: _Position,
    frame: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    mirrored = np.array((SIGN[side], 1, 1))
    wrist, elbow = (np.array(way) * mirrored for way in position)
    start = posture.at(f"upperarm_{side}")
    return start + frame @ wrist * posture.skeleton.arm, frame @ elbow


def _yawed(rotation: FloatArray) -> FloatArray:
    """A body part's heading alone, without its lean."""
    return turn("y", float(np.degrees(np.arctan2(rotation[0, 2], rotation[2, 2]))))


def _swung(start: FloatArray, end: FloatArray, share: float) -> FloatArray:
    """Between two offsets along an arc, so that a straight arm stays straight."""
    mixed = mix_vectors(start, end, share)
    length = mix(float(np.linalg.norm(start)), float(np.linalg.norm(end)), share)
    return mixed * length / max(float(np.linalg.norm(mixed)), 1e-6)


def mix_vectors(start: FloatArray, end: FloatArray, share: float) -> FloatArray:
    """A vector the given share of the way from start to end."""
    return start + (end - start) * share


def stand(posture: Posture, side: Side, x: float, z: float = 0, toe_out: float = 8) -> None:
    """Put a whole foot on the floor, the knee over its toes."""
    foot = turn("y", SIGN[side] * (toe_out - 4))
    knee = turn("y", SIGN[side] * toe_out)[:, 2] + vector(0, 0.001, 0)
    posture.leg(side, vector(x, posture.skeleton.ankle_height, z), knee, foot)


def on_toes(posture: Posture, side: Side, ball: FloatArray, pitch: float, knee: FloatArray) -> None:
    """Put the ball of a foot at a point with the heel raised by `pitch` degrees, toes flat."""
    foot = facing(pitch=pitch)
    posture.leg(side, ankle_over(posture.skeleton, ball, pitch), knee, foot, toes=min(pitch, 65))


def ankle_over(skeleton: Skeleton, ball: FloatArray, pitch: float) -> FloatArray:
    """Where the ankle is when the ball of the foot is at a point and the heel raised."""
    rise: FloatArray = facing(pitch=pitch) @ (skeleton.joint("ball_l") - skeleton.joint("foot_l"))
    return vector(ball[0], ball[1] - rise[1], ball[2] - rise[2])


def ball_height(skeleton: Skeleton) -> float:
    """The ball of the foot above the floor with the shoe's sole under it, metres."""
    return float(skeleton.joint("ball_l")[1]) + 0.025


def hip_height(skeleton: Skeleton, bend: tuple[float, float], across: float) -> FloatArray:
    """Middle of the hips, (3,), for feet `across` from the midline and legs bent.

    `bend`: degrees from the vertical of the shin (knee forward) and the thigh (hips back) as
    seen from the side.
    """
    shin, thigh = np.radians(bend)
    up = skeleton.shin * np.cos(shin) + skeleton.thigh * np.cos(thigh)
    back = float(skeleton.shin * np.sin(shin) - skeleton.thigh * np.sin(thigh))
    reach = np.hypot(up, back)
    level = across - skeleton.hip_half
    height = np.sqrt(max(reach**2 - level**2 - back**2, 0.0025))
    return vector(0, skeleton.ankle_height + float(height), back)


def hips_over(
    skeleton: Skeleton, ankles: list[FloatArray], x: float, z: float, stretch: float = 0.995
) -> float:
    """The greatest height of the hips from which both ankles are in reach, metres."""
    heights = []
    for ankle, sign in zip(ankles, (1, -1), strict=True):
        level = np.hypot(ankle[0] - x - sign * skeleton.hip_half, ankle[2] - z)
        rise = np.sqrt(max((stretch * skeleton.leg) ** 2 - level**2, 0.01))
        heights.append(float(ankle[1] + rise))
    return min(heights)
