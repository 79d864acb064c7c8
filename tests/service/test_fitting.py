"""Exercises that are fitted in a process of their own."""

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from classifiers.exercise import Kind
from classifiers.exercise_file import ExerciseError
from classifiers.library import Library
from classifiers.samples import SamplesError, SampleSet
from pose_engine.landmarks import FloatArray
from service.fitting import EXERCISES, begin, fitting


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


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("exercise.toml", b"rules = 5", ExerciseError),
        ("samples.csv", "label,source,\u00e4".encode("latin-1"), SamplesError),
    ],
)
def test_a_damaged_file_is_named(
    tmp_path: Path, name: str, content: bytes, error: type[Exception]
) -> None:
    copytree(EXERCISES / "squat", tmp_path / "squat")
    path = tmp_path / "squat" / name
    path.write_bytes(content)
    with pytest.raises(error, match=re.escape(str(path))), fitting(tmp_path) as library:
        library()


def test_it_is_given_up_where_something_else_fails() -> None:
    with pytest.raises(LookupError), fitting(EXERCISES):
        raise LookupError


def test_what_has_begun_ahead_is_waited_for_once(tmp_path: Path) -> None:
    begin(tmp_path).wait()
    copytree(EXERCISES, tmp_path, dirs_exist_ok=True)
    with pytest.raises(ExerciseError, match="no exercise in it"), fitting(tmp_path) as library:
        library()
    with fitting(tmp_path) as library:
        assert library().names == Library.load(EXERCISES).names


def test_a_command_that_is_refused_leaves_nothing_behind() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--port", "none"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Usage" in refused.stderr
    assert "Traceback" not in refused.stderr
