"""The landmarks of every frame of a clip: kept in pieces while it is counted, then as one NPZ."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pose_engine.landmarks import LANDMARK_COUNT, Pose

NAMES: Final = ("at_s", "points", "world")
"""`at_s` (n,) seconds, float64. `points` (n, 33, 5), float32: x, y, z in pixels of the upright
frame, visibility and presence. `world` (n, 33, 3), float32: metres from the middle of the hips.
NaN where nobody was seen."""


class Landmarks:
    """Those of the frames since the last piece was taken."""

    def __init__(self) -> None:
        self._at_s: list[float] = []
        self._points: list[NDArray[np.float32]] = []
        self._world: list[NDArray[np.float32]] = []

    def add(self, at_s: float, pose: Pose | None) -> None:
        """Those of one more frame."""
        points = np.full((LANDMARK_COUNT, 5), np.nan, np.float32)
        world = np.full((LANDMARK_COUNT, 3), np.nan, np.float32)
        if pose is not None:
            points[:] = np.column_stack((pose.image, pose.visibility, pose.presence))
            if pose.world is not None:
                world[:] = pose.world
        self._at_s.append(at_s)
        self._points.append(points)
        self._world.append(world)

    def take(self) -> bytes:
        """A piece: all of them as an NPZ; then there are none."""
        arrays: dict[str, NDArray[Any]] = {
            "at_s": np.array(self._at_s, np.float64),
            "points": np.array(self._points, np.float32).reshape(-1, LANDMARK_COUNT, 5),
            "world": np.array(self._world, np.float32).reshape(-1, LANDMARK_COUNT, 3),
        }
        self.__init__()  # type: ignore[misc]
        return _packed(arrays)


def joined(pieces: Sequence[bytes]) -> bytes:
    """One NPZ of several, in their order."""
    loaded = [np.load(BytesIO(piece), allow_pickle=False) for piece in pieces]
    return _packed({name: np.concatenate([one[name] for one in loaded]) for name in NAMES})


def _packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()
