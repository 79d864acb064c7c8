"""A rotated square `Region` of a picture, and the ways between it, its crop and the picture."""

import math
from dataclasses import dataclass, replace
from typing import Self, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pose_engine.frames import Frame, Pixels
from pose_engine.landmarks import FloatArray

MARGIN = 1.25
"""How much wider a region is than twice the distance of its two alignment points (MediaPipe's
`pose_detection_to_roi`, `scale_x`)."""


@dataclass(frozen=True, slots=True)
class Region:
    """A square around (`x`, `y`) with sides of `side`, all in pixels of the picture.

    `rotation`: radians clockwise from the picture's up to the region's own.
    """

    x: float
    y: float
    side: float
    rotation: float = 0.0

    @classmethod
    def whole(cls, frame: Frame, *, quarter_turns: int = 0) -> Self:
        """The smallest square that holds the frame: a letterbox, turned clockwise by quarters."""
        side = max(frame.width, frame.height)
        return cls(frame.width / 2, frame.height / 2, side, quarter_turns * math.pi / 2)

    @classmethod
    def around_body(cls, centre: FloatArray, end: FloatArray) -> Self:
        """The region of a body from its two alignment points (x, y) in pixels.

        `centre` is the middle of the hips; `end` lies on the circle around the body, beyond the
        head (BlazePose paper, arXiv:2006.10204, section 3.2).
        """
        dx, dy = float(end[0] - centre[0]), float(end[1] - centre[1])
        rotation = wrapped(math.pi / 2 - math.atan2(-dy, dx))
        return cls(float(centre[0]), float(centre[1]), 2 * MARGIN * math.hypot(dx, dy), rotation)

    @property
    def head_down(self) -> bool:
        """Whether its up is the picture's down, more or less."""
        return math.cos(self.rotation) < 0

    def turned_round(self) -> Self:
        """The same square, its up where its down was."""
        return replace(self, rotation=wrapped(self.rotation + math.pi))

    def enlarged(self, times: float) -> Self:
        """The same square in a picture so many times as large."""
        return replace(self, x=times * self.x, y=times * self.y, side=times * self.side)

    def crop(self, frame: Frame, size: int, *, replicate: bool) -> Pixels:
        """The region as a (size, size, 3) picture, by linear interpolation.

        What lies outside the frame repeats the frame's edge (`replicate`) or is black. The
        region's corners go to the corners (0, 0) and (size, size), without a shift of half a
        pixel, as in MediaPipe's CPU pipeline.
        """
        border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
        cells, fractions = self._sampling(size, frame.shrunk)
        crop = cv2.remap(frame.pixels, cells, fractions, cv2.INTER_LINEAR, borderMode=border)
        return cast(Pixels, crop)  # OpenCV's stubs lose the type

    def to_image(self, points: FloatArray) -> FloatArray:
        """Points (n, 2) or (n, 3) from the crop, its sides 0..1, to pixels of the picture."""
        image = points * np.float32(self.side)
        matrix = self._matrix(1)
        image[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        return image

    def to_crop(self, points: FloatArray) -> FloatArray:
        """The inverse of `to_image`."""
        crop = points / np.float32(self.side)
        matrix = self._matrix(1)
        crop[:, :2] = (points[:, :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        return crop

    def turn(self, points: FloatArray) -> FloatArray:
        """Points (n, 3) around the origin, turned from the region's upright to the picture's."""
        cos, sin = math.cos(self.rotation), math.sin(self.rotation)
        turned = points.copy()
        turned[:, :2] = points[:, :2] @ np.array([[cos, sin], [-sin, cos]], np.float32)
        return turned

    def _sampling(self, size: int, shrunk: int) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
        """OpenCV's fixed-point maps: whole pixels, and the 1/32 steps beyond them as one number.

        A pixel of a frame that is `shrunk` lies in the middle of those that it stands for.

        `cv2.warpPerspective` rounded so up to OpenCV 4, which MediaPipe is built on; OpenCV 5 no
        longer does, and the nets turn the difference into up to 5 pixels on unclear pictures.
        """
        matrix, steps = self._matrix(size) / shrunk, np.arange(size)
        matrix[:, 2] -= (shrunk - 1) / (2 * shrunk)
        across = (matrix[:, :1] * steps).astype(np.float32)
        down = (matrix[:, 1:2] * steps + matrix[:, 2:]).astype(np.float32)
        x, y = across[:, None, :] + down[:, :, None]
        maps = cv2.convertMaps(x, y, cv2.CV_16SC2)
        return cast(tuple[NDArray[np.int16], NDArray[np.uint16]], maps)

    def _matrix(self, size: int) -> NDArray[np.float64]:
        """(2, 3): from pixels of a crop of `size` to pixels of the picture."""
        scale = self.side / size
        cos, sin = scale * math.cos(self.rotation), scale * math.sin(self.rotation)
        half = size / 2
        return np.array([
            [cos, -sin, self.x - half * (cos - sin)],
            [sin, cos, self.y - half * (sin + cos)],
        ])  # fmt: skip


def wrapped(angle: float) -> float:
    """The same angle in radians within -pi to pi."""
    return angle - 2 * math.pi * math.floor((angle + math.pi) / (2 * math.pi))


def scaled(crop: Pixels, low: float, high: float) -> FloatArray:
    """A (size, size, 3) picture as a net's input: (1, size, size, 3), 0..255 -> `low`..`high`."""
    image = np.multiply(crop[None], (high - low) / 255, dtype=np.float32)
    image += np.float32(low)
    return image
