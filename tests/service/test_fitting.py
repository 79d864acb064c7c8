"""Exercises that are fitted in a process of their own."""

from pathlib import Path

import pytest

from classifiers.exercise import ExerciseError, Kind
from classifiers.library import Library
from classifiers.samples import SampleSet
from pose_engine.landmarks import FloatArray
from service.fitting import fitting
from service.startup import EXERCISES


def test_it_is_the_same_to_the_bit() -> None:
    with fitting(EXERCISES) as library:
        here, there = Library.load(EXERCISES), library()
    assert there.exercises == here.exercises
    vectors = SampleSet.read(EXERCISES / "none" / "samples.csv").vectors()[::50]
    assert answers(there, vectors) == answers(here, vectors)


def answers(library: Library, vectors: FloatArray) -> tuple[object, ...]:
    classifier = library.classifier
    holds = [one.name for one in library.exercises if one.kind is Kind.HOLD]
    return (
        classifier.classify(vectors, [n % 3 > 0 for n in range(len(vectors))], holds),
        classifier.reaches(vectors).tolist(),
    )


def test_what_is_wrong_is_said_as_here(tmp_path: Path) -> None:
    with pytest.raises(ExerciseError, match="no exercise in it"), fitting(tmp_path) as library:
        library()


def test_it_is_given_up_where_something_else_fails() -> None:
    with pytest.raises(LookupError), fitting(EXERCISES):
        raise LookupError
