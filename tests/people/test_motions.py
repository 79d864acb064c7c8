"""Motions: bones keep their length, feet and hands stay put, postures are what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from people.motions import MOTIONS
from people.motions.floor import Cobra, Plank
from people.motions.limbs import ARMS
from people.motions.lunge import Lunge
from people.motions.motion import Motion
from people.motions.push_up import PushUp
from people.motions.squat import Squat
from people.motions.standing import Idle, JumpingJack, Walk
from people.motions.yoga import ChairPose, WarriorII
from people.rotations import FloatArray
from people.skeleton import Skeleton
from pose_engine.landmarks import MIRROR, Landmark

depths = st.floats(0, 1)
seeds = st.integers(0, 10_000)
_BONES = ((11, 13), (13, 15), (12, 14), (14, 16), (23, 25), (25, 27), (24, 26), (26, 28), (23, 24))
_FEET = [27, 28, 29, 30, 31, 32]
_HANDS = [15, 16, 17, 18, 19, 20]


def landmarks(motion: Motion, skeleton: Skeleton, depth: float) -> FloatArray:
    return motion.posture(skeleton, depth).landmarks()


def bend(points: FloatArray, first: int, joint: int, last: int) -> float:
    """Degrees at a joint: 180 is straight."""
    a, b = points[first] - points[joint], points[last] - points[joint]
    return float(np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))


@pytest.mark.parametrize("name", MOTIONS)
@given(seed=seeds, depth=depths)
@settings(max_examples=15)
def test_bones_keep_their_length(name: str, skeleton: Skeleton, seed: int, depth: float) -> None:
    motion = MOTIONS[name].random(np.random.default_rng(seed))
    points = landmarks(motion, skeleton, depth)
    for a, b in _BONES:
        rest = np.linalg.norm(skeleton.landmark_points[a] - skeleton.landmark_points[b])
        assert np.linalg.norm(points[a] - points[b]) == pytest.approx(rest, abs=1e-6)


@pytest.mark.parametrize("name", MOTIONS)
@given(seed=seeds, depth=depths)
@settings(max_examples=15)
def test_nobody_sinks_into_the_floor(
    name: str, skeleton: Skeleton, seed: int, depth: float
) -> None:
    motion = MOTIONS[name].random(np.random.default_rng(seed))
    assert landmarks(motion, skeleton, depth)[:, 1].min() > -0.08


@given(seed=seeds, depth=depths)
@settings(max_examples=25)
def test_a_squat_s_feet_stay_where_they_are(skeleton: Skeleton, seed: int, depth: float) -> None:
    squat = Squat.random(np.random.default_rng(seed))
    start, now = landmarks(squat, skeleton, 0), landmarks(squat, skeleton, depth)
    np.testing.assert_allclose(now[_FEET], start[_FEET], atol=1e-2)


@given(seed=seeds, depth=depths)
@settings(max_examples=25)
def test_a_push_up_s_hands_stay_where_they_are(skeleton: Skeleton, seed: int, depth: float) -> None:
    push_up = PushUp.random(np.random.default_rng(seed))
    start, now = landmarks(push_up, skeleton, 0), landmarks(push_up, skeleton, depth)
    np.testing.assert_allclose(now[_HANDS], start[_HANDS], atol=2e-3)
    if not push_up.knees:
        np.testing.assert_allclose(now[[31, 32]], start[[31, 32]], atol=2e-3)


@given(seed=seeds, depth=depths)
@settings(max_examples=25)
def test_a_cobra_s_hands_stay_and_end_under_straight_arms_and_its_hips_stay_low(
    skeleton: Skeleton, seed: int, depth: float
) -> None:
    cobra = Cobra.random(np.random.default_rng(seed))
    start, now, top = (landmarks(cobra, skeleton, share) for share in (0, depth, 1))
    # At the top, straight arms with the widest grip lift the hands by up to 27 mm.
    np.testing.assert_allclose(now[_HANDS], start[_HANDS], atol=3e-2)
    assert min(bend(top, 11, 13, 15), bend(top, 12, 14, 16)) > 145
    assert now[[23, 24], 1].max() < 0.25 < top[[11, 12], 1].min() - now[[23, 24], 1].max()


@pytest.mark.parametrize("motion", [Squat(), Squat(arms="rack"), PushUp(), JumpingJack()])
@pytest.mark.parametrize("depth", [0.0, 0.4, 1.0])
def test_symmetric_motions_are_symmetric(motion: Motion, skeleton: Skeleton, depth: float) -> None:
    points = landmarks(motion, skeleton, depth)
    np.testing.assert_allclose(points[MIRROR] * (-1, 1, 1), points, atol=6e-3)


@given(seed=seeds)
@settings(max_examples=25)
def test_a_squat_sinks_steadily_and_ends_about_as_deep_as_it_says(
    skeleton: Skeleton, seed: int
) -> None:
    squat = Squat.random(np.random.default_rng(seed))
    path = [landmarks(squat, skeleton, depth) for depth in np.linspace(0, 1, 9)]
    heights = [points[23, 1] for points in path]
    assert all(np.diff(heights) < 0)
    assert bend(path[0], 23, 25, 27) > 160
    thigh = path[-1][25] - path[-1][23]
    level = np.degrees(np.arccos(-thigh[1] / np.linalg.norm(thigh)))
    # Wide stances go deeper; with the hips that low the trunk's and shins' lean decide with them.
    assert squat.deepest - 30 < level < squat.deepest + 35


@given(seed=seeds)
@settings(max_examples=25)
def test_a_push_up_bends_the_elbows_and_keeps_the_trunk_in_line(
    skeleton: Skeleton, seed: int
) -> None:
    push_up = PushUp.random(np.random.default_rng(seed))
    top, low = landmarks(push_up, skeleton, 0), landmarks(push_up, skeleton, 1)
    assert bend(top, 11, 13, 15) > 148
    assert bend(low, 11, 13, 15) < 115
    assert low[11, 1] < top[11, 1] - 0.09
    assert bend(low, 11, 23, 25) > 150


def test_a_lunge_has_one_foot_ahead_and_the_other_knee_low(skeleton: Skeleton) -> None:
    points = landmarks(Lunge(side="l"), skeleton, 1)
    assert points[27, 2] > points[28, 2] + 0.5
    assert points[26, 1] < 0.2
    assert bend(points, 23, 25, 27) < 120


@given(seed=seeds, depth=depths)
@settings(max_examples=25)
@pytest.mark.parametrize("kind", [ChairPose, WarriorII])
def test_a_pose_s_feet_stay_where_they_are(
    kind: type[Motion], skeleton: Skeleton, seed: int, depth: float
) -> None:
    pose = kind.random(np.random.default_rng(seed))
    start, now = landmarks(pose, skeleton, 0), landmarks(pose, skeleton, depth)
    np.testing.assert_allclose(now[_FEET], start[_FEET], atol=1e-3)


def test_a_warrior_with_turned_hips_drags_no_foot(skeleton: Skeleton) -> None:
    warrior = WarriorII(turned=45, stretch=0.995)
    start, now = landmarks(warrior, skeleton, 0), landmarks(warrior, skeleton, 1)
    np.testing.assert_allclose(now[_FEET], start[_FEET], atol=1e-3)


@given(seed=seeds)
@settings(max_examples=25)
def test_a_chair_pose_bends_the_knees_and_raises_or_joins_the_hands(
    skeleton: Skeleton, seed: int
) -> None:
    pose = ChairPose.random(np.random.default_rng(seed))
    points = landmarks(pose, skeleton, 1)
    assert 50 < bend(points, 23, 25, 27) < 140
    assert np.linalg.norm(points[27] - points[28]) < 0.45
    raised, joined = bend(points, 13, 11, 23) > 60, np.linalg.norm(points[15] - points[16]) < 0.2
    assert raised if pose.arms == "up" else joined


@given(seed=seeds)
@settings(max_examples=25)
def test_warrior_ii_bends_one_knee_and_holds_the_arms_out_level(
    skeleton: Skeleton, seed: int
) -> None:
    pose = WarriorII.random(np.random.default_rng(seed))
    points = landmarks(pose, skeleton, 1)
    bent, straight = (23, 25, 27), (24, 26, 28)
    if pose.side == "r":
        bent, straight = straight, bent
    assert bend(points, *bent) < 150 < bend(points, *straight)
    assert bend(points, *bent) < bend(points, *straight) - 5
    assert abs(points[27, 0] - points[28, 0]) > 0.6
    for shoulder, wrist in ((11, 15), (12, 16)):
        out = points[wrist] - points[shoulder]
        assert abs(out[1]) < 0.45 * np.linalg.norm(out)
    assert bend(points, 15, 11, 12) > 140


def test_a_walk_is_a_cycle(skeleton: Skeleton) -> None:
    start, end = landmarks(Walk(), skeleton, 0), landmarks(Walk(), skeleton, 1)
    half = landmarks(Walk(), skeleton, 0.5)
    np.testing.assert_allclose(start, end, atol=1e-6)
    np.testing.assert_allclose(half[MIRROR] * (-1, 1, 1), start, atol=1e-2)


def test_a_tap_lifts_one_hand_to_the_other_shoulder(skeleton: Skeleton) -> None:
    points = landmarks(Plank(kind="tap_l"), skeleton, 1)
    assert np.linalg.norm(points[15] - points[12]) < 0.2
    assert points[16, 1] < 0.06


@pytest.mark.parametrize("arms", ARMS)
def test_each_arm_position_differs_from_the_others(arms: str, skeleton: Skeleton) -> None:
    there = landmarks(Idle(left=arms), skeleton, 1)[Landmark.LEFT_WRIST]
    for other in set(ARMS) - {arms}:
        elsewhere = landmarks(Idle(left=other), skeleton, 1)[Landmark.LEFT_WRIST]
        assert np.linalg.norm(there - elsewhere) > 0.03 or {arms, other} == {"goblet", "phone"}


def test_a_style_is_drawn_from_its_ranges() -> None:
    styles = [Squat.random(np.random.default_rng(seed)) for seed in range(200)]
    assert {style.arms for style in styles} >= {"raised", "rack", "goblet", "head"}
    assert all(0.12 <= style.stance <= 0.38 for style in styles)
    assert max(style.deepest for style in styles) > 105
    assert min(style.deepest for style in styles) < 75
