"""Who is rendered, and what is told of them."""

from dataclasses import replace

import pytest

from benchmarks.guesses import guessed_of
from benchmarks.rendered_people import (
    OTHERS,
    VIEWS,
    Outcome,
    others_line,
    outcome,
    scene,
    scenes,
    view_table,
)
from people.clips import Clip
from people.script import Script
from service.core import Core
from service.startup import load_library
from tests.people.bones import default_skeleton
from tests.service.fakes import FakeEngine


@pytest.fixture(scope="module")
def core() -> Core:
    return Core(FakeEngine(), load_library())


def _outcome(clip: Clip, core: Core) -> Outcome:
    return outcome(clip, [*guessed_of(clip, default_skeleton())], core)


def test_each_exercise_is_seen_as_often_from_each_side_and_nobody_twice() -> None:
    clips = [*scenes(2, 1)]
    others = {clip.seed for clip in scenes(2, 1, 30000)}
    assert others.isdisjoint(clip.seed for clip in clips)
    assert len({clip.name for clip in clips}) == len(clips) == 2 * 2 * len(VIEWS) + len(OTHERS)
    for exercise in ("squat", "push_up"):
        turns = sorted(abs(c.azimuth) // 36 for c in clips if c.name.startswith(f"{exercise}_9"))
        assert turns == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("number", [2, 7])
def test_of_somebody_who_squats_the_whole_repetitions_are_asked_for(
    core: Core, number: int
) -> None:
    clip = scene("squat", number)
    found = _outcome(clip, core)
    assert found.done == sum(rep.full for rep in Script(clip.parts).reps)
    assert (found.view, found.counted, found.invented) == ("side", found.done, 0)


def test_what_counts_of_another_movement_is_invented(core: Core) -> None:
    squats = scene("squat", 2)
    lunges = replace(squats, name="lunge_9002", parts=[replace(squats.parts[0], exercise=None)])
    found = _outcome(lunges, core)
    assert (found.motion, found.done, found.counted) == ("lunge", 0, 0)
    assert found.invented > 0


def test_the_tables_add_up() -> None:
    outcomes = [
        Outcome("squat", "side", 4, 4, 1, 10),
        Outcome("squat", "side", 4, 2, 0, 10),
        Outcome("push_up", "rear", 3, 0, 0, 10),
        Outcome("lunge", "side", 0, 0, 0, 60),
        Outcome("cobra", "front", 0, 0, 5, 60),
    ]
    lines = view_table(outcomes).splitlines()
    assert lines[2].startswith("| squat | front | 0 | 0 | –")
    assert any(line.startswith("| squat | side | 2 | 8 | 75.0%") for line in lines)
    assert lines[-1].startswith("| push_up | all | 1 | 3 | 0.0%")
    assert others_line(outcomes) == (
        "Of 2 other movements, 2 minutes of 2 people, nothing counts in 1 of 2; "
        "invented: 5 in `cobra`."
    )
