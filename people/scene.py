"""The room a person exercises in, and its light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from people.outfit import Colour
from people.rotations import FloatArray, turn, unit, vector

_HALF = 5.5
_FLOOR, _WALL, _MAT, _THINGS = 0, 1, 2, 3

Rows = list[list[float]]
"""Vertices of triangles: position, normal, material (what room.frag calls stuff)."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """A sun through a window and the room's own light. `direction`: towards the sun, (3,)."""

    direction: tuple[float, float, float] = (0.4, 0.8, 0.45)
    sun: Colour = (2.1, 2.0, 1.85)
    ambient: Colour = (0.55, 0.58, 0.63)

    @classmethod
    def random(cls, rng: np.random.Generator, azimuth: float) -> "Light":
        """Bright to dim, warm to cool, from the side of a camera at that azimuth, degrees."""
        angle = np.radians(azimuth + rng.uniform(-60, 60))
        flat, warmth = rng.uniform(0.35, 0.8), rng.uniform(-0.12, 0.1)
        x, y, z = unit((np.sin(angle) * flat, 1.0, np.cos(angle) * flat))
        sun, ambient = rng.uniform(1.2, 2.3), rng.uniform(0.42, 0.8)
        return cls(
            direction=(x, y, z),
            sun=(sun * (1 + warmth), sun, sun * (1 - warmth)),
            ambient=(ambient * (1 - warmth / 2), ambient, ambient * (1.1 + warmth / 2)),
        )


@dataclass(frozen=True, kw_only=True)
class Room:
    """Planks, four walls, pictures and boxes strewn by a seed, and a mat when there is one.

    `mat`: where it begins and ends along z, metres, or None.
    """

    seed: int = 0
    wall: Colour = (0.42, 0.43, 0.46)
    floor: Colour = (0.36, 0.24, 0.15)
    mat_colour: Colour = (0.10, 0.16, 0.30)
    mat: tuple[float, float] | None = None

    @classmethod
    def random(cls, rng: np.random.Generator, mat: tuple[float, float] | None = None) -> "Room":
        """A room in muted colours."""
        red, green, blue = rng.uniform(0.22, 0.62) + rng.uniform(-0.06, 0.06, 3)
        wood = rng.uniform(0.5, 1.3)
        mats: tuple[Colour, ...] = ((0.10, 0.16, 0.30), (0.05, 0.05, 0.06), (0.25, 0.10, 0.16))
        return cls(
            seed=int(rng.integers(1, 1000)),
            wall=(red, green, blue),
            floor=(0.36 * wood, 0.24 * wood * rng.uniform(0.95, 1.1), 0.15 * wood),
            mat_colour=mats[int(rng.integers(len(mats)))],
            mat=mat,
        )

    def triangles(self) -> NDArray[np.float32]:
        """Vertices (n, 7) float32, three a triangle: position, normal, material."""
        rng = np.random.default_rng(self.seed)
        rows = _quad(vector(0, 0, 0), vector(6, 0, 0), vector(0, 0, 6), vector(0, 1, 0), _FLOOR)
        rows += _quad(vector(0, 4, 0), vector(6, 0, 0), vector(0, 0, 6), vector(0, -1, 0), _WALL)
        for side in range(4):
            rows += _wall(turn("y", 90 * side).round(6), side, rng)
        if self.mat is not None:
            rows += _box((-0.45, 0, self.mat[0]), (0.45, 0.008, self.mat[1]), _MAT)
        return np.array(rows, np.float32)


def _wall(frame: FloatArray, side: int, rng: np.random.Generator) -> Rows:
    """A wall with pictures on it and boxes before it; its inside is along the frame's z."""
    right, inside = frame[:, 0], frame[:, 2]
    up = vector(0, 1, 0)
    rows = _quad(-inside * _HALF + 2 * up, right * 6, up * 2, inside, _WALL)
    for k in range(rng.integers(1, 4)):
        place, height = rng.uniform(-4, 4), rng.uniform(1.3, 2.1)
        wide, high = rng.uniform(0.25, 0.6), rng.uniform(0.2, 0.5)
        centre = -inside * (_HALF - 0.03 - 0.01 * k) + up * height + right * place
        rows += _quad(centre, right * wide, up * high, inside, _THINGS + k + 4 * side)
    for k in range(rng.integers(0, 3)):
        place, wide, high = rng.uniform(-4, 4), rng.uniform(0.2, 0.5), rng.uniform(0.4, 1.2)
        foot = -inside * (_HALF - 0.5) + right * place
        corner = vector(wide, 0, wide * 0.6)
        rows += _box(foot - corner, foot + corner + up * high, _THINGS + 20 + k + 4 * side)
    return rows


def _quad(
    centre: FloatArray, across: FloatArray, along: FloatArray, normal: FloatArray, material: int
) -> Rows:
    corners = [(-1, -1), (1, -1), (1, 1), (-1, -1), (1, 1), (-1, 1)]
    return [[*(centre + a * across + b * along), *normal, material] for a, b in corners]


def _box(low: ArrayLike, high: ArrayLike, material: int) -> Rows:
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    centre, half = (low + high) / 2, np.diag((high - low) / 2)
    rows: Rows = []
    for axis in range(3):
        across, along = half[(axis + 1) % 3], half[(axis + 2) % 3]
        for sign in (-1, 1):
            normal = sign * np.eye(3)[axis]
            rows += _quad(centre + sign * half[axis], across, along, normal, material)
    return rows
