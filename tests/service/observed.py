"""The core's poses as a client sends them."""

import numpy as np

from blazereps_client import PoseAt
from pose_engine.landmarks import Pose


def pose_at(at_s: float, pose: Pose | None) -> PoseAt:
    if pose is None:
        return PoseAt(at_s, None)
    points = np.column_stack((pose.image, pose.visibility, pose.presence))
    return PoseAt(at_s, points.tolist(), None if pose.world is None else pose.world.tolist())
