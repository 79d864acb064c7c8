"""Angles of a pose, on figures whose angles are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.embedding import PICTURED_DEPTH
from classifiers.quantities import QUANTITIES, both_sides, left_against_right, read
from pose_engine.landmarks import MIRROR, FloatArray, Landmark, Pose
from tests.classifiers.figures import as_pose, push_up, squat, turned

NAMES = tuple(QUANTITIES)
depths = st.floats(0, 1)
headings = st.floats(0, 360)


def _degrees(points: FloatArray, name: str) -> float:
    return both_sides(read(as_pose(points), [name])[0])[0]


def _hips_moved(points: FloatArray, metres: float) -> FloatArray:
    """The hips lowered by so much, the rest where it was."""
    moved = points.copy()
    moved[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], 1] += metres
    return moved


@pytest.mark.parametrize(
    ("posture", "name", "top", "bottom"),
    [(squat, "knee", 176, 64), (squat, "torso_lean", 3, 39), (push_up, "elbow", 170, 100)],
)
def test_angles_are_the_figure_s(posture: object, name: str, top: float, bottom: float) -> None:
    assert callable(posture)
    assert _degrees(posture(0), name) == pytest.approx(top, abs=0.1)
    assert _degrees(posture(1), name) == pytest.approx(bottom, abs=0.1)


@pytest.mark.parametrize(("metres", "sag"), [(0.1, 25), (0.0, 0), (-0.1, -25)])
def test_low_hips_sag_and_high_hips_are_piked(metres: float, sag: float) -> None:
    plank = turned(push_up(0), 70)
    assert _degrees(_hips_moved(plank, metres), "hip_sag") == pytest.approx(sag, abs=2)


def test_hips_off_to_the_side_neither_sag_nor_pike() -> None:
    plank = push_up(0)
    plank[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], 0] += 0.1
    assert _degrees(plank, "hip_sag") == pytest.approx(0, abs=0.5)


@given(depth=depths, heading=headings)
def test_the_heading_does_not_matter(depth: float, heading: float) -> None:
    for posture in (squat, push_up):
        one, other = as_pose(posture(depth)), as_pose(turned(posture(depth), heading))
        np.testing.assert_allclose(read(other, NAMES), read(one, NAMES), atol=0.1)


@given(depth=depths, bent=st.floats(-0.1, 0.1))
def test_a_mirrored_pose_swaps_its_sides(depth: float, bent: float) -> None:
    points = squat(depth)
    points[Landmark.LEFT_ANKLE, 2] += bent
    mirrored = points[MIRROR] * np.array([-1, 1, 1], np.float32)
    for one, other in zip(
        read(as_pose(points), NAMES), read(as_pose(mirrored), NAMES), strict=True
    ):
        np.testing.assert_allclose(other, one[::-1], atol=0.05)
        assert both_sides(other) == pytest.approx(both_sides(one), abs=0.05)
        assert left_against_right(other)[0] == pytest.approx(-left_against_right(one)[0], abs=0.1)


def test_the_better_seen_side_tells_and_the_worse_seen_makes_asymmetry_unsure() -> None:
    points = squat(1)
    points[Landmark.RIGHT_ANKLE] = points[Landmark.RIGHT_HIP] + np.float32(0.5)
    knee = read(as_pose(points, hidden=(Landmark.RIGHT_ANKLE,)), ["knee"])[0]
    degrees, certainty = both_sides(knee)
    assert degrees == pytest.approx(64, abs=5)
    assert certainty == 1
    assert left_against_right(knee)[1] == 0


def test_image_points_do_where_there_is_no_world() -> None:
    points = squat(0.5)
    seen = np.ones(len(points), np.float32)
    pictured = points * np.array([400, 400, 400 / PICTURED_DEPTH], np.float32)
    flat = Pose(pictured, None, seen, seen)
    np.testing.assert_allclose(read(flat, NAMES), read(as_pose(points), NAMES), atol=0.01)


def test_points_in_one_place_still_give_numbers() -> None:
    assert np.isfinite(read(as_pose(np.zeros((33, 3), np.float32)), NAMES)).all()
