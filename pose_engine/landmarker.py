"""Frame + region -> the landmarks of the person in it: BlazePose GHUM."""

from dataclasses import dataclass
from typing import cast

import numpy as np

from pose_engine.exposure import brightened
from pose_engine.frames import Frame
from pose_engine.geometry import Region, scaled
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray, Landmark, Pose
from pose_engine.runtime import ModelError, Net, sigmoid

SIZE = 256
MIN_FLAG = 0.5
_SHOULDERS = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]
_ANKLES = [Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]
_POINTS = 39  # 33 landmarks, 2 alignment points, 4 that nothing uses
_KERNEL = 9
_MIN_PEAK = 0.5
_FADE = 0.05
"""How far beyond the frame a point is surely out of view, in sides of the region. The net alone
calls one in twenty of such points visible, with 0.85 and more."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """What the net says of one person.

    `flag`: how sure it is that there is somebody, 0.5 to 1. `heat`: how clear he is to it, 0 to 1,
    as the mean of the highest heat near each landmark, which tells a body that is read rightly
    where `flag` and `visibility` do not (docs/pose.md); 1 without heatmaps. `image`: (33, 3) pixels
    of the picture. `alignment`: (2, 3) pixels, mid-hip and the end of the body's circle. `world`:
    (33, 3) metres. `visibility`, `presence`: (33,) in 0..1. All float32, axes as in `Pose`.
    """

    flag: float
    heat: float
    image: FloatArray
    alignment: FloatArray
    world: FloatArray
    visibility: FloatArray
    presence: FloatArray

    @property
    def region(self) -> Region:
        """Where to look for the same person on the next frame."""
        return Region.around_body(self.alignment[0], self.alignment[1])

    @property
    def feet_first(self) -> bool:
        """Whether the ankles are farther up than the shoulders, where the region's up is."""
        up = self.alignment[1, :2] - self.alignment[0, :2]
        legs = self.image[_ANKLES, :2].mean(axis=0) - self.image[_SHOULDERS, :2].mean(axis=0)
        return float(legs @ up) > 0

    def pose(self, subject: int = 1, scale: float = 1.0) -> Pose:
        """What others need to know of it; `subject`, `scale`: as in `Pose`."""
        return Pose(self.image, self.world, self.visibility, self.presence, subject, scale)


class Landmarker:
    """Reads landmarks off a region. Thread-safe; keeps nothing between frames.

    `refine`: x and y are improved by the heatmaps. Raises ModelError when the net has none.
    """

    def __init__(self, net: Net, *, refine: bool = True) -> None:
        if refine and "heatmap" not in net.outputs:
            raise ModelError("this landmark model has no heatmap to refine by: use refine=False")
        self._net = net
        self.refine = refine

    def locate(self, frame: Frame, region: Region) -> Landmarks | None:
        """The landmarks of whoever is in the region, or None when nobody is."""
        crop = region.crop(frame, SIZE, replicate=True)
        outputs = self._net.run(scaled(brightened(crop), 0.0, 1.0))
        flag = float(outputs["flag"].item())
        if not flag >= MIN_FLAG:
            return None
        values = outputs["landmarks"].reshape(_POINTS, 5)
        points = values[:, :3] / np.float32(SIZE)
        heat = 1.0
        if self.refine:
            heat = float(refine(points, outputs["heatmap"][0])[:LANDMARK_COUNT].mean())
        points = region.to_image(points)
        in_view = _in_view(points[:LANDMARK_COUNT], frame, fade=max(_FADE * region.side, 1.0))
        world = outputs["world"].reshape(_POINTS, 3)[:LANDMARK_COUNT]
        return Landmarks(
            flag=flag,
            heat=heat,
            image=points[:LANDMARK_COUNT],
            alignment=points[LANDMARK_COUNT : LANDMARK_COUNT + 2],
            world=region.turn(world),
            visibility=in_view * sigmoid(values[:LANDMARK_COUNT, 3]),
            presence=in_view * sigmoid(values[:LANDMARK_COUNT, 4]),
        )


def refine(points: FloatArray, heatmap: FloatArray) -> FloatArray:
    """Moves x and y of `points` (n, 3), in 0..1, to the centre of mass of their heat nearby.

    `heatmap`: (rows, columns, n) logits. Nearby is 9 x 9 cells around the point; a point stays
    when no cell there is above 0.5, or when it lies outside the map (MediaPipe's
    `RefineLandmarksFromHeatmapCalculator`). Returns the highest heat near each, (n,) in 0..1.
    """
    size = np.array(heatmap.shape[1::-1])
    cells = (points[:, :2] * size).astype(int)
    near = cells[:, None, :] + np.arange(_KERNEL)[:, None] - _KERNEL // 2  # (n, 9, 2): x, y
    within = (near >= 0) & (near < size)
    columns, rows = np.moveaxis(near.clip(0, size - 1), 2, 0)
    each = np.arange(len(points))[:, None, None]
    heat = sigmoid(heatmap[rows[:, :, None], columns[:, None, :], each])
    heat *= within[:, :, None, 1] & within[:, None, :, 0]
    peaks = heat.max(axis=(1, 2))
    moved = (peaks >= _MIN_PEAK) & ((cells >= 0) & (cells < size)).all(axis=1)
    heat, near = heat[moved], near[moved]
    total = heat.sum(axis=(1, 2))
    points[moved, 0] = (heat.sum(axis=1) * near[:, :, 0]).sum(axis=1) / total / size[0]
    points[moved, 1] = (heat.sum(axis=2) * near[:, :, 1]).sum(axis=1) / total / size[1]
    return cast(FloatArray, peaks)


def _in_view(points: FloatArray, frame: Frame, fade: float) -> FloatArray:
    """(n,): 1 for points within the frame, falling to 0 for those `fade` pixels beyond it."""
    corner = np.array([frame.width, frame.height], np.float32)
    beyond = np.maximum(-points[:, :2], points[:, :2] - corner).max(axis=1)
    share: FloatArray = np.clip(1 - beyond / np.float32(fade), 0, 1)
    return share
