"""Poses by the thousand for training, as BlazePose would give them: no rendering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from people.assets import Assets
from people.body import Body, Shape
from people.motions import MOTIONS
from people.motions.motion import ease, mix
from people.posture import Posture
from people.projection import Camera
from people.rotations import FloatArray
from people.skeleton import Skeleton
from pose_engine.landmarks import Landmark

_FACE = slice(0, 11)
_FOLLOWERS = {15: (17, 19, 21), 16: (18, 20, 22), 27: (29, 31), 28: (30, 32)}
# Metres; a pose net sees x and y, and infers z. Chosen, but for the legs' z: what BlazePose was off
# by on rendered squats, once each clip was scaled and laid on the truth.
_NOISE_XY, _NOISE_Z, _NOISE_POINT = 0.012, 0.035, 0.006
_NOISE_Z_LEGS = {Landmark.LEFT_KNEE: 0.05, Landmark.RIGHT_KNEE: 0.05,
                 Landmark.LEFT_ANKLE: 0.085, Landmark.RIGHT_ANKLE: 0.085}  # fmt: skip
_HIDDEN_NOISE = 2.5
_FARTHEST = 0.6
"""Of the way to another posture: farther, and it is that other motion's."""

# Capsules that hide what lies behind them: landmarks at both ends, radius in metres.
_CAPSULES = (
    ((11, 12), (23, 24), 0.13), ((7,), (8,), 0.09),
    ((11,), (13,), 0.05), ((13,), (15,), 0.04), ((12,), (14,), 0.05), ((14,), (16,), 0.04),
    ((23,), (25,), 0.08), ((25,), (27,), 0.055), ((24,), (26,), 0.08), ((26,), (28,), 0.055),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Samples:
    """n poses in BlazePose's axes: x right, y down, z away from the camera.

    `world`: (n, 33, 3) float32 metres, the hips' middle at the origin; `true`: the same without
    noise. `image`: (n, 33, 3) float32 pixels with perspective, z in the scale of x and 0 at the
    hips' middle.
    `hidden`: (n, 33) bool, behind another part of the body. `motion`: (n,) names. `depth`: (n,)
    0..1 along the motion. `azimuth`, `elevation`: (n,) degrees of the camera (azimuth 0: in
    front of a person upright, or beyond the head of one face down; 90: at the left).
    """

    world: NDArray[np.float32]
    true: NDArray[np.float32]
    image: NDArray[np.float32]
    hidden: NDArray[np.bool_]
    motion: NDArray[np.str_]
    depth: FloatArray
    azimuth: FloatArray
    elevation: FloatArray


def random_skeletons(count: int, seed: int) -> list[Skeleton]:
    """Skeletons of random adults; about 0.2 s each.

    Raises AssetsMissing when the bodies are not there.
    """
    assets, rng = Assets(), np.random.default_rng(seed)
    return [Body(assets, Shape.random(rng)).skeleton for _ in range(count)]


def sample_poses(
    motions: Sequence[str],
    count: int,
    seed: int,
    *,
    noise: bool = True,
    skeletons: Sequence[Skeleton] | None = None,
    depths: tuple[float, float] = (0.0, 1.0),
    style: Mapping[str, Any] = MappingProxyType({}),
    strays: float = 0.0,
) -> Samples:
    """`count` poses of the named motions in turn, in random bodies, styles, depths and cameras.

    `depths`: the least and the greatest, in between as time is in an even movement: more at both
    ends. `noise` adds BlazePose's kind of error. `skeletons` default to 30 random adults. `style`:
    fields of the motions that are not drawn. `strays`: the share of poses that are on the way to
    one of another motion. The same seed gives the same poses.
    Raises KeyError when a motion is not in MOTIONS, TypeError when it has no field of the style's.
    """
    rng = np.random.default_rng(seed)
    skeletons = skeletons or random_skeletons(30, seed)
    names = [motions[i % len(motions)] for i in range(count)]
    depth = np.array([mix(*depths, _depth(name, rng)) for name in names])
    cameras = [_random_camera(rng) for _ in range(count)]
    seen = np.empty((count, 33, 3))
    for i, (name, camera) in enumerate(zip(names, cameras, strict=True)):
        skeleton = skeletons[int(rng.integers(len(skeletons)))]
        motion = replace(MOTIONS[name].random(rng), **style)
        posture = motion.posture(skeleton, depth[i])
        if strays and rng.uniform() < strays:
            posture = posture.towards(_any(motions, skeleton, rng), rng.uniform(0, _FARTHEST))
        points = posture.landmarks()
        seen[i] = (points - _middle(points)) @ camera.axes.T
    hidden, true = _hidden(seen), seen
    if noise:
        seen = _noisy(seen, hidden, rng)
    return Samples(
        world=(seen - _hips(seen)).astype(np.float32),
        true=(true - _hips(true)).astype(np.float32),
        image=_image(seen, cameras).astype(np.float32),
        hidden=hidden,
        motion=np.array(names),
        depth=depth,
        azimuth=np.array([camera.azimuth for camera in cameras]),
        elevation=np.array([camera.elevation for camera in cameras]),
    )


def _any(motions: Sequence[str], skeleton: Skeleton, rng: np.random.Generator) -> Posture:
    """A posture of any of the motions."""
    name = motions[int(rng.integers(len(motions)))]
    return MOTIONS[name].random(rng).posture(skeleton, _depth(name, rng))


def _depth(name: str, rng: np.random.Generator) -> float:
    share = rng.uniform()
    return float(share) if MOTIONS[name].cyclic else ease(share)


def _random_camera(rng: np.random.Generator) -> Camera:
    """Anywhere around a person, most often at about the height of the hips."""
    distance, size = rng.uniform(1.8, 5.5), rng.uniform(0.5, 0.9)
    return Camera(
        azimuth=rng.uniform(0, 360),
        elevation=rng.triangular(-10, 5, 35),
        roll=rng.normal(0, 5),
        distance=distance,
        focal=480 * size * distance / 1.8,
    )


def _middle(points: FloatArray) -> FloatArray:
    """The middle of the box around points (n, 3)."""
    middle: FloatArray = (points.min(0) + points.max(0)) / 2
    return middle


def _hips(points: FloatArray) -> FloatArray:
    """The hips' middle of bodies (n, 33, 3); (n, 1, 3)."""
    hips: FloatArray = points[:, 23:25].mean(1, keepdims=True)
    return hips


def _image(seen: FloatArray, cameras: Sequence[Camera]) -> FloatArray:
    """Pixels of points given in camera axes around each camera's target."""
    focal, distance, width, height = np.array(
        [(c.focal, c.distance, c.width, c.height) for c in cameras]
    ).T[:, :, None]
    away = seen[..., 2] + distance
    scale = focal / away
    hips = _hips(seen)[..., 2]
    x, y = seen[..., 0] * scale + width / 2, seen[..., 1] * scale + height / 2
    return np.stack([x, y, (seen[..., 2] - hips) * focal / (hips + distance)], -1)


def _hidden(seen: FloatArray) -> NDArray[np.bool_]:
    """Which points lie behind a capsule of the body, seen from far away; (n, 33)."""
    hidden = np.zeros(seen.shape[:2], np.bool_)
    for first, last, radius in _CAPSULES:
        start, end = seen[:, first].mean(1)[:, None], seen[:, last].mean(1)[:, None]
        way = end - start
        flat = np.maximum((way[..., :2] ** 2).sum(-1), 1e-6)
        along = ((seen - start)[..., :2] * way[..., :2]).sum(-1) / flat
        nearest = start + np.clip(along, 0, 1)[..., None] * way
        beside = np.linalg.norm((seen - nearest)[..., :2], axis=-1)
        behind = seen[..., 2] - nearest[..., 2] > radius + 0.03
        covered = (beside < radius) & behind
        covered[:, [*first, *last]] = False
        hidden |= covered
    return hidden


def _noisy(seen: FloatArray, hidden: NDArray[np.bool_], rng: np.random.Generator) -> FloatArray:
    """With the errors of a pose net: depth squeezed and wrong, hands and feet off together.

    How far away a leg is, is the more wrong the farther down it.
    """
    count = len(seen)
    shape = (count, 33)
    spread = np.full((33, 3), (_NOISE_XY, _NOISE_XY, _NOISE_Z))
    spread[[*_NOISE_Z_LEGS], 2] = [*_NOISE_Z_LEGS.values()]
    error: FloatArray = rng.normal(0, 1, (*shape, 3)) * spread
    error *= np.where(hidden, _HIDDEN_NOISE, 1.0)[..., None]
    error[:, _FACE] = error[:, :1]
    for leader, followers in _FOLLOWERS.items():
        error[:, followers] = error[:, [leader]]
    error += rng.normal(0, _NOISE_POINT, (*shape, 3))
    squeezed = seen.copy()
    squeezed[..., 2] *= rng.uniform(0.35, 1.1, (count, 1))
    return squeezed + error
