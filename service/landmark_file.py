"""The landmarks of every frame of a clip: kept in pieces while it is counted, then as one NPZ."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pose_engine.landmarks import LANDMARK_COUNT, Pose

FRAME: Final = np.dtype(
    [
        ("at_s", np.float64),
        ("points", np.float32, (LANDMARK_COUNT, 5)),
        ("world", np.float32, (LANDMARK_COUNT, 3)),
    ]
)
"""`at_s` in seconds. `points`: x, y, z in pixels of the upright frame, visibility and presence.
`world`: metres from the middle of the hips. NaN where nobody was seen. The NPZ has an array of
each, a row a frame."""
NAMES: Final = ("at_s", "points", "world")


class Landmarks:
    """Those of the frames since the last piece was taken."""

    def __init__(self) -> None:
        self._frames: list[NDArray[np.void]] = []

    def add(self, at_s: float, pose: Pose | None) -> None:
        """Those of one more frame."""
        frame = np.full((), np.nan, FRAME)
        frame["at_s"] = at_s
        if pose is not None:
            frame["points"] = np.column_stack((pose.image, pose.visibility, pose.presence))
            if pose.world is not None:
                frame["world"] = pose.world
        self._frames.append(frame)

    def take(self) -> bytes:
        """A piece: all of them as an NPZ; then there are none."""
        frames, self._frames = np.array(self._frames, FRAME), []
        return _packed({name: frames[name] for name in NAMES})


def joined(pieces: Sequence[bytes]) -> bytes:
    """One NPZ of several, in their order."""
    loaded = [np.load(BytesIO(piece), allow_pickle=False) for piece in pieces]
    return _packed({name: np.concatenate([one[name] for one in loaded]) for name in NAMES})


def _packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()
