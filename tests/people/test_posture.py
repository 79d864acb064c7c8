"""Postures: IK reaches, bones keep their length, children follow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.posture import SIDES, Posture
from people.rotations import facing, turn, vector
from people.skeleton import Skeleton


def standing(skeleton: Skeleton) -> Posture:
    return Posture(skeleton, skeleton.hips, np.eye(3))


def test_the_rest_posture_is_the_skeleton(skeleton: Skeleton) -> None:
    posture = standing(skeleton)
    np.testing.assert_allclose(posture.landmarks(), skeleton.landmark_points, atol=1e-9)
    np.testing.assert_allclose(posture.matrices(), np.tile(np.eye(4), (53, 1, 1)), atol=1e-9)


@given(st.floats(-0.3, 0.3), st.floats(-0.75, -0.3), st.floats(-0.3, 0.3))
def test_a_leg_reaches_its_ankle(skeleton: Skeleton, x: float, y: float, z: float) -> None:
    posture = standing(skeleton)
    target = posture.at("thigh_l") + vector(x, y, z)
    posture.leg("l", target, vector(0, 0, 1), np.eye(3))
    np.testing.assert_allclose(posture.at("foot_l"), target, atol=1e-6)
    assert np.linalg.norm(posture.at("calf_l") - posture.at("thigh_l")) == pytest.approx(
        skeleton.thigh
    )


def test_out_of_reach_a_limb_points_at_the_target(skeleton: Skeleton) -> None:
    posture = standing(skeleton)
    shoulder = posture.at("upperarm_l")
    posture.arm("l", shoulder + vector(0, 0, 5), vector(0, -1, 0))
    reached = posture.at("hand_l") - shoulder
    assert reached[2] == pytest.approx(skeleton.arm, rel=1e-3)
    assert abs(reached[0]) < 1e-6


def test_the_knee_bends_towards_its_direction(skeleton: Skeleton) -> None:
    posture = standing(skeleton)
    target = posture.at("thigh_r") + vector(0, -0.6, 0)
    posture.leg("r", target, vector(0, 0, 1), np.eye(3))
    assert posture.at("calf_r")[2] > posture.at("thigh_r")[2] + 0.2


def test_turning_a_bone_takes_what_hangs_on_it_along(skeleton: Skeleton) -> None:
    posture = standing(skeleton)
    for side, _ in SIDES:
        posture.arm(side, posture.at(f"upperarm_{side}") + vector(0, 0, 0.4), vector(0, -1, 0))
    posture.turn("upperarm_l", turn("x", 30))
    posture.arm("l", posture.at("upperarm_l") + vector(0, 0, 0.45), vector(0, -1, 0))
    moved = posture.landmarks()
    assert moved[15][2] - moved[11][2] == pytest.approx(0.45, abs=1e-6)


def test_moved_turns_and_shifts_the_whole(skeleton: Skeleton) -> None:
    still = standing(skeleton)
    moved = still.moved(vector(1, 0, 2), 90)
    expected = still.landmarks() @ turn("y", 90).T + (1, 0, 2)
    np.testing.assert_allclose(moved.landmarks(), expected, atol=1e-9)


@given(st.floats(0, 1))
def test_towards_keeps_every_bone_s_length(skeleton: Skeleton, share: float) -> None:
    bent = Posture(skeleton, vector(0, 0.6, -0.2), facing(40), facing(70))
    between = standing(skeleton).towards(bent, share)
    between.matrices()
    parents = skeleton.parents[1:]
    lengths = np.linalg.norm(between.origins[1:] - between.origins[parents], axis=1)
    rest = np.linalg.norm(skeleton.heads[1:] - skeleton.heads[parents], axis=1)
    np.testing.assert_allclose(lengths, rest, atol=1e-9)


def test_towards_starts_and_ends_where_it_should(skeleton: Skeleton) -> None:
    start, end = standing(skeleton), Posture(skeleton, vector(0, 0.6, -0.2), facing(40))
    for share, posture in ((0.0, start), (1.0, end)):
        there = start.towards(end, share).landmarks()
        np.testing.assert_allclose(there, posture.landmarks(), atol=1e-9)


def test_grounded_lifts_what_is_under_the_floor(skeleton: Skeleton) -> None:
    sunk = Posture(skeleton, skeleton.hips - vector(0, 0.3, 0), np.eye(3)).grounded()
    assert sunk.landmarks()[:, 1].min() == pytest.approx(0, abs=1e-9)
