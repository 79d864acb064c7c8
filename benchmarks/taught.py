"""Exercises that clips of one person taught: how many repetitions of others count, and what else.

    python -m benchmarks.taught [--data ../shared/data] [--out docs/own_exercises.md]

By synthetic people, as `guesses` of what a pose net would see of them: each exercise by one person
in three views. By real people: each by one clip. What else counts is looked for in real clips.
Of a clip as many count as right as it has whole ones, whichever those were.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

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
FPS, SEED = 15, 5000
"""Teaching was tried on people of other seeds."""
Real = Mapping[str, tuple[Track, Counter[str]]]
"""Real clips by name: as tracked, and what counts in them without anything taught."""
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


def people_row(motion: str, real: Real) -> list[object]:
    """How many count of those that others do, and what changes in the real clips."""
    assets = Assets()
    lesson = taught(motion, assets)
    library = library_with(lesson, BUNDLED)
    counts = [(count_track(one, library)[lesson.name], n) for one, n in others(motion, assets)]
    right = sum(min(pair) for pair in counts)
    extra = sum(max(count - whole, 0) for count, whole in counts)
    whole = sum(whole for _, whole in counts)
    return [motion, f"{right} of {whole}", extra, *_changed(motion, library, real)]


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
    by_people = ("taught by a synthetic person", "whole ones of 8 others that count", "too many")
    by_clips = ("taught by a real clip", "its own that count")
    people = table((*by_people, *changed), (people_row(motion, real) for motion in JOINTS))
    clips = table((*by_clips, *changed), (real_row(*one, real) for one in REAL.items()))
    publish(f"{people}\n\n{clips}", arguments.out, MARK)


if __name__ == "__main__":
    main()
