"""Who stands shows how the camera is rolled, and the picture is turned back by that."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.embedding import embed_points, points_of
from classifiers.roll import Roll, level, stands
from pose_engine.landmarks import FloatArray, Landmark, Pose
from tests.classifiers.figures import Posture, as_pose, push_up, rolled, squat, turned

UNKNOWN = Roll()
ROLLS = [-20, -12, -5, 0, 5, 12, 20]


def _seen(poses: list[Pose], fps: float = 15, roll: Roll = UNKNOWN) -> Roll:
    begun_s = 0.0 if roll.at_s is None else roll.at_s + 1 / fps
    visibility = np.array([pose.visibility for pose in poses])
    for number, stand in enumerate(stands(points_of(poses), visibility)):
        roll = roll.after(stand, poses[number].subject, begun_s + number / fps)
    return roll


def _poses(posture: Posture, depths: list[float], degrees: float = 0) -> list[Pose]:
    return [as_pose(rolled(turned(posture(depth), 60), degrees)) for depth in depths]


def _vector(points: FloatArray) -> FloatArray:
    return embed_points(points, np.ones((1, 33), np.float32))


def test_of_who_was_not_seen_yet_nothing_is_known() -> None:
    assert UNKNOWN.radians == 0


@pytest.mark.parametrize("degrees", ROLLS)
def test_who_stands_shows_how_the_camera_is_rolled(degrees: float) -> None:
    roll = _seen(_poses(squat, [0.0] * 15, degrees))
    level_camera = _seen(_poses(squat, [0.0] * 15))
    assert math.degrees(roll.radians - level_camera.radians) == pytest.approx(degrees, abs=3)


@pytest.mark.parametrize("degrees", ROLLS)
def test_what_is_seen_then_is_as_before_a_level_camera(degrees: float) -> None:
    roll = _seen(_poses(squat, [0.0] * 15, degrees))
    deep = turned(squat(0.9), 60)[None]
    righted = level(rolled(deep, degrees), [roll])
    assert np.abs(_vector(righted) - _vector(deep)).max() < 0.06


@given(st.sampled_from(ROLLS), st.sampled_from([8, 15, 30]), st.floats(0.5, 20))
def test_who_stays_down_shows_nothing_else(degrees: float, fps: float, seconds: float) -> None:
    standing = _seen(_poses(squat, [0.0] * round(fps), degrees), fps)
    stayed = _seen(_poses(squat, [1.0] * round(seconds * fps), degrees), fps, standing)
    assert math.degrees(stayed.radians - standing.radians) == pytest.approx(0, abs=3)


@given(st.floats(0, 1), st.floats(0, 360))
def test_who_lies_shows_nothing(depth: float, heading: float) -> None:
    roll = _seen([as_pose(turned(push_up(depth), heading))] * 150)
    assert math.degrees(roll.radians) == pytest.approx(0, abs=1)


def test_whose_feet_are_out_of_view_shows_nothing() -> None:
    feet = (Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE)
    assert _seen([as_pose(rolled(squat(0), 12), hidden=feet)] * 15).radians == 0


def test_the_camera_that_is_there_now_is_what_counts() -> None:
    roll = _seen(_poses(squat, [0.0] * 30), roll=_seen(_poses(squat, [0.0] * 30, 15)))
    level_camera = _seen(_poses(squat, [0.0] * 30))
    assert roll.radians == pytest.approx(level_camera.radians, abs=0.02)


def test_one_sight_after_a_gap_does_not_speak_for_the_gap() -> None:
    before = _seen(_poses(squat, [0.0] * 30))
    after = _seen(_poses(squat, [0.0], 10), fps=0.1, roll=before)
    assert 0 < math.degrees(after.radians - before.radians) < 6


def test_another_person_may_be_before_another_camera() -> None:
    standing, lying = _seen(_poses(squat, [0.0] * 15, 15)), as_pose(push_up(0))
    [stand] = stands(points_of([lying]), lying.visibility[None])
    same, another = (standing.after(stand, lying.subject + more, 1) for more in (0, 1))
    assert same.radians == pytest.approx(standing.radians, abs=1e-3)
    assert another.radians == pytest.approx(0, abs=1e-3)


@given(st.floats(-1e9, 1e9))
def test_no_time_breaks_it(at_s: float) -> None:
    [pose] = _poses(squat, [0.0])
    [stand] = stands(points_of([pose]), pose.visibility[None])
    roll = _seen([pose]).after(stand, pose.subject, at_s)
    assert abs(roll.radians) <= math.pi


def test_several_are_told_of_as_each_alone() -> None:
    """To the last bit."""
    poses = [p for degrees in ROLLS for p in _poses(squat, [0.0, 0.4, 1.0], degrees)]
    points, visibility = points_of(poses), np.array([pose.visibility for pose in poses])
    each = [_seen([pose]) for pose in poses]
    together = level(points, each)
    for row, stand in enumerate(stands(points, visibility)):
        alone = slice(row, row + 1)
        assert stands(points[alone], visibility[alone]) == [stand]
        assert np.array_equal(level(points[alone], each[alone])[0], together[row])


def test_a_body_of_no_size_breaks_nothing() -> None:
    [stand] = stands(np.zeros((1, 33, 3), np.float32), np.ones((1, 33), np.float32))
    assert np.isfinite(stand).all()
