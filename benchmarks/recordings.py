"""What the tracker saw of clips, kept between runs: counting again then takes seconds.

    python -m benchmarks.recordings [--data ../shared/data] [--part 1/2]

Tracking 65 clips in every variant takes an hour of one core; nothing of it changes while only the
classifiers do. A recording is made anew when the pose engine, the variants or the clip change.
"""

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.variants import LANDMARKS, ORIGINAL, Observation, Taken, names, over_the_wire, take
from pose_engine.footage import ClipLimits
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray, Pose
from service.core import Core
from service.settings import Settings
from service.startup import load_core

CHECKOUT = Path(__file__).parents[1]
FOLDER = CHECKOUT / ".benchmarks" / "recordings"
SETTINGS = Settings(models=None)


def recorded(clip: Path, core: Core, *, limits: ClipLimits, alone: bool = False) -> Taken:
    """A clip, tracked as it is and in every variant, from the last run where nothing changed.

    `alone`: as it is will do. Raises ClipError.
    """
    stem = f"{clip.stem}-{_fingerprint(clip)}"
    paths = [FOLDER / f"{stem}.npz", *([FOLDER / f"{stem}-alone.npz"] if alone else ())]
    found = [path for path in paths if path.exists()]
    if not found:
        wanted = () if alone else set(names()) - {LANDMARKS}
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        _write(paths[-1], take(clip, core, wanted, limits=limits))
    return _read((found or paths[-1:])[0])


def _fingerprint(clip: Path) -> str:
    digest = hashlib.sha256(clip.read_bytes())
    for source in (*sorted((CHECKOUT / "pose_engine").glob("*.py")), _VARIANTS):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


_VARIANTS = Path(__file__).with_name("variants.py")


def _write(path: Path, taken: Taken) -> None:
    arrays: dict[str, NDArray[Any]] = {"lap_s": np.array(taken.lap_s)}
    for name, observations in taken.observations.items():
        arrays |= {f"{name}/{part}": array for part, array in _arrays(observations).items()}
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    part.rename(path)


def _read(path: Path) -> Taken:
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


def main() -> None:
    """Record every clip that is not recorded yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", default="1/1", help="which share of the clips, such as 2/2")
    arguments = parser.parse_args()
    part, parts = map(int, arguments.part.split("/"))
    core = load_core(SETTINGS)
    for clip in sorted((arguments.data / "clips").iterdir())[part - 1 :: parts]:
        print(clip.name, flush=True)
        recorded(clip, core, limits=SETTINGS.clip_limits)


if __name__ == "__main__":
    main()
