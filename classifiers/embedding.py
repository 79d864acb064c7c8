"""Pose -> a vector of joint angles, limb slopes and spans: the same for every heading and mirror.

Nothing in it depends on where the camera stands around the person: angles and spans do not change
under rotation, and slopes only look at the vertical. Left and right enter as their mean and their
difference, so a mirrored person embeds the same.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pose_engine.landmarks import FloatArray, Landmark, Pose

ANGLES = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
}
"""Joint angles: the angle at the middle joint, a side."""

SLOPES = {
    "torso": ("hip", "shoulder"),
    "upper_arm": ("elbow", "shoulder"),
    "forearm": ("wrist", "elbow"),
    "thigh": ("knee", "hip"),
    "shank": ("ankle", "knee"),
}
"""Limbs whose climb is taken: +1 when the second joint is straight above the first, 0 level."""

SPANS = {
    "wrist_shoulder": ("wrist", "shoulder"),
    "wrist_hip": ("wrist", "hip"),
    "wrist_ankle": ("wrist", "ankle"),
    "hip_ankle": ("hip", "ankle"),
    "shoulder_ankle": ("shoulder", "ankle"),
}
"""Distances between joints of one side, in torso lengths."""

LIFTS = {
    "elbow_lift": ("wrist", "elbow", "shoulder"),
    "knee_lift": ("ankle", "knee", "hip"),
}
"""Limbs by their middle joint: how far the last joint is above the first, as a share of the limb's
length. It is 1 when the limb is straight and upright, 0 when both ends are level. What the net
guesses worst, how far something is away, counts least in it."""

SAGS = {"hip_sag": ("shoulder", "hip", "knee")}
"""How far the middle joint hangs below the straight line between the others, as a share of what
lies between them. It tells a straight body from one whose hips are dropped or piked."""

OVERHANGS = {"overhang": ("shoulder", "hip", "knee", "ankle")}
"""How far the body's weight is behind the ankles, in lengths of the leg, if trunk and shank lean
forward and the thigh goes back. Whoever stands on his own feet has it at about 0, however deep, and
whoever sits on a chair has not. Whether a limb points to the camera or away the net guesses badly;
how far from upright it is, better."""

WIDTHS = ("wrist", "knee", "ankle")
"""Joints whose distance from left to right is taken, in torso lengths."""

_JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_PAIRED = (*ANGLES, *SLOPES, *SPANS, *LIFTS, *SAGS, *OVERHANGS)

NAMES = (*_PAIRED, *(f"{name}_difference" for name in _PAIRED), *(f"{n}_width" for n in WIDTHS))
"""What each number is, in order: angles in half turns, slopes and lifts -1..1, spans in torsos."""

PARTS = ("torso", "arms", "legs", "weight")
"""What an exercise can be about: parts of the body, and how far its weight is behind the feet."""

_TELLS_OF = {
    "torso": ("torso",),
    "arms": (
        "elbow",
        "shoulder",
        "upper_arm",
        "forearm",
        "wrist_shoulder",
        "wrist_hip",
        "wrist",
        "elbow_lift",
    ),
    "legs": (
        "hip",
        "knee",
        "thigh",
        "shank",
        "hip_ankle",
        "shoulder_ankle",
        "ankle",
        "knee_lift",
        "hip_sag",
    ),
    "weight": ("overhang",),
}
"""The numbers that tell of a part and of no other; `wrist_ankle` tells of arms and legs."""

_SIDES = np.array(
    [[Landmark[f"{side}_{joint.upper()}"] for joint in _JOINTS] for side in ("LEFT", "RIGHT")]
)
_JOINT = {name: number for number, name in enumerate(_JOINTS)}


def _indices(features: Iterable[tuple[str, ...]]) -> tuple[NDArray[np.int_], ...]:
    """The first joint of each feature, the second of each, and so on."""
    return tuple(
        np.array([_JOINT[name] for name in joints]) for joints in zip(*features, strict=True)
    )


_ANGLES, _SLOPES, _SPANS = (_indices(of.values()) for of in (ANGLES, SLOPES, SPANS))
_LIFTS, _SAGS, _OVERHANGS = (_indices(of.values()) for of in (LIFTS, SAGS, OVERHANGS))
_WIDTHS = np.array([_JOINT[name] for name in WIDTHS])
_NEEDS = np.array([
    [name in joints for name in _JOINTS]
    for of in (ANGLES, SLOPES, SPANS, LIFTS, SAGS, OVERHANGS)
    for joints in of.values()
])  # fmt: skip
"""Which joints each paired feature needs, (features, joints)."""
_LEAST_WEIGHT = 0.05  # a hidden side still counts a little, so that the mean is always defined
_LEAST_LENGTH = 1e-6


def embed(pose: Pose) -> FloatArray:
    """The vector of one pose, (len(NAMES),)."""
    vector: FloatArray = embed_all([pose])[0]
    return vector


def embed_all(poses: Sequence[Pose]) -> FloatArray:
    """The vectors of poses, (n, len(NAMES)), from their world points where they have them."""
    points = [pose.image if pose.world is None else pose.world for pose in poses]
    return embed_points(np.stack(points), np.stack([pose.visibility for pose in poses]))


def embed_points(points: FloatArray, visibility: FloatArray) -> FloatArray:
    """Vectors of many bodies.

    `points`: (n, 33, 3) in any unit, y down; `visibility`: (n, 33) in 0..1, which side to trust.
    Returns (n, len(NAMES)).
    """
    joints = points[:, _SIDES]  # (n, side, joint, xyz)
    seen = visibility[:, _SIDES]
    middles = joints[:, 0] + joints[:, 1]
    torso = _length(middles[:, _JOINT["shoulder"]] - middles[:, _JOINT["hip"]])[:, None] / 2
    groups = [
        _angle(*_at(joints, _ANGLES)) / np.float32(np.pi),
        _slope(*_at(joints, _SLOPES)),
        _length(np.subtract(*_at(joints, _SPANS))) / torso[:, None],
        _lift(*_at(joints, _LIFTS)),
        _sag(*_at(joints, _SAGS)),
        _overhang(*_at(joints, _OVERHANGS)),
    ]
    sides = np.concatenate(groups, -1)  # (n, side, feature)
    weight = np.where(_NEEDS, seen[:, :, None], np.inf).min(-1) + np.float32(_LEAST_WEIGHT)
    mean = (sides * weight).sum(1) / weight.sum(1)
    difference = np.abs(sides[:, 0] - sides[:, 1])
    widths = _length(joints[:, 0, _WIDTHS] - joints[:, 1, _WIDTHS]) / torso
    return np.concatenate([mean, difference, widths], -1).astype(np.float32)


def columns(parts: Collection[str]) -> NDArray[np.bool_]:
    """Mask over `NAMES`: the numbers that need no other part of the body than these."""
    kept = {name for part in parts for name in _TELLS_OF[part]}
    if {"arms", "legs"} <= set(parts):
        kept.add("wrist_ankle")
    bare = [name.removesuffix("_difference").removesuffix("_width") for name in NAMES]
    return np.array([name in kept for name in bare])


def angle_seen(pose: Pose, joint: str) -> float:
    """How well the angle of a joint of `ANGLES` is seen, 0..1: on its better side."""
    joints = [_JOINTS.index(name) for name in ANGLES[joint]]
    return float(pose.visibility[_SIDES[:, joints]].min(1).max())


def angle_degrees(vector: FloatArray, joint: str) -> float:
    """The angle of a joint of `ANGLES` in degrees, the mean of both sides, out of a vector."""
    return float(vector[NAMES.index(joint)]) * 180


def lift(vector: FloatArray, joint: str) -> float:
    """The lift of the limb whose middle joint is the elbow or the knee, -1..1, out of a vector."""
    return float(vector[NAMES.index(f"{joint}_lift")])


def slope(vector: FloatArray, limb: str) -> float:
    """The climb of a limb of `SLOPES`, -1..1, the mean of both sides, out of a vector."""
    return float(vector[NAMES.index(limb)])


def overhang(vector: FloatArray) -> float:
    """How far the weight is behind the ankles, in lengths of the leg, out of a vector."""
    return float(vector[NAMES.index("overhang")])


def _at(joints: FloatArray, of: tuple[NDArray[np.int_], ...]) -> Iterator[FloatArray]:
    """The first joint of each feature, the second of each ..., (n, side, feature, xyz) each."""
    return (joints[:, :, index] for index in of)


def _length(vectors: FloatArray) -> FloatArray:
    squares = np.einsum("...i,...i->...", vectors, vectors)
    lengths: FloatArray = np.maximum(np.sqrt(squares), _LEAST_LENGTH)
    return lengths


def _angle(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Radians at b between a and c, over the last axis."""
    u, v = a - b, c - b
    cosine = np.einsum("...i,...i->...", u, v) / (_length(u) * _length(v))
    radians: FloatArray = np.arccos(np.clip(cosine, -1, 1))
    return radians


