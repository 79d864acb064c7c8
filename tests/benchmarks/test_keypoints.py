"""PCK's numbers: errors in torso lengths, whichever way the torso points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.keypoints import JOINTS, Array, errors, torso_lengths
from people.projection import Camera
from pose_engine.landmarks import Landmark

TORSO_M = 0.5


def lying(yaw: float) -> Array:
    """One frame of somebody on the floor whose torso points `yaw` degrees from the x axis."""
    points = np.zeros((1, 33, 3))
    along = np.array([np.cos(np.radians(yaw)), 0, np.sin(np.radians(yaw))])
    points[:, [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]] = TORSO_M * along
    return points


@given(st.floats(0, 360))
def test_a_torso_is_as_long_whichever_way_it_points(yaw: float) -> None:
    camera = Camera(target=(0, 0, 0), elevation=0, distance=4, focal=600)
    assert torso_lengths(lying(yaw), camera) == pytest.approx([TORSO_M * 600 / 4])


def test_it_is_half_as_long_twice_as_far_away() -> None:
    near, far = (Camera(target=(0, 0, 0), elevation=0, distance=d) for d in (2, 4))
    assert torso_lengths(lying(0), near) == pytest.approx(2 * torso_lengths(lying(0), far))


def test_an_error_is_a_distance_in_torso_lengths() -> None:
    true = np.zeros((2, 33, 2))
    found = true.copy()
    found[0, Landmark.LEFT_KNEE] = (3, 4)
    wrong = errors(found, true, np.array([50.0, 10.0]))
    assert wrong.shape == (2, 17)
    assert wrong[0, JOINTS.index(Landmark.LEFT_KNEE)] == pytest.approx(0.1)
    assert wrong.sum() == pytest.approx(0.1)


def test_other_landmarks_do_not_count() -> None:
    true = np.zeros((1, 33, 2))
    found = true.copy()
    found[0, [Landmark.LEFT_HEEL, Landmark.RIGHT_THUMB]] = 100
    assert not errors(found, true, np.array([10.0])).any()


def test_where_nobody_is_found_everything_is_infinitely_wrong() -> None:
    found = np.full((1, 33, 2), np.nan)
    assert np.isinf(errors(found, np.zeros((1, 33, 2)), np.array([10.0]))).all()
