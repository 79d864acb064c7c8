"""Teaching: an exercise out of clips that show nothing but its repetitions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.embedding import ANGLES, angles_seen, embed_points, points_of
from classifiers.glance import LEAST_SEEN
from classifiers.library import Library
from classifiers.lifter import Lift
from classifiers.roll import Roll, level, stands
from classifiers.samples import SampleSet
from pose_engine.landmarks import FloatArray, Pose

LEAST_REPETITIONS: Final = 3
LEAST_DEGREES: Final = 25.0
"""What the joint must move by: less is hardly told from the net's trembling."""
LEAST_POSES: Final = 20
"""Near the top, and near the bottom."""
SAMPLES: Final = 400
"""Of each class: fewer are outvoted by those of other exercises."""
PARTS_OF: Final = {
    "knee": ("torso", "legs"),
    "hip": ("torso", "legs"),
    "elbow": ("torso", "arms", "legs"),
    "shoulder": ("torso", "arms", "legs"),
}
"""The parts of the body that tell an exercise of a joint from others, where nobody says which.

Arms move in much that legs do; without the legs high knees were counted as curls.
"""
_OTHERWISE_M: Final = np.array([0.04, 0.04, 0.08])
"""How far, by x, y and z, another body or view has its joints elsewhere: found by trying."""
_SEED: Final = 0
_SMOOTH_S: Final = 0.08
_TURN: Final = 0.4
"""The share of the joint's range after which it has turned."""
_TOML: Final = """\
title = "{title}"
description = "As in the clips that taught it."
parts = [{parts}]
reach = 1.2 # all samples within it vote, not the nearest alone: they are of few people

[depth] # the top is where the clips begin and end
angle = "{angle}"
top_degrees = {top:.0f}
bottom_degrees = {bottom:.0f}

[rules] # less sure than usual, for other people do it otherwise
least_confidence = 0.3
least_top_confidence = 0.3
"""

Track = Sequence[tuple[float, Pose | None]]
"""Whom a clip shows at which seconds, None for nobody, in time's order."""


class TeachingError(ValueError):
    """Clips do not teach an exercise; the message says why."""


class Course(NamedTuple):
    """How a joint moves in a clip, by the poses in which it is seen."""

    points: FloatArray
    """(n, 33, 3), as `embedding.points_of`, before a camera that is not rolled."""
    degrees: NDArray[np.float64]
    """The joint's angle, (n,), the mean of both sides, ..."""
    smooth: NDArray[np.float64]
    """... and without its trembling."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What clips taught."""

    name: str
    angle: str
    """The joint of `embedding.ANGLES` that tells how deep."""
    parts: tuple[str, ...]
    degrees: tuple[float, float]
    """Its angle at the top, where the clips begin and end, and at the bottom."""
    repetitions: tuple[int, ...]
    """Of each clip, as many as the joint's angle shows."""
    samples: SampleSet

    def write(self, folder: Path) -> None:
        """Make the exercise's folder, whole or not at all; raises OSError."""
        top, bottom = self.degrees
        text = _TOML.format(
            title=self.name.replace("_", " ").capitalize(),
            parts=", ".join(f'"{part}"' for part in self.parts),
            angle=self.angle,
            top=top,
            bottom=bottom,
        )
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as beside:
            made = Path(beside, folder.name)
            made.mkdir()
            (made / "exercise.toml").write_text(text, encoding="utf-8")
            self.samples.write(made / "samples.csv")
            made.rename(folder)


def follow(track: Track, angle: str, lift: Lift) -> Course:
    """How a joint of `embedding.ANGLES` moves in a clip; raises TeachingError if it is not seen.

    `lift`: as the exercises that it is to be counted beside are lifted.
    """
    seen = [(at_s, pose) for at_s, pose in track if pose is not None]
    if not seen:
        raise TeachingError("nobody is in view")
    poses = [pose for _, pose in seen]
    visibility = np.array([pose.visibility for pose in poses])
    points, joint = points_of(poses), [*ANGLES].index(angle)
    points = level(points, [*_rolls(seen, points, visibility)])
    clear = angles_seen(visibility)[:, joint] >= LEAST_SEEN
    if not clear.any():
        raise TeachingError(f"the {angle} is never in view")
    half_turns = embed_points(lift(points), visibility)[clear, joint]
    degrees = half_turns.astype(np.float64) * 180
    at_s = np.array([at_s for at_s, _ in seen])[clear]
    return Course(points[clear], degrees, _smoothed(degrees, at_s))


