"""The factorial is balanced, and its views are what they are called."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.factorial import BODIES, EXERCISES, FLOOR, STANDING, Condition, clip, conditions
from people.film import frame_people
from people.script import Script
from people.skeleton import Skeleton
from pose_engine.landmarks import Landmark
from tests.people.bones import default_skeleton

ALL = list(conditions())
ANKLES = [Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]
EARS = [Landmark.LEFT_EAR, Landmark.RIGHT_EAR]


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return default_skeleton()


def farther(
    skeleton: Skeleton, condition: Condition, one: Sequence[int], other: Sequence[int]
) -> float:
    """Metres by which the one points are farther from the camera than the other, at the start."""
    made = clip(condition)
    camera = frame_people(made, [skeleton])
    away = camera.view(Script(made.parts).posture(skeleton, 0.0).landmarks())[:, 2]
    return float(away[list(one)].mean() - away[list(other)].mean())


def test_every_name_is_different() -> None:
    assert len({condition.name for condition in ALL}) == len(ALL) == 180


def test_an_exercise_and_a_view_have_every_body_and_both_distances() -> None:
    for exercise in EXERCISES:
        of = [c for c in ALL if c.exercise == exercise]
        assert Counter(c.view for c in of).most_common(1)[0][1] == 4
        for view in {c.view for c in of}:
            cell = [c for c in of if c.view == view]
            assert {c.body for c in cell} == set(BODIES)
            assert Counter(c.distance for c in cell) == {"near": 2, "far": 2}


def test_bodies_are_near_as_often_as_far() -> None:
    """As nearly as an odd number of clips allows."""
    for body in BODIES:
        counts = Counter(c.distance for c in ALL if c.body == body)
        assert abs(counts["near"] - counts["far"]) <= 1


def test_a_clip_is_always_the_same() -> None:
    assert [repr(clip(c)) for c in ALL[::20]] == [repr(clip(c)) for c in conditions()][::20]


def test_the_style_is_the_body_s_and_not_the_view_s() -> None:
    styles = {repr(clip(c).parts) for c in ALL if c.exercise == "plank"}
    assert len(styles) == len(BODIES)


@pytest.mark.parametrize("exercise", FLOOR)
def test_head_on_is_beyond_the_head(skeleton: Skeleton, exercise: str) -> None:
    signs = {"head-on": 1, "oblique head": 1, "oblique feet": -1, "feet-on": -1}
    for condition in (c for c in ALL if c.exercise == exercise and c.view in signs):
        assert signs[condition.view] * farther(skeleton, condition, ANKLES, EARS) > 0.3


@pytest.mark.parametrize("exercise", STANDING)
def test_front_is_before_the_face(skeleton: Skeleton, exercise: str) -> None:
    signs = {"front": 1, "oblique front": 1, "oblique rear": -1, "rear": -1}
    for condition in (c for c in ALL if c.exercise == exercise and c.view in signs):
        assert signs[condition.view] * farther(skeleton, condition, EARS, [Landmark.NOSE]) > 0.02


def test_far_is_smaller_and_everybody_is_in_view(skeleton: Skeleton) -> None:
    heights: dict[str, list[float]] = {"near": [], "far": []}
    for condition in (c for c in ALL if c.exercise == "squat"):
        made = clip(condition)
        points = frame_people(made, [skeleton]).project(
            Script(made.parts).posture(skeleton, 0.0).landmarks()
        )
        assert points.min() > 0
        heights[condition.distance].append(float(np.ptp(points[:, 1])))
    assert max(heights["far"]) < 0.5 * min(heights["near"])
