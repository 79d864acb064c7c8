"""The command `blazereps teach`: an exercise of one's own out of clips of it."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from classifiers.library import check_name, folders_of
from classifiers.lifter import Lifter
from classifiers.teaching import (
    PARTS_OF,
    Course,
    Lesson,
    TeachingError,
    Track,
    count_track,
    follow,
    learn,
    library_with,
)
from pose_engine.clips import Clip
from pose_engine.footage import ClipError
from service.core import Core
from service.explained import explained
from service.fitting import collections_with
from service.progress import advance, progress_bars
from service.settings import Settings
from service.startup import load_core
from service.terminal import harmless

app = typer.Typer()
out = Console(highlight=False)


class Joint(StrEnum):
    """What may say how deep."""

    KNEE = "knee"
    HIP = "hip"
    ELBOW = "elbow"
    SHOULDER = "shoulder"


class Part(StrEnum):
    """What may tell an exercise from others."""

    TORSO = "torso"
    ARMS = "arms"
    LEGS = "legs"
    WEIGHT = "weight"


@app.command()
def teach(
    name: Annotated[str, typer.Argument(help="What to call it: a-z, 0-9 and _.")],
    clips: Annotated[
        list[Path],
        typer.Argument(help="Video files, nothing but its repetitions.", readable=False),
    ],
    *,
    joint: Annotated[Joint, typer.Option(help="The joint that says how deep.")],
    parts: Annotated[
        list[Part] | None,
        typer.Option(
            "--part",
            help="A part of the body that tells it from other exercises, once for each; by "
            "default torso and legs, with elbow and shoulder the arms too.",
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(help="The folder of your own exercises: BLAZEREPS_EXERCISES or exercises."),
    ] = None,
) -> None:
    """Make an exercise of your own from clips of it, and say what it counts."""
    with explained():
        check_name(name)
        settings = Settings()
        own = into or settings.exercises or Path("exercises")
        if (own / name).exists():
            raise TeachingError(f"{own / name} is there already")
        there = own if folders_of(own) else None
        chosen = settings.model_copy(update={"exercises": there})
        core = load_core(chosen, threads=os.cpu_count() or 1)
        tracks, courses = _followed(clips, joint, core, settings)
        taught = partial(learn, name, joint, parts or PARTS_OF[joint])
        lesson = taught(courses)
        beside = collections_with(there)
        library = library_with(lesson, beside)
        counted = [count_track(track, library) for track in tracks]
        unseen = _unseen(taught, courses, tracks, beside)
        out.print(_table(lesson, clips, counted, unseen))
        lesson.write(own / name)
    top, bottom = lesson.degrees
    said = f"{own / name}: the {joint} has {top:.0f}° at the top and {bottom:.0f}° at the bottom"
    out.print(f"{said}. It counts with BLAZEREPS_EXERCISES={own}", soft_wrap=True, markup=False)


def _followed(
    clips: Sequence[Path], joint: str, core: Core, settings: Settings
) -> tuple[list[Track], list[Course]]:
    """Whom each clip shows and how the joint moves; raises TeachingError, naming the clip."""
    lift, tracks, courses = Lifter.read(), list[Track](), []
    with progress_bars() as bars:
        for clip in clips:
            task = bars.add_task(harmless(clip.name), total=1)
            try:
                tracks.append(_track(clip, core, settings, partial(advance, bars, task)))
                courses.append(follow(tracks[-1], joint, lift))
            except (ClipError, TeachingError) as error:
                raise TeachingError(f"{clip}: {error}") from error
    return tracks, courses


def _track(path: Path, core: Core, settings: Settings, report: Callable[[float], None]) -> Track:
    """At an even rate; raises ClipError."""
    tracker, track = core.engine.tracker(), []
    with Clip.open(path, limits=settings.clip_limits) as clip:
        for seconds, frame in clip.frames(settings.clip_fps):
            at_s = round(seconds, 6)
            track.append((at_s, tracker.track(frame, at_s)))
            report(min(seconds / clip.duration_s, 1) if clip.duration_s else 0)
    report(1)
    return track


def _unseen(
    taught: Callable[[Sequence[Course]], Lesson],
    courses: Sequence[Course],
    tracks: Sequence[Track],
    beside: Sequence[Path],
) -> list[str]:
    """How many each clip counts where only the others teach; `-` where those teach nothing."""
    counts = []
    for number, track in enumerate(tracks):
        try:
            lesson = taught([*courses[:number], *courses[number + 1 :]])
        except TeachingError:
            counts.append("-")
        else:
            counts.append(str(count_track(track, library_with(lesson, beside))[lesson.name]))
    return counts


def _table(
    lesson: Lesson,
    clips: Sequence[Path],
    counted: Sequence[Counter[str]],
    unseen: Sequence[str],
) -> Table:
    """A row a clip; with several what each counts that did not teach."""
    names = ("clip", f"by the {lesson.angle}", lesson.name, "anything else", "taught by the others")
    rows = Table(*names if len(clips) > 1 else names[:-1])
    for clip, shown, counts, alone in zip(clips, lesson.repetitions, counted, unseen, strict=True):
        other = [f"{name} {count}" for name, count in counts.items() if name != lesson.name]
        cells = (
            escape(harmless(str(clip))),
            str(shown),
            str(counts[lesson.name]),
            ", ".join(other) or "none",
            alone,
        )
        rows.add_row(*cells[: len(rows.columns)])
    return rows
