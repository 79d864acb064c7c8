"""Guesses of what a pose net would see of a synthetic person, without drawing him.

The true joints with depth squeezed, an error that stays and one that comes and goes.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.variants import Observation
from people.assets import Assets
from people.body import Body
from people.clips import Clip
from people.film import frame_people
from people.projection import Camera
from people.rotations import FloatArray
from people.script import Script
from people.skeleton import Skeleton
from pose_engine.landmarks import LANDMARK_COUNT, Landmark, Pose

_ERROR = np.array([0.014, 0.014, 0.036])
_STEADY, _FLEETING, _FLEETING_S = 0.95, 0.3, 0.3
_SQUEEZE = (0.35, 1.1)
_HIPS = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]


def guessed(clip: Clip, assets: Assets) -> Iterator[Observation]:
    """What would be seen of a clip, frame by frame."""
    yield from guessed_of(clip, Body(assets, clip.shape).skeleton)


def guessed_of(clip: Clip, skeleton: Skeleton) -> Iterator[Observation]:
    """The same of somebody else's bones."""
    rng, script = np.random.default_rng(clip.seed), Script(clip.parts)
    camera = frame_people(clip, [skeleton])
    squeeze = np.array([1, 1, rng.uniform(*_SQUEEZE)])
    for at_s, error in zip(_times(clip, script), _errors(rng, clip.fps), strict=False):
        points = script.posture(skeleton, at_s).landmarks()
        yield at_s, _pose(camera, points, squeeze, error)


def _times(clip: Clip, script: Script) -> list[float]:
    return [frame / clip.fps for frame in range(int(script.duration_s * clip.fps))]


def _errors(rng: np.random.Generator, fps: int) -> Iterator[FloatArray]:
    """Metres, (33, 3): a part that stays, and one that is forgotten in `_FLEETING_S`."""
    shape = (LANDMARK_COUNT, 3)
    steady, fleeting = rng.normal(size=shape), rng.normal(size=shape)
    kept = float(np.exp(-1 / fps / _FLEETING_S))
    while True:
        yield (_STEADY * steady + _FLEETING * fleeting) * _ERROR
        fleeting = kept * fleeting + np.sqrt(1 - kept**2) * rng.normal(size=shape)


def _pose(camera: Camera, points: FloatArray, squeeze: FloatArray, error: FloatArray) -> Pose:
    """Somebody with those joints, wrong by an error in metres; hidden ones are seen too."""
    seen = camera.view(points)
    hips = seen[_HIPS].mean(0)
    guess = (seen - hips) * squeeze + error
    world = (guess - guess[_HIPS].mean(0)).astype(np.float32)
    pixels = camera.project(points) + error[:, :2] * camera.focal / seen[:, 2:]
    image = np.column_stack([pixels, world[:, 2] * camera.focal / hips[2]]).astype(np.float32)
    sure = np.ones(LANDMARK_COUNT, np.float32)
    return Pose(image=image, world=world, visibility=sure, presence=sure)
