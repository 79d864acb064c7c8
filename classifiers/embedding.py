"""Pose -> a vector of joint angles, limb slopes and spans: the same for every heading and mirror.

Nothing in it depends on where the camera stands around the person: angles and spans do not change
under rotation, and slopes only look at the vertical. Left and right enter as their mean and their
difference, so a mirrored person embeds the same.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pose_engine.landmarks import FloatArray, Pose, sides_of

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
    "hip_ankle": ("ankle", "hip"),
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

CARRIED = {"shank": 0.931, "thigh": 0.791, "torso": 0.424}
"""How much of the body each limb carries: so much of all leads from the ankles to its weight.

Head, arms and trunk are 0.678 of the mass, 0.626 of the way from hip to shoulder; the thighs 0.2
and the shanks 0.093, each 0.433 of the way down; the feet are left out (D. A. Winter, Biomechanics
and Motor Control of Human Movement, table 4.1).
"""

PICTURED_DEPTH = 0.3
"""How deep a body is beside what the z of a picture's landmarks says: the same net's world points
have 0.23 to 0.58 of that, by clip, and the less the more upright he is."""

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

_INDEX = {name: number for number, name in enumerate(NAMES)}
LEAST_WEIGHT = 0.05
"""A hidden side still counts a little, so that the mean is always defined."""
LEAST_LENGTH = 1e-6
"""In the points' unit: nothing is divided by less."""

_SEGMENTS = (*SLOPES.values(), *SPANS.values(), ("knee", "shoulder"))
"""All that is measured on either side, each from its second joint to its first."""
_LIMBS, _SPANS = slice(0, len(SLOPES)), slice(len(SLOPES), len(SLOPES) + len(SPANS))
_BOTH = 2 * len(_SEGMENTS)


def _landmarks(joints: Iterable[str]) -> NDArray[np.int_]:
    """The landmarks of joints, (sides, joints)."""
    return np.array([sides_of(joint) for joint in joints]).T


def _ends(end: int) -> NDArray[np.int_]:
    """The landmarks at one end: of the left segments, the right ones, and the widths."""
    return np.concatenate([*_landmarks(pair[end] for pair in _SEGMENTS), _landmarks(WIDTHS)[end]])


def _segments(pairs: Iterable[tuple[str, str]]) -> NDArray[np.int_]:
    """Where among `_SEGMENTS` those between two joints are, whichever way round."""
    between = [{*pair} for pair in _SEGMENTS]
    return np.array([between.index({*pair}) for pair in pairs])


_TO, _FROM = _ends(0), _ends(1)
_ONE = _segments((a, b) for a, b, _ in ANGLES.values())
_OTHER = _segments((b, c) for _, b, c in ANGLES.values())
_SENSE = np.array([
    1 if _SEGMENTS[one][1] == _SEGMENTS[other][1] else -1
    for one, other in zip(_ONE, _OTHER, strict=True)
], np.float32)  # fmt: skip
"""-1 where one of an angle's segments leads to its joint and the other one away from it."""
_LIFTED = _segments((a, c) for a, _, c in LIFTS.values())
_LOWER = _segments((a, b) for a, b, _ in LIFTS.values())
_UPPER = _segments((b, c) for _, b, c in LIFTS.values())
_JOINTS_OF = [j for of in (ANGLES, SLOPES, SPANS, LIFTS, SAGS, OVERHANGS) for j in of.values()]
_NEEDED = np.stack(
    [_landmarks([joints[min(n, len(joints) - 1)] for joints in _JOINTS_OF]) for n in range(4)]
)
"""The landmarks that each paired feature needs, (4, side, feature); some of them twice."""
_IN_SPACE = np.array([1, 1, PICTURED_DEPTH], np.float32)
_LEFT_TRUNK, _RIGHT_TRUNK = _landmarks(("shoulder", "hip"))
_TORSO, _THIGH, _SHANK = map([*SLOPES].index, ("torso", "thigh", "shank"))


