"""A skeleton kept as numbers, so that kinematics are tested without the body data."""

import json
from pathlib import Path

import numpy as np

from people.projection import Camera
from people.rotations import FloatArray
from people.skeleton import Skeleton
from pose_engine.landmarks import Pose


def default_skeleton() -> Skeleton:
    """The default body's, measured once from the CC0 data."""
    numbers = json.loads((Path(__file__).parent / "skeleton.json").read_text())
    names = tuple(numbers.pop("names"))
    return Skeleton(names=names, **{key: np.array(value) for key, value in numbers.items()})


def seen(points: FloatArray, azimuth: float) -> Pose:
    """A body's landmarks, (33, 3) metres, from a side and without noise."""
    view = Camera(azimuth=azimuth).view(points)
    world = (view - view[23:25].mean(0)).astype(np.float32)
    sure = np.ones(len(world), np.float32)
    return Pose(image=world * np.float32(400), world=world, visibility=sure, presence=sure)
