"""What becomes of people who sit down and who squat, as the benchmark tells it."""

from collections import Counter

import pytest

from benchmarks.guesses import guessed_of
from benchmarks.sitting import COUNTED, Scene, outcome_table, outcomes, sitting, squatting
from people.script import Script
from service.core import Library
from service.startup import load_library
from tests.people.bones import default_skeleton


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


@pytest.mark.parametrize("scene", [sitting(3), squatting(3)])
def test_the_bottoms_are_where_the_script_has_them(scene: Scene) -> None:
    depth = Script(scene.clip.parts).depth
    for stroke, (from_s, to_s) in zip(scene.clip.parts[0].strokes, scene.bottoms, strict=True):
        assert depth(from_s + 1e-6) == depth(to_s - 1e-6) == pytest.approx(stroke.depth)
        assert max(depth(from_s - 0.3), depth(to_s + 0.3)) < stroke.depth


def test_guessed_squats_count_and_sitting_down_does_not(library: Library) -> None:
    people = range(6)
    counted: Counter[str] = Counter()
    for scene in (make(seed) for seed in people for make in (sitting, squatting)):
        seen = guessed_of(scene.clip, default_skeleton())
        found = zip(scene.about, outcomes(scene, seen, library), strict=True)
        counted.update(about for about, outcome in found if outcome == COUNTED)
    assert not counted.keys() & set(sitting(0).about)
    at_once, nearly, *paused = (counted[about] for about in squatting(0).about)
    assert at_once == nearly == len(people)
    assert min(paused) >= len(people) - 1  # who stays deep down, seen from behind, may sit


def test_the_table_has_a_line_for_each_kind_of_movement() -> None:
    found = [("squats", COUNTED), ("squats", "too_shallow"), ("for 1 to 2 s", "wrong_posture")]
    lines = outcome_table(found).splitlines()
    assert lines[0] == "| movement | times | counted | too_shallow | wrong_posture |"
    assert "| squats | 2 | 1 | 1 | 0 |" in lines
    assert "| for 1 to 2 s | 1 | 0 | 0 | 1 |" in lines
