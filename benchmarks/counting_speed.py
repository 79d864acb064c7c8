"""How long one observation takes from landmarks to events, by what is counted.

    python -m benchmarks.counting_speed

The landmarks are those that the tracker finds in a bundled clip, 30 a second, over and over: one
at a time, as they come live where nothing waits, and in slices, as a batch is counted and as those
that wait of all live sessions are. Then the same as they are posted to /v1/landmarks: JSON of
shares with four decimals, and world points. All of it in one process whose numbers are computed by
one thread.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.command_line import command_line
from benchmarks.live_load import shots
from benchmarks.section import Section
from blazereps_client import PoseAt
from pose_engine.landmarks import Pose
from service.batches import SLICE, Batch, observe
from service.core import Library
from service.landmarks import unpack_pose
from service.sight import Seen
from service.startup import load_library

LAPS, ROUNDS = 2, 5
POSTED = 3000
SIDE_PX = 640


def main() -> None:
    """Measure, and print tables."""
    command_line(__doc__).parse_args()
    for section in sections():
        print(section.markdown())


def sections(_data: Path = Path()) -> Iterator[Section]:
    """Live and posted landmarks: the least of some rounds, for machines are shared."""
    library = load_library()
    found = shots(fps=10, rate=30)[1]
    poses = [(one.at_s, unpack_pose(one.pack())) for one in found]
    heads = ("one at a time", "a second and core", f"in slices of {SLICE}", "a second and core")
    rows = [live(library, poses, name) for name in ("auto", *(e.name for e in library.exercises))]
    yield Section("Counting landmarks", ("exercise", *heads), rows)
    posting = posted(library, found)
    yield Section("Counting posted landmarks", ("posted landmarks", "CPU for 1,000"), posting)


def live(
    library: Library, poses: Sequence[tuple[float, Pose | None]], exercise: str
) -> tuple[str, ...]:
    """How long one observation takes, by itself and in slices."""
    lap_s = poses[-1][0] + 1
    seen = [Seen(at_s + lap * lap_s, None, pose) for lap in range(LAPS) for at_s, pose in poses]
    taken = [least_s(partial(count, library, exercise, seen, size)) for size in (1, SLICE)]
    each_ms = [1000 * one / len(seen) for one in taken]
    return exercise, *(text for ms in each_ms for text in (f"{ms:.3f} ms", f"{1000 / ms:.0f}"))


def count(library: Library, exercise: str, seen: Sequence[Seen], size: int) -> None:
    """Count observations, so many at a time."""
    session = library.session(exercise)
    for start in range(0, len(seen), size):
        observe(library, session, seen[start : start + size])


def posted(library: Library, found: list[PoseAt]) -> list[tuple[str, str]]:
    """How long a batch takes to be read and to be counted."""
    seen = [found[number % len(found)] for number in range(POSTED)]
    observations = [as_json(number / 30, one) for number, one in enumerate(seen)]
    data = json.dumps({"observations": observations}, separators=(",", ":")).encode()
    batch = Batch.model_validate_json(data)

    steps = {
        "read": lambda: Batch.model_validate_json(data),
        "count": lambda: count(library, "auto", batch.observations, SLICE),
    }
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
