"""Pinhole cameras: where the points of the world land in an image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from people.rotations import FloatArray, facing, turn


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera that looks at a point, in the world's axes (y up, metres).

    `azimuth`: degrees around that point; 0 is in front of a person who faces +z, 90 at his
    left. `elevation`: degrees above it. `roll`: degrees, clockwise as seen in the image.
    `distance`: metres. `focal`: pixels. `width`, `height`: pixels.
    """

    target: tuple[float, float, float] = (0.0, 0.9, 0.0)
    azimuth: float = 0.0
    elevation: float = 5.0
    roll: float = 0.0
    distance: float = 3.5
    focal: float = 720.0
    width: int = 640
    height: int = 480

    @classmethod
    def framing(
        cls,
        points: FloatArray,
        *,
        azimuth: float,
        elevation: float,
        size: tuple[int, int],
        view_angle: float = 60.0,
        fill: float = 0.84,
        distance: float | None = None,
    ) -> "Camera":
        """A camera backed off, to 5 m at most, until the points (n, 3) fit that share of the image.

        `size`: width and height, pixels. `view_angle`: degrees across the longer side.
        `distance`: metres from the points' middle, whether they fit or not.
        """
        x, y, z = (points.min(0) + points.max(0)) / 2
        focal = 0.5 * max(size) / np.tan(np.radians(view_angle) / 2)
        for metres in np.arange(1.2, 5.0, 0.05) if distance is None else (distance,):
            camera = cls(
                target=(float(x), float(y), float(z)),
                azimuth=azimuth,
                elevation=elevation,
                distance=float(metres),
                focal=float(focal),
                width=size[0],
                height=size[1],
            )
            if (camera.view(points)[:, 2] > 0.3).all() and camera.inside(points, fill).all():
                break
        return camera

    def inside(self, points: FloatArray, share: float = 1.0) -> NDArray[np.bool_]:
        """Which world points (..., 3) land within that share of the image, about its middle."""
        half = np.array((self.width, self.height)) / 2
        within = np.abs(self.project(points) - half) < share * half
        return np.asarray(within.all(-1), np.bool_)

    @property
    def axes(self) -> FloatArray:
        """Rows: the image's right, its down and the view's direction, in the world's axes."""
        # From in front the view goes along -z: the image's right is the person's left, +x.
        upright = np.diag((1.0, -1.0, -1.0))
        return turn("z", self.roll) @ upright @ facing(-self.elevation, self.azimuth).T

    @property
    def eye(self) -> FloatArray:
        """Where the camera is, (3,)."""
        place: FloatArray = np.array(self.target) - self.distance * self.axes[2]
        return place

    def view(self, points: FloatArray) -> FloatArray:
        """World points (..., 3) -> metres right, down and away from the camera."""
        seen: FloatArray = (points - self.eye) @ self.axes.T
        return seen

    def project(self, points: FloatArray) -> FloatArray:
        """World points (..., 3) in front of the camera -> pixels (..., 2), right and down."""
        seen = self.view(points)
        centre = np.array((self.width / 2, self.height / 2))
        pixels: FloatArray = seen[..., :2] / seen[..., 2:] * self.focal + centre
        return pixels
