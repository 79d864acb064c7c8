"""The exercises that are known, and the one classifier that tells their poses apart."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, attrgetter
from pathlib import Path
from typing import Any

from classifiers.exercise import Exercise, Hold
from classifiers.exercise_file import ExerciseError, check_labels, read_exercise
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


def check_name(name: str) -> None:
    """Raises ExerciseError where an exercise that is counted cannot be called so."""
    try:
        check_labels((name, f"{name}_up", f"{name}_down"))
    except ValueError as error:
        raise ExerciseError(str(error)) from error
    if name in _TAKEN:
        raise ExerciseError(f"{name} means something else already: name it otherwise")


class UnknownExercise(LookupError):
    """No exercise has that name; the message names those that there are."""


@dataclass(frozen=True, slots=True)
class Library:
    """Loaded once a process and shared: sessions come from it."""

    exercises: tuple[Exercise | Hold, ...]
    classifier: PoseClassifier

    @classmethod
    def load(cls, *collections: Path) -> "Library":
        """Read every exercise of some collections, and the samples of `none` beside them.

        An exercise takes the place of one of the same name from a collection before; samples of
        `none` are added. Raises ExerciseError, LifterError or SamplesError, naming the file.
        """
        found = [folder for collection in collections for folder in _some_folders(collection)]
        last = {folder.name: folder for folder in found}
        folders = sorted(
            (f for f in found if f.name == NONE or f is last[f.name]), key=attrgetter("name")
        )
        exercises = tuple(
            read_exercise(f) for f in folders if f.name != NONE or (f / "exercise.toml").exists()
        )
        where = " and ".join(map(str, collections))
        labels = _labels(where, exercises)
        samples = reduce(add, (_samples(f / "samples.csv", labels) for f in folders))
        try:
            return cls(exercises, PoseClassifier(exercises, samples, Lifter.read()))
        except SamplesError as error:
            raise SamplesError(f"{where}: {error}") from error

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


def folders_of(collection: Path) -> set[Path]:
    """Those of its exercises, and of `none`."""
    return {path.parent for name in _FILES for path in collection.glob(f"*/{name}")}


def _some_folders(collection: Path) -> set[Path]:
    folders = folders_of(collection)
    if not folders:
        raise ExerciseError(f"{collection}: no exercise in it (a folder with exercise.toml)")
    return folders


def _labels(where: str, exercises: Sequence[Exercise | Hold]) -> set[str]:
    """Those that samples may have; raises ExerciseError where one would have two meanings."""
    taken = _TAKEN.intersection(exercise.name for exercise in exercises)
    classes = Counter(label for exercise in exercises for label in exercise.classes)
    if clash := [*taken, *(label for label, times in classes.items() if times > 1)]:
        raise ExerciseError(f"{where}: {clash[0]} means something else already: name it otherwise")
    return {NONE, NEAR, *classes}


def _samples(path: Path, labels: Collection[str]) -> SampleSet:
    samples = SampleSet.read(path)
    for label in samples.labels:
        if label not in labels:
            raise SamplesError(f"{path}: no exercise has poses labelled {label!r}")
    return samples
