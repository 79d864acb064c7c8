"""The exercises that are known, and the one classifier that tells their poses apart."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from classifiers.exercise import Exercise, ExerciseError, Hold, read_exercise
from classifiers.knn import NEAR, NONE, PoseClassifier
from classifiers.lifter import Lifter
from classifiers.lookout import look_ahead
from classifiers.samples import SamplesError, SampleSet
from classifiers.session import UNKNOWN, ExerciseSession
from pose_engine.landmarks import Pose

AUTO = "auto"
"""Count or time whichever exercise is being done."""
_TAKEN = {AUTO, UNKNOWN, NONE, NEAR}
"""What means something else where the name of an exercise may stand, or its label."""
_FILES = ("exercise.toml", "samples.csv")
_AT_ONCE = 64
"""Of more, each takes no less time, but all of them more memory."""


class UnknownExercise(LookupError):
    """No exercise has that name; the message names those that there are."""


@dataclass(frozen=True, slots=True)
class Library:
    """Loaded once a process and shared: sessions come from it."""

    exercises: tuple[Exercise | Hold, ...]
    classifier: PoseClassifier

    @classmethod
    def load(cls, folder: Path) -> "Library":
        """Read every exercise under `folder`, and the samples of `none` beside them.

        Raises ExerciseError, LifterError or SamplesError, naming the file.
        """
        folders = sorted({path.parent for name in _FILES for path in folder.glob(f"*/{name}")})
        exercises = tuple(
            read_exercise(f) for f in folders if f.name != NONE or (f / "exercise.toml").exists()
        )
        if not exercises:
            raise ExerciseError(f"{folder}: no exercise in it (a folder with exercise.toml)")
        labels = _labels(folder, exercises)
        samples = reduce(add, (_samples(f / "samples.csv", labels) for f in folders))
        try:
            return cls(exercises, PoseClassifier(exercises, samples, Lifter.read()))
        except SamplesError as error:
            raise SamplesError(f"{folder}: {error}") from error

    @property
    def names(self) -> tuple[str, ...]:
        """The names that `pick` knows, besides `auto`."""
        return tuple(exercise.name for exercise in self.exercises)

    def pick(self, name: str) -> tuple[Exercise | Hold, ...]:
        """One exercise by its name, or all of them for `auto`; raises UnknownExercise."""
        if name == AUTO:
            return self.exercises
        picked = tuple(exercise for exercise in self.exercises if exercise.name == name)
        if not picked:
            known = ", ".join((AUTO, *self.names))
            raise UnknownExercise(f"no exercise is called {name!r}; known are {known}")
        return picked

    def session(self, name: str = AUTO, *, unknown: bool = False) -> ExerciseSession:
        """A new session that counts or times the named exercise; raises UnknownExercise.

        With `unknown` it also counts repeated movement that is no known exercise.
        """
        return ExerciseSession(self.pick(name), self.classifier, unknown=unknown)

    def look_ahead(self, coming: Iterable[tuple[ExerciseSession, Pose, float]]) -> None:
        """Sessions from here will observe these poses next, each its own in this order, at these
        times in seconds.

        What can be told of each pose alone is told of all at once. It changes nothing but the time
        that it takes: for many of them a third.
        """
        expected = [(session.lookout, pose, at_s) for session, pose, at_s in coming]
        for start in range(0, len(expected), _AT_ONCE):
            look_ahead(expected[start : start + _AT_ONCE], self.classifier)

    def restore(self, snapshot: dict[str, Any]) -> ExerciseSession:
        """A session that goes on from a snapshot; raises SnapshotError or UnknownExercise."""
        names = (*snapshot.get("counters", ()), *snapshot.get("timers", ()))
        session = ExerciseSession([self.pick(name)[0] for name in names], self.classifier)
        session.restore(snapshot)
        return session


def _labels(folder: Path, exercises: Sequence[Exercise | Hold]) -> set[str]:
    """Those that samples may have; raises ExerciseError where one would have two meanings."""
    taken = _TAKEN.intersection(exercise.name for exercise in exercises)
    classes = Counter(label for exercise in exercises for label in exercise.classes)
    if clash := [*taken, *(label for label, times in classes.items() if times > 1)]:
        raise ExerciseError(f"{folder}: {clash[0]} means something else already: name it otherwise")
    return {NONE, NEAR, *classes}


def _samples(path: Path, labels: Collection[str]) -> SampleSet:
    samples = SampleSet.read(path)
    for label in samples.labels:
        if label not in labels:
            raise SamplesError(f"{path}: no exercise has poses labelled {label!r}")
    return samples