def _slope(a: FloatArray, b: FloatArray) -> FloatArray:
    """How far b is above a, as a share of their distance."""
    limb = b - a
    slope: FloatArray = -limb[..., 1] / _length(limb)
    return slope


def _lift(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """How far c is above a, as a share of the way from a over b to c."""
    lift: FloatArray = (a - c)[..., 1] / (_length(b - a) + _length(c - b))
    return lift


def _sag(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """How far b is below its foot on the line from a to c, in lengths of that line."""
    line = c - a
    length = _length(line)
    along = np.einsum("...i,...i->...", b - a, line) / length**2
    foot = a + along[..., None] * line
    sag: FloatArray = (b - foot)[..., 1] / length
    return sag


def _overhang(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    """How far the weight of somebody with shoulder a, hip b, knee c and ankle d is behind d.

    Head, arms and trunk are 0.678 of the mass, 0.626 of the way from hip to shoulder; the thighs
    0.2 and the shanks 0.093, each 0.433 of the way down; the feet are left out (D. A. Winter,
    Biomechanics and Motor Control of Human Movement, table 4.1).
    """
    trunk, thigh, shank = a - b, b - c, c - d
    weight = 0.791 * _aside(thigh) - 0.931 * _aside(shank) - 0.424 * _aside(trunk)
    overhang: FloatArray = weight / (_length(thigh) + _length(shank))
    return overhang


def _aside(vectors: FloatArray) -> FloatArray:
    """The length of vectors seen from above."""
    aside: FloatArray = np.hypot(vectors[..., 0], vectors[..., 2])
    return aside