def learn(name: str, angle: str, parts: Iterable[str], courses: Sequence[Course]) -> Lesson:
    """What clips teach; raises TeachingError where that is no exercise."""
    moved = max((float(np.ptp(course.smooth)) for course in courses), default=0)
    if moved < LEAST_DEGREES:
        raise TeachingError(f"the {angle} hardly moves: by {moved:.0f} degrees")
    sense = _sense(courses)
    turns = [_turns(sense * course.smooth) for course in courses]
    repetitions = tuple((len(each) - 1) // 2 for each in turns)
    if sum(repetitions) < LEAST_REPETITIONS:
        raise TeachingError(
            f"the {angle} shows {sum(repetitions)} repetitions; {LEAST_REPETITIONS} are needed"
        )
    top, bottom = (
        float(np.median([at for each in turns for at in each[end::2]])) * sense for end in (0, 1)
    )
    return Lesson(
        name, angle, tuple(parts), (top, bottom), repetitions, _samples(name, top, bottom, courses)
    )


def library_with(lesson: Lesson, beside: Sequence[Path]) -> Library:
    """The exercises that are there and this one, before it is written among them.

    Raises as `Library.load`.
    """
    with TemporaryDirectory() as folder:
        lesson.write(Path(folder, lesson.name))
        return Library.load(*beside, Path(folder))


def count_track(track: Track, library: Library) -> Counter[str]:
    """What is counted of a clip."""
    session = library.session()
    library.look_ahead((session, pose, at_s) for at_s, pose in track if pose is not None)
    for at_s, pose in track:
        session.observe(pose, at_s)
    session.finish()
    return +Counter(session.counts)


def _rolls(
    seen: Sequence[tuple[float, Pose]], points: FloatArray, visibility: FloatArray
) -> Iterator[Roll]:
    """How the camera is rolled, by each pose."""
    roll = Roll()
    for (at_s, pose), stand in zip(seen, stands(points, visibility), strict=True):
        roll = roll.after(stand, pose.subject, at_s)
        yield roll


def _smoothed(values: NDArray[np.float64], at_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian means of values at some seconds, in time's order."""
    smooth = np.empty_like(values)
    starts, ends = np.searchsorted(at_s, (at_s - 4 * _SMOOTH_S, at_s + 4 * _SMOOTH_S))
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        weights = np.exp(-(((at_s[start:end] - at_s[i]) / _SMOOTH_S) ** 2) / 2)
        smooth[i] = weights @ values[start:end] / weights.sum()
    return smooth


def _sense(courses: Iterable[Course]) -> int:
    """As `Exercise.sense`: 1 where the clips begin and end with more of the angle."""
    ends = [np.mean(one.smooth[[0, -1]]) - np.mean(_range(one.smooth)) for one in courses]
    return -1 if sum(ends) < 0 else 1


def _turns(line: NDArray[np.float64]) -> list[float]:
    """Where it turns, top and bottom in turn, each far enough from the one before."""
    low, high = _range(line)
    least = _TURN * max(high - low, LEAST_DEGREES)
    turns, farthest, way = [], float(line[0]), 1
    for value in line.tolist():
        if way * (value - farthest) > 0:
            farthest = value
        elif way * (farthest - value) >= least:
            turns.append(farthest)
            farthest, way = value, -way
    return [*turns, farthest]


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    """The least and the greatest, but for slips of the net."""
    low, high = np.percentile(values, (5, 95)).tolist()
    return low, high


def _samples(name: str, top: float, bottom: float, courses: Sequence[Course]) -> SampleSet:
    """Poses of the clips, those nearer to the top as up and the others as down."""
    points = np.concatenate([course.points for course in courses])
    depths = np.concatenate([(top - one.degrees) / (top - bottom) for one in courses])
    down = depths > 0.5
    each = {}
    for label, mask in ((f"{name}_up", ~down), (f"{name}_down", down)):
        if mask.sum() < LEAST_POSES:
            raise TeachingError(f"{mask.sum()} poses are {label}; {LEAST_POSES} are needed")
        each[label] = _varied(points[mask])
    labels = tuple(label for label in each for _ in range(SAMPLES))
    return SampleSet(labels, ("clips",) * len(labels), np.concatenate([*each.values()]))


def _varied(points: FloatArray) -> FloatArray:
    """So many samples of some poses as others would take them, the same of the same ones."""
    evenly = np.arange(SAMPLES) * len(points) // SAMPLES
    error = np.random.default_rng(_SEED).normal(0, _OTHERWISE_M, (SAMPLES, *points.shape[1:]))
    return (points[evenly] + error).astype(np.float32)
