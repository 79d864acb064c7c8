"""How long one observation takes from landmarks to events, by what is counted.

    python -m benchmarks.counting_speed

The landmarks are those that the tracker finds in a bundled clip, 30 a second, over and over. Then
the same as they are posted to /v1/landmarks: JSON of shares with four decimals, and world points.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.live_load import shots
from benchmarks.section import Section
from blazereps_client import PoseAt
from pose_engine.landmarks import Pose
from service.batches import SLICE, Batch, observe
from service.core import Library
from service.landmarks import unpack_pose
from service.startup import load_library

LAPS, ROUNDS = 2, 5
POSTED = 3000
SIDE_PX = 640


def main() -> None:
    """Measure, and print tables."""
    for section in sections():
        print(section.markdown())


def sections(_data: Path = Path()) -> Iterator[Section]:
    """Live and posted landmarks: the least of some rounds, for machines are shared."""
    library = load_library()
    found = shots(fps=10, rate=30)[1]
    poses = [(one.at_s, unpack_pose(one.pack())) for one in found]
    header = ("exercise", "CPU an observation", "a second and core")
    rows = [live(library, poses, name) for name in ("auto", *(e.name for e in library.exercises))]
    yield Section("Counting landmarks", header, rows)
    posting = posted(library, found)
    yield Section("Counting posted landmarks", ("posted landmarks", "CPU for 1,000"), posting)


def live(
    library: Library, poses: Sequence[tuple[float, Pose | None]], exercise: str
) -> tuple[str, ...]:
    """How long one observation takes."""
    lap_s = poses[-1][0] + 1

    def count() -> None:
        session = library.session(exercise)
        for lap in range(LAPS):
            for at_s, pose in poses:
                session.observe(pose, at_s + lap * lap_s)

    least = 1000 * least_s(count) / (LAPS * len(poses))
    return exercise, f"{least:.2f} ms", f"{1000 / least:.0f}"


def posted(library: Library, found: list[PoseAt]) -> list[tuple[str, str]]:
    """How long a batch takes to be read and to be counted."""
    seen = [found[number % len(found)] for number in range(POSTED)]
    observations = [as_json(number / 30, one) for number, one in enumerate(seen)]
    data = json.dumps({"observations": observations}, separators=(",", ":")).encode()
    batch = Batch.model_validate_json(data)

    def count() -> None:
        session = library.session("auto")
        for start in range(0, POSTED, SLICE):
            observe(session, batch.observations[start : start + SLICE])

    steps = {"read": lambda: Batch.model_validate_json(data), "count": count}
    took = [(name, f"{least_s(step) * 1000 / POSTED:.3f} s") for name, step in steps.items()]
    return [*took, ("size", f"{len(data) * 1000 / POSTED / 2**20:.2f} MiB")]


def as_json(at_s: float, one: PoseAt) -> dict[str, object]:
    """One observation as an app would write it down."""
    if one.points is None:
        return {"at_s": round(at_s, 3), "points": None}
    points = np.array(one.points)
    points[:, :3] /= SIDE_PX
    rounded = {"points": points.round(4).tolist(), "size": [SIDE_PX, SIDE_PX]}
    world = None if one.world is None else np.array(one.world).round(4).tolist()
    return {"at_s": round(at_s, 3), "world": world, **rounded}


def least_s(step: Callable[[], object]) -> float:
    """The least CPU time of some rounds."""
    took = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        step()
        took.append(time.process_time() - began_s)
    return min(took)


if __name__ == "__main__":
    main()
