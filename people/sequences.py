"""Poses of somebody who follows a script, as a tracker would give them: no rendering."""

import numpy as np

from people.projection import Camera
from people.samples import hidden_points, hips_of, image_points, middle, noisy
from people.script import Script
from people.skeleton import Skeleton
from pose_engine.landmarks import Pose

_SEEN, _HIDDEN = 0.97, 0.3


def film(
    script: Script,
    skeleton: Skeleton,
    camera: Camera,
    rng: np.random.Generator,
    *,
    fps: float = 15,
    noise: bool = True,
) -> list[tuple[float, Pose]]:
    """(seconds, pose) at a frame rate from start to end.

    The camera stands still and looks at where the script begins. `noise` adds the kind of error
    that samples have, drawn anew for every pose: harsher than a tracker's, which smooths.
    """
    times = np.arange(0, script.duration_s, 1 / fps)
    points = np.stack([script.posture(skeleton, float(at)).landmarks() for at in times])
    seen = (points - middle(points[0])) @ camera.axes.T
    hidden = hidden_points(seen)
    if noise:
        seen = noisy(seen, hidden, rng, filmed=True)
    image = image_points(seen, [camera] * len(seen)).astype(np.float32)
    world = (seen - hips_of(seen)).astype(np.float32)
    visibility = np.where(hidden, _HIDDEN, _SEEN).astype(np.float32)
    return [
        (float(at), Pose(image=i, world=w, visibility=v, presence=v))
        for at, i, w, v in zip(times, image, world, visibility, strict=True)
    ]
