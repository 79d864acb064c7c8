"""Clips as they were tracked, kept between runs: nothing of it changes while classifiers do."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.variants import LANDMARKS, ORIGINAL, Observation, Taken, over_the_wire
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray, Pose

_CHECKOUT = Path(__file__).parents[1]
_FOLDER = _CHECKOUT / ".benchmarks" / "recordings"
_SOURCES = (
    *sorted((_CHECKOUT / "pose_engine").glob("*.py")),
    Path(__file__).with_name("variants.py"),
)
"""Whatever changes in them, clips are tracked anew."""


def place(name: str, *content: bytes) -> Path:
    """Where a clip of this content is kept, for as long as it would be tracked the same."""
    digest = hashlib.sha256()
    for part in (*content, *(source.read_bytes() for source in _SOURCES)):
        digest.update(part)
    return _FOLDER / f"{name}-{digest.hexdigest()[:16]}.npz"


def written(path: Path, taken: Taken) -> Taken:
    """Keeps a clip, all of it or nothing, and gives it as `read` will from now on."""
    arrays: dict[str, NDArray[Any]] = {"lap_s": np.array(taken.lap_s)}
    for name, observations in taken.observations.items():
        arrays |= {f"{name}/{part}": array for part, array in _arrays(observations).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    part.rename(path)
    return read(path)


def read(path: Path) -> Taken:
    """A clip as it was kept; what is sent as landmarks is made of the original."""
    with np.load(path) as arrays:
        found = {name.split("/")[0] for name in arrays.files if "/" in name}
        observations: dict[str, Sequence[Observation]] = {
            name: _observations(arrays[f"{name}/at_s"], arrays[f"{name}/poses"])
            for name in (ORIGINAL, *sorted(found - {ORIGINAL}))
        }
        lap_s = float(arrays["lap_s"])
    observations[LANDMARKS] = over_the_wire(observations[ORIGINAL])
    return Taken(observations, lap_s)


def _arrays(observations: Sequence[Observation]) -> dict[str, NDArray[Any]]:
    """Times, (n,), and rows of a pose, (n, 33 x 8 + 1): NaN where nobody was seen."""
    rows = np.full((len(observations), LANDMARK_COUNT * 8 + 1), np.nan, np.float32)
    for row, (_, pose) in zip(rows, observations, strict=True):
        if pose is not None:
            assert pose.world is not None
            points = np.column_stack((pose.image, pose.world, pose.visibility, pose.presence))
            row[:] = (*points.ravel(), pose.subject)
    return {"at_s": np.array([at_s for at_s, _ in observations]), "poses": rows}


def _observations(at_s: NDArray[Any], rows: FloatArray) -> list[Observation]:
    return [(float(at), _pose(row)) for at, row in zip(at_s, rows, strict=True)]


def _pose(row: FloatArray) -> Pose | None:
    if np.isnan(row[0]):
        return None
    points = row[:-1].reshape(LANDMARK_COUNT, 8)
    image, world, visibility, presence = np.split(points, (3, 6, 7), axis=1)
    return Pose(
        image=np.ascontiguousarray(image),
        world=np.ascontiguousarray(world),
        visibility=visibility[:, 0],
        presence=presence[:, 0],
        subject=int(row[-1]),
    )
