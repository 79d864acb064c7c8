"""Rotation matrices: turning about an axis, aligning two frames, blending."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def vector(x: float, y: float, z: float) -> FloatArray:
    """Three numbers as an array of shape (3,)."""
    return np.array((x, y, z), np.float64)


def unit(v: ArrayLike) -> FloatArray:
    """`v` of shape (3,) scaled to length 1."""
    v = np.asarray(v, np.float64)
    scaled: FloatArray = v / np.sqrt(v @ v)
    return scaled


def turn(axis: Literal["x", "y", "z"], degrees: float) -> FloatArray:
    """Right-handed rotation about a coordinate axis, (3, 3).

    With y up and the person facing +z: x pitches forward, y turns to the person's left,
    z leans to the person's right.
    """
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def facing(pitch: float = 0, yaw: float = 0, roll: float = 0) -> FloatArray:
    """Rotation of a body part leaned right by `roll`, then forward by `pitch`, then turned left."""
    return turn("y", yaw) @ turn("x", pitch) @ turn("z", roll)


def align(
    axis: FloatArray, normal: FloatArray, to_axis: FloatArray, to_normal: FloatArray
) -> FloatArray:
    """The rotation that takes `axis` to `to_axis` and the plane's `normal` to `to_normal`."""
    return _frame(to_axis, to_normal) @ _frame(axis, normal).T


def shortest(start: FloatArray, end: FloatArray) -> FloatArray:
    """The smallest rotation that takes direction `start` to direction `end` (Rodrigues)."""
    a, b = unit(start), unit(end)
    k = _skew(_cross(a, b))
    return np.eye(3) + k + k @ k / (1 + a @ b + 1e-9)


def blend(start: FloatArray, end: FloatArray, share: float) -> FloatArray:
    """Rotations (n, 3, 3) the given share of the way from `start` to `end`, each the short way."""
    step = np.swapaxes(start, 1, 2) @ end
    cosine = np.clip((np.trace(step, axis1=1, axis2=2) - 1) / 2, -1, 1)
    axis = np.stack([step[:, 2, 1] - step[:, 1, 2], step[:, 0, 2] - step[:, 2, 0],
                     step[:, 1, 0] - step[:, 0, 1]], 1)  # fmt: skip
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    angle = np.arccos(cosine) * share
    k = np.zeros_like(start)
    k[:, 2, 1], k[:, 0, 2], k[:, 1, 0] = axis.T
    k -= np.swapaxes(k, 1, 2)
    s, c = np.sin(angle)[:, None, None], (1 - np.cos(angle))[:, None, None]
    turned: FloatArray = start @ (np.eye(3) + s * k + c * (k @ k))
    return turned


def between(start: FloatArray, end: FloatArray, share: float) -> FloatArray:
    """One rotation (3, 3) the given share of the way from `start` to `end`."""
    blended: FloatArray = blend(start[None], end[None], share)[0]
    return blended


def hinge(axis: FloatArray, bend: FloatArray) -> FloatArray:
    """The hinge's axle: at right angles to a limb's `axis` and to the side it bends to."""
    return _cross(bend, axis)


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return vector(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _frame(axis: FloatArray, normal: FloatArray) -> FloatArray:
    d = unit(axis)
    n = unit(normal - d * (normal @ d))
    return np.stack([d, n, _cross(d, n)], 1)


def _skew(v: FloatArray) -> FloatArray:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
