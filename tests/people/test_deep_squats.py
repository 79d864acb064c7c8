"""Synthetic people squat as deep as they can, as they are and as BlazePose saw them: all count."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from classifiers.library import Library
from people.motions.squat import Squat
from people.projection import Camera
from people.script import Part, Script, Stroke
from people.skeleton import Skeleton
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray, Pose

TRACKED = Path(__file__).with_name("deep_squats.npz")
"""What the tracker saw of the squats of seeds 2 and 6 of benchmarks.grades, rendered: five each,
thighs from 16 degrees above level to 22 below."""
FPS = 10


def _pose(world: FloatArray, image: FloatArray, visibility: FloatArray) -> Pose:
    return Pose(image=image, world=world, visibility=visibility, presence=visibility)


def _counts(library: Library, poses: Iterable[tuple[float, Pose]]) -> dict[str, int]:
    session = library.session()
    for at_s, pose in poses:
        session.observe(pose, at_s)
    session.finish()
    return session.counts


@pytest.mark.parametrize("view", ["side", "oblique"])
def test_tracked_deep_squats_count(library: Library, view: str) -> None:
    with np.load(TRACKED) as arrays:
        at_s = arrays[f"{view}/at_s"].tolist()
        world = arrays[f"{view}/world_mm"].astype(np.float32) / 1000
        image = arrays[f"{view}/image_tenths"].astype(np.float32) / 10
        visibility = arrays[f"{view}/visibility"].astype(np.float32) / 100
    poses = zip(at_s, map(_pose, world, image, visibility), strict=True)
    assert _counts(library, poses) == {"squat": 5, "push_up": 0}


@pytest.mark.parametrize("deepest", [105, 120])
@pytest.mark.parametrize("azimuth", [50, 90, 270])
def test_true_deep_squats_count(
    library: Library, skeleton: Skeleton, azimuth: float, deepest: float
) -> None:
    script = Script([Part(motion=Squat(deepest=deepest), strokes=(Stroke(),) * 3, rest_s=0.8)])
    camera, seen = Camera(azimuth=azimuth), np.ones(LANDMARK_COUNT, np.float32)
    poses = []
    for frame in range(int(script.duration_s * FPS)):
        points = camera.view(script.posture(skeleton, frame / FPS).landmarks())
        world = (points - points[23:25].mean(0)).astype(np.float32)
        poses.append((frame / FPS, _pose(world, world * 400, seen)))
    assert _counts(library, poses) == {"squat": 3, "push_up": 0}