def embed(pose: Pose) -> FloatArray:
    """The vector of one pose, (len(NAMES),), its points as they are."""
    vector: FloatArray = embed_points(points_of([pose]), pose.visibility[None])[0]
    return vector


def points_of(poses: Sequence[Pose]) -> FloatArray:
    """The points of poses, (n, 33, 3): world points where they have them, as pictured."""
    points = np.array([_in_space(pose) for pose in poses])
    return as_pictured(points, np.array([pose.image for pose in poses]))


def _in_space(pose: Pose) -> FloatArray:
    return pose.image * _IN_SPACE if pose.world is None else pose.world


def as_pictured(points: FloatArray, images: FloatArray) -> FloatArray:
    """Points, (n, 33, 3), that lie across the view as those of `images`, (n, 33, 3), do.

    As large as they were, wherever the origin is then. The net's world points have bent joints
    straighter than they are; the picture, where it sees them, does less so (`benchmarks.measures`).
    How far something is away is the given points' still.
    """
    across = np.array([points[..., :2], images[..., :2]])
    across -= across.mean(2, keepdims=True)
    sizes = np.sqrt(np.einsum("snij,snij->sn", across, across))
    pictured = points.copy()
    pictured[..., :2] = across[1] * (sizes[0] / np.maximum(sizes[1], LEAST_LENGTH))[:, None, None]
    return pictured


def embed_points(points: FloatArray, visibility: FloatArray) -> FloatArray:
    """Vectors of many bodies.

    `points`: (n, 33, 3) in any unit, y down; `visibility`: (n, 33) in 0..1, which side to trust.
    Returns (n, len(NAMES)).
    """
    xyz = points.transpose(2, 0, 1)
    segments = xyz.take(_TO, -1) - xyz.take(_FROM, -1)
    lengths = _length(segments)
    torso = _length(_trunks(xyz)) / np.float32(2)  # (n,)
    sides = _features(
        segments[..., :_BOTH].reshape(3, len(points), 2, -1),
        lengths[:, :_BOTH].reshape(len(points), 2, -1),
        torso[:, None, None],
    )
    weight = visibility.take(_NEEDED, 1).min(1) + np.float32(LEAST_WEIGHT)
    mean = (sides * weight).sum(1) / weight.sum(1)
    difference = np.abs(sides[:, 0] - sides[:, 1])
    widths = lengths[:, _BOTH:] / torso[:, None]
    return np.concatenate([mean, difference, widths], -1).astype(np.float32, copy=False)


def _features(segments: FloatArray, lengths: FloatArray, torso: FloatArray) -> FloatArray:
    """The paired features, (n, side, feature), of `_SEGMENTS`, (xyz, n, side, segment)."""
    limbs, limb_lengths, down = segments[..., _LIMBS], lengths[..., _LIMBS], segments[1]
    cosine = _SENSE * dot(limbs.take(_ONE, -1), limbs.take(_OTHER, -1))
    cosine /= limb_lengths.take(_ONE, -1) * limb_lengths.take(_OTHER, -1)
    angles = np.arccos(np.minimum(np.maximum(cosine, -1), 1)) / np.float32(np.pi)
    slopes = down[..., _LIMBS] / limb_lengths
    lifts = down.take(_LIFTED, -1) / (lengths.take(_LOWER, -1) + lengths.take(_UPPER, -1))
    trunk, line, line_length = limbs[..., :1], segments[..., -1:], lengths[..., -1:]
    along = dot(trunk, line) / line_length**2
    sags = (trunk[1] - along * line[1]) / line_length
    spans, overhangs = lengths[..., _SPANS] / torso, _overhangs(limbs, limb_lengths)
    return np.concatenate([angles, slopes, spans, lifts, sags, overhangs], -1)


