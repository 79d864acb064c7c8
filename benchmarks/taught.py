"""Exercises that clips taught: how many repetitions of other people count, and what else.

    python -m benchmarks.taught [--data ../shared/data] [--out docs/own_exercises.md]

By synthetic people, as `guesses` of what a pose net would see of them: each exercise by one person
in three views, and all of them by several, each in three. By real people: each by one clip. What
else counts is looked for in real clips. Of a clip as many count as right as it has whole ones,
whichever those were.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.command_line import DATA, OUT, command_line
from benchmarks.guesses import guessed_of
from benchmarks.real_data import needed
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.report import publish, table
from benchmarks.variants import ORIGINAL
from classifiers.library import Library
from classifiers.lifter import Lifter
from classifiers.teaching import (
    PARTS_OF,
    Lesson,
    Track,
    count_track,
    follow,
    learn,
    library_with,
)
from people.assets import Assets
from people.body import Body
from people.clips import Clip, random_clip
from people.script import FULL_DEPTH
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
REAL = {
    "curl__vraj1122__biceps-rot90": "elbow",
    "lunge__hanshitha22__lunges": "knee",
    "jumping_jack__hanshitha22__jacks": "shoulder",
    "deadlift__apka__deadlift": "hip",
}
"""Real clips that teach, and by which joint."""
VIEWS = (10, 60, -110)
OTHERS = 8
SEVERAL = (2, 4)
FPS, SEED = 15, 5000
"""Teaching was tried on people of other seeds."""
Real = Mapping[str, tuple[Track, Counter[str]]]
"""Real clips by name: as tracked, and what counts in them without anything taught."""
BUNDLED = collections_with(None)


class Carried(NamedTuple):
    """How far an exercise that was taught carries: numbers of repetitions."""

    right: int
    whole: int
    extra: int
    """Too many in those clips, ..."""
    more: int
    """... in real clips of anything else than the motion, ..."""
    fewer: int
    """... and how many no longer count there."""


def taught(motion: str, people: int, assets: Assets) -> Lesson:
    """What the clips of so many people teach."""
    joint, lift = JOINTS[motion], Lifter.read()
    tracks = [track for n in range(people) for track in _views(motion, SEED + n, assets)]
    courses = [follow(track, joint, lift) for track in tracks]
    return learn(f"taught_{motion}", joint, PARTS_OF[joint], courses)


def _views(motion: str, seed: int, assets: Assets) -> Iterator[Track]:
    """Clips of one person from several sides."""
    clip = random_clip(motion, seed)
    body = Body(assets, clip.shape).skeleton
    for view in VIEWS:
        yield [*guessed_of(replace(clip, azimuth=view, seed=seed + view, fps=FPS), body)]


def others(motion: str, assets: Assets) -> Iterator[tuple[Track, int]]:
    """Clips of other people in other views, who do it in ways of their own, and how often."""
    for seed in range(2 * SEED, 2 * SEED + OTHERS):
        clip = replace(random_clip(motion, seed), fps=FPS)
        yield [*guessed_of(clip, Body(assets, clip.shape).skeleton)], _whole(clip)


def carried(motion: str, people: int, real: Real) -> Carried:
    """How many count of those that others do, and what changes in the real clips."""
    assets = Assets()
    lesson = taught(motion, people, assets)
    library = library_with(lesson, BUNDLED)
    counts = [(count_track(one, library)[lesson.name], n) for one, n in others(motion, assets)]
    right = sum(min(pair) for pair in counts)
    extra = sum(max(count - whole, 0) for count, whole in counts)
    whole = sum(whole for _, whole in counts)
    return Carried(right, whole, extra, *_changed(motion, library, real))


def people_row(name: object, each: Sequence[Carried]) -> list[object]:
    """Of one motion, or of all of them together."""
    right, whole, *others = map(sum, zip(*each, strict=True))
    return [name, f"{right} of {whole}", *others]


def real_row(name: str, joint: str, real: Real) -> list[object]:
    """The same of what a real clip taught: how many of its own count."""
    motion, track = name.partition("__")[0], real[name][0]
    course = follow(track, joint, Lifter.read())
    lesson = learn(f"taught_{motion}", joint, PARTS_OF[joint], [course])
    library = library_with(lesson, BUNDLED)
    count = count_track(track, library)[lesson.name]
    return [motion, f"{count} of {lesson.repetitions[0]}", *_changed(motion, library, real)]


def _changed(motion: str, library: Library, real: Real) -> tuple[int, int]:
    """How many more count in real clips of anything else than the motion, and how many fewer."""
    more = fewer = 0
    for name, (track, before) in real.items():
        if not name.startswith(f"{motion}__"):
            after = count_track(track, library)
            more, fewer = more + (after - before).total(), fewer + (before - after).total()
    return more, fewer


def _whole(clip: Clip) -> int:
    return sum(stroke.depth >= FULL_DEPTH for stroke in clip.parts[0].strokes)


def _real(folder: Path) -> Real:
    core, library = load_core(SETTINGS), Library.load(*BUNDLED)
    real = {}
    for clip in sorted(folder.iterdir()):
        taken = recorded(clip, core, limits=SETTINGS.clip_limits, alone=True)
        track = taken.observations[ORIGINAL]
        real[clip.stem] = track, count_track(track, library)
    return real


def main() -> None:
    """Print the tables, and write them where they belong."""
    arguments = command_line(__doc__, DATA, OUT).parse_args()
    real = _real(needed(arguments.data / "clips"))
    changed = ("more in other real clips", "fewer in them")
    counted = (f"whole ones of {OTHERS} others that count", "too many", *changed)
    one = (people_row(motion, [carried(motion, 1, real)]) for motion in JOINTS)
    all_by = ((n, [carried(motion, n, real) for motion in JOINTS]) for n in SEVERAL)
    several = (people_row(f"{n} people", each) for n, each in all_by)
    clips = (real_row(*taught_by, real) for taught_by in REAL.items())
    tables = (
        table(("taught by a synthetic person", *counted), one),
        table(("all of these taught by", *counted), several),
        table(("taught by a real clip", "its own that count", *changed), clips),
    )
    publish("\n\n".join(tables), arguments.out, MARK)


if __name__ == "__main__":
    main()
