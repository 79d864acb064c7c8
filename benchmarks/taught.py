"""Exercises that clips of one person taught: how many repetitions of others count, and what else.

    python -m benchmarks.taught [--data ../shared/data] [--out docs/own_exercises.md]

The clips are of synthetic people, as `guesses` of what a pose net would see of them. Each exercise
is taught by one person in three views. What else counts is looked for in real clips of anything.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.command_line import DATA, OUT, command_line
from benchmarks.guesses import guessed_of
from benchmarks.real_data import needed
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.report import publish, table
from benchmarks.variants import ORIGINAL
from classifiers.library import Library
from classifiers.lifter import Lifter
from classifiers.teaching import PARTS_OF, Lesson, Track, follow, learn
from people.assets import Assets
from people.body import Body
from people.clips import Clip, random_clip
from people.script import FULL_DEPTH
from service.cli_teach import count_track, library_with
from service.fitting import collections_with
from service.startup import load_core

MARK = "measured taught"
JOINTS = {
    "lunge": "knee",
    "side_lunge": "knee",
    "jumping_jack": "shoulder",
    "deadlift": "hip",
    "sit_up": "hip",
    "pull_up": "elbow",
}
"""What is taught, and by which joint."""
VIEWS = (10, 60, -110)
OTHERS = 8
FPS, SEED = 15, 1000
BUNDLED = collections_with(None)


def taught(motion: str, assets: Assets) -> Lesson:
    """What the clips of one person teach."""
    clip, lift = random_clip(motion, SEED), Lifter.read()
    body = Body(assets, clip.shape).skeleton
    views = [replace(clip, azimuth=view, seed=SEED + view, fps=FPS) for view in VIEWS]
    tracks = [[*guessed_of(view, body)] for view in views]
    courses = [follow(track, JOINTS[motion], lift) for track in tracks]
    return learn(f"taught_{motion}", JOINTS[motion], PARTS_OF[JOINTS[motion]], courses)


def others(motion: str, assets: Assets) -> Iterator[tuple[Track, int]]:
    """Clips of other people in other views, who do it in ways of their own, and how often."""
    for seed in range(2 * SEED, 2 * SEED + OTHERS):
        clip = replace(random_clip(motion, seed), fps=FPS)
        yield [*guessed_of(clip, Body(assets, clip.shape).skeleton)], _whole(clip)


def row(motion: str, real: Mapping[str, Track], before: Mapping[str, Counter[str]]) -> list[object]:
    """How many count of those that others do, and what changes in the real clips."""
    assets = Assets()
    lesson = taught(motion, assets)
    library = library_with(lesson, BUNDLED)
    counts = [
        (count_track(one, library)[lesson.name], whole) for one, whole in others(motion, assets)
    ]
    right = sum(min(pair) for pair in counts)
    extra = sum(max(count - whole, 0) for count, whole in counts)
    changed = Counter[str]()
    for name, track in real.items():
        after = count_track(track, library)
        if name.split("__")[0] != motion:
            changed["more"] += sum((after - before[name]).values())
        changed["fewer"] += sum((before[name] - after).values())
    return [
        motion,
        f"{right} of {sum(whole for _, whole in counts)}",
        extra,
        changed["more"],
        changed["fewer"],
    ]


def _whole(clip: Clip) -> int:
    return sum(stroke.depth >= FULL_DEPTH for stroke in clip.parts[0].strokes)


def _real(folder: Path) -> dict[str, Track]:
    core = load_core(SETTINGS)
    record = partial(recorded, core=core, limits=SETTINGS.clip_limits, alone=True)
    return {clip.stem: record(clip).observations[ORIGINAL] for clip in sorted(folder.iterdir())}


def main() -> None:
    """Print the table, and write it where it belongs."""
    arguments = command_line(__doc__, DATA, OUT).parse_args()
    real = _real(needed(arguments.data / "clips"))
    library = Library.load(*BUNDLED)
    before = {name: count_track(track, library) for name, track in real.items()}
    header = (
        "taught",
        "of other people's",
        "too many",
        "more in real clips of anything else",
        "fewer in real clips",
    )
    publish(table(header, (row(motion, real, before) for motion in JOINTS)), arguments.out, MARK)


if __name__ == "__main__":
    main()