def _overhangs(limbs: FloatArray, lengths: FloatArray) -> FloatArray:
    """How far the weight is behind the ankles, (n, side, 1), of the limbs of `SLOPES`."""
    aside = np.hypot(limbs[0], limbs[2])
    forward = CARRIED["shank"] * aside[..., _SHANK]
    weight = CARRIED["thigh"] * aside[..., _THIGH] - forward - CARRIED["torso"] * aside[..., _TORSO]
    overhangs: FloatArray = weight / (lengths[..., _THIGH] + lengths[..., _SHANK])
    return overhangs[..., None]


def columns(parts: Collection[str]) -> NDArray[np.bool_]:
    """Mask over `NAMES`: the numbers that need no other part of the body than these."""
    kept = {name for part in parts for name in _TELLS_OF[part]}
    if {"arms", "legs"} <= set(parts):
        kept.add("wrist_ankle")
    bare = [name.removesuffix("_difference").removesuffix("_width") for name in NAMES]
    return np.array([name in kept for name in bare])


def angles_seen(visibility: FloatArray) -> FloatArray:
    """How well each angle of `ANGLES` is seen, 0..1, on its better side: (n, 33) -> (n, angles)."""
    seen: FloatArray = visibility.take(_NEEDED[..., : len(ANGLES)], 1).min(1).max(1)
    return seen


def trunks_away(points: FloatArray) -> FloatArray:
    """How far each trunk points away from the camera, (n, 33, 3) in any unit -> (n,).

    1: straight away, the shoulders beyond the hips; 0: across the view, upright, or towards it.
    """
    trunk = _trunks(points.transpose(2, 0, 1))
    away: FloatArray = np.maximum(trunk[2] / _length(trunk), 0)
    return away


def squarenesses(points: FloatArray) -> FloatArray:
    """How squarely each body faces the camera, or turns its back to it, (n, 33, 3) -> (n,).

    1: shoulders and hips lie across the view; 0: one side points at the camera.
    """
    xyz = points.transpose(2, 0, 1)
    across = (xyz.take(_LEFT_TRUNK, -1) - xyz.take(_RIGHT_TRUNK, -1)).sum(-1)
    level = np.hypot(across[0], across[2])
    square: FloatArray = np.abs(across[0]) / np.maximum(level, LEAST_LENGTH)
    return square


def angle_degrees(vector: Sequence[float] | FloatArray, joint: str) -> float:
    """The angle of a joint of `ANGLES` in degrees, the mean of both sides, out of a vector."""
    return float(vector[_INDEX[joint]]) * 180


def lift(vector: Sequence[float] | FloatArray, joint: str) -> float:
    """The lift of the limb whose middle joint is the elbow or the knee, -1..1, out of a vector."""
    return float(vector[_INDEX[f"{joint}_lift"]])


def slope(vector: Sequence[float] | FloatArray, limb: str) -> float:
    """The climb of a limb of `SLOPES`, -1..1, the mean of both sides, out of a vector."""
    return float(vector[_INDEX[limb]])


def overhang(vector: Sequence[float] | FloatArray) -> float:
    """How far the weight is behind the ankles, in lengths of the leg, out of a vector."""
    return float(vector[_INDEX["overhang"]])


def dot(u: FloatArray, v: FloatArray) -> FloatArray:
    """The products of vectors, over the first axis."""
    product: FloatArray = np.add.reduce(u * v)
    return product


def _trunks(xyz: FloatArray) -> FloatArray:
    """From the hips' middle to the shoulders', twice: (xyz, n, 33) -> (xyz, n)."""
    ends = xyz.take(_LEFT_TRUNK, -1) + xyz.take(_RIGHT_TRUNK, -1)
    trunks: FloatArray = ends[..., 0] - ends[..., 1]
    return trunks


def _length(vectors: FloatArray) -> FloatArray:
    """The lengths of vectors, over the first axis."""
    lengths: FloatArray = np.maximum(np.sqrt(dot(vectors, vectors)), LEAST_LENGTH)
    return lengths
