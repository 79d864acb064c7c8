"""2D-to-3D lifting: where each joint is in space, told by where all of them lie in the picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pose_engine.landmarks import FloatArray, Landmark

Lift = Callable[[FloatArray], FloatArray]
"""Bodies, (n, 33, 3) of `embedding.points_of` -> the same with their limbs put right."""

WEIGHTS = Path(__file__).with_name("lifter.npz")
"""Those of `python -m people lifter`."""
LIMBS = [*range(Landmark.LEFT_SHOULDER, Landmark.RIGHT_WRIST + 1),
         *range(Landmark.LEFT_HIP, Landmark.RIGHT_FOOT_INDEX + 1)]  # fmt: skip
"""The landmarks that are lifted; face and hands stay where they were."""
_SEEN = np.array([Landmark.NOSE, *LIMBS])
_LEFT, _RIGHT = Landmark.LEFT_HIP, Landmark.RIGHT_HIP
_LEAST_SIZE = 1e-6

Layer = tuple[NDArray[np.floating], NDArray[np.floating]]
"""Weights, (inputs, outputs), and biases, (outputs,)."""


class LifterError(ValueError):
    """A file of weights cannot be used; the message names it."""


def as_they_are(points: FloatArray) -> FloatArray:
    """Lifts nothing."""
    return points


class Lifter:
    """A perceptron that knows how people move, and how they look to a camera from anywhere.

    It takes x, y and the pose net's guess of z of nose and limbs, about the hips and by their size,
    and gives the limbs' places. After J. Martinez et al., A simple yet effective baseline for 3d
    human pose estimation (arXiv:1705.03098), which has no guess of z.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = [(w.astype(np.float32), b.astype(np.float32)) for w, b in layers]

    @classmethod
    def read(cls, path: Path = WEIGHTS) -> Self:
        """Read what `write` wrote; raises LifterError."""
        try:
            with np.load(path) as arrays:
                count = len(arrays.files) // 2
                return cls([(arrays[f"weights{i}"], arrays[f"biases{i}"]) for i in range(count)])
        except (BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
            raise LifterError(f"{path}: {error}") from error

    def write(self, path: Path) -> None:
        """Write the layers in float16."""
        arrays: dict[str, FloatArray] = {}
        for i, (weights, biases) in enumerate(self._layers):
            arrays |= {f"weights{i}": weights, f"biases{i}": biases}
        halves = {name: array.astype(np.float16) for name, array in arrays.items()}
        np.savez_compressed(path, allow_pickle=False, **halves)

    def __call__(self, points: FloatArray) -> FloatArray:
        """As `Lift`; each body the same as it alone."""
        *hidden, last = self._layers
        about, across, size = _placed(points)
        # one product a body: what one of all of them is rounded to depends on how many there are
        values = _flat(about[:, _SEEN] / across)[:, None]
        for weights, biases in hidden:
            values = np.maximum(values @ weights + biases, 0)
        limbs = (values @ last[0] + last[1]).reshape(len(points), len(LIMBS), 3)
        about[:, LIMBS] = limbs * size
        return about


def inputs(points: FloatArray) -> FloatArray:
    """What the perceptron is given of bodies, (n, 33, 3) -> (n, 51)."""
    about, across, _ = _placed(points)
    return _flat(about[:, _SEEN] / across)


def targets(points: FloatArray) -> FloatArray:
    """What it should give of bodies whose limbs truly are there, (n, 33, 3) -> (n, 48)."""
    about, _, size = _placed(points)
    return _flat(about[:, LIMBS] / size)


def _placed(points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bodies about the middle of their hips, and how large each is across the view and in all.

    That is how far landmarks are from their middle, as a root mean square, (n, 1, 1).
    """
    about: FloatArray = points - (points[:, _LEFT, None] + points[:, _RIGHT, None]) * np.float32(
        0.5
    )
    seen = about[:, _SEEN]
    apart = seen - seen.sum(1, keepdims=True) / len(_SEEN)
    x, y, z = np.einsum("njk,njk->kn", apart, apart) / len(_SEEN)
    across, size = np.maximum(np.sqrt((x + y, x + y + z)), _LEAST_SIZE)[..., None, None]
    return about, across, size


def _flat(points: FloatArray) -> FloatArray:
    flat: FloatArray = points.reshape(len(points), -1)
    return flat
