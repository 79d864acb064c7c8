"""The vector must not change with what does not matter, and must change with what does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.embedding import (
    ANGLES,
    NAMES,
    PARTS,
    PICTURED_DEPTH,
    angle_degrees,
    angles_seen,
    as_pictured,
    columns,
    embed,
    embed_points,
    lift,
    overhang,
    points_of,
    squarenesses,
    trunks_away,
)
from pose_engine.landmarks import MIRROR, FloatArray, Landmark
from tests.classifiers.figures import as_pose, push_up, sit_down, squat, turned

depths = st.floats(0, 1)


def _embed(points: FloatArray) -> FloatArray:
    return embed(as_pose(points))


@given(depths, st.floats(-180, 180))
def test_heading_does_not_matter(depth: float, heading: float) -> None:
    assert np.allclose(_embed(turned(squat(depth), heading)), _embed(squat(depth)), atol=1e-3)


@given(depths, st.floats(0.2, 3), st.floats(-5, 5))
def test_size_and_place_do_not_matter(depth: float, scale: float, shift: float) -> None:
    moved = (push_up(depth) * scale + shift).astype(np.float32)
    assert np.allclose(_embed(moved), _embed(push_up(depth)), atol=1e-2)


@given(depths)
def test_a_mirror_does_not_matter(depth: float) -> None:
    points = turned(squat(depth), 30)
    points[Landmark.LEFT_WRIST] += [0.1, 0.2, 0]
    mirrored = (points * [-1, 1, 1])[MIRROR].astype(np.float32)
    assert np.allclose(_embed(mirrored), _embed(points), atol=1e-3)


@pytest.mark.parametrize(("depth", "degrees"), [(0, 176), (1, 64)])
def test_the_knee_of_a_squat(depth: float, degrees: float) -> None:
    assert angle_degrees(_embed(squat(depth)), "knee") == pytest.approx(degrees, abs=0.1)


def test_a_hidden_side_hardly_counts() -> None:
    points = squat(0)
    points[Landmark.LEFT_ANKLE] = points[Landmark.LEFT_HIP] + [0, 0.1, 0.1]
    hidden = embed(as_pose(points, hidden=(Landmark.LEFT_ANKLE,)))
    assert angle_degrees(hidden, "knee") > angle_degrees(_embed(points), "knee") + 30


def test_an_angle_is_seen_on_its_better_side() -> None:
    left = (Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE)
    hidden = (left, (*left, Landmark.RIGHT_HIP))
    visibility = np.array([as_pose(squat(0), hidden=some).visibility for some in hidden])
    assert angles_seen(visibility)[:, [*ANGLES].index("knee")].tolist() == [1, 0]


def test_the_upper_body_needs_no_leg() -> None:
    points = push_up(0.5)
    moved = points.copy()
    moved[Landmark.LEFT_KNEE :] += np.float32(0.3)
    changed = np.abs(_embed(moved) - _embed(points)) > 1e-6
    assert changed.any()
    assert not changed[columns(("torso", "arms"))].any()


def test_image_points_serve_where_there_are_no_world_points() -> None:
    pose = as_pose(squat(0.5))
    deeper = pose.image * np.array([1, 1, 1 / PICTURED_DEPTH], np.float32)
    without = type(pose)(deeper, None, pose.visibility, pose.presence)
    assert np.allclose(embed(without), embed(pose), atol=1e-4)
    assert len(embed(pose)) == len(NAMES)


@given(depths, st.floats(50, 800), st.floats(-500, 500))
def test_how_far_a_knee_is_bent_is_told_by_the_picture(
    depth: float, pixels: float, shift: float
) -> None:
    """Seen from the side; by the points themselves it would be half as deep."""
    true, straighter = (turned(squat(d), 90) for d in (depth, depth / 2))
    picture = (true * pixels + shift).astype(np.float32)
    pictured = as_pictured(straighter[None], picture[None])
    (vector,) = embed_points(pictured, np.ones((1, 33), np.float32))
    knee = angle_degrees(_embed(true), "knee")
    assert angle_degrees(vector, "knee") == pytest.approx(knee, abs=0.5)


@given(depths, st.floats(-180, 180), st.floats(-500, 500))
def test_how_far_something_is_away_is_told_by_the_world_points(
    depth: float, heading: float, shift: float
) -> None:
    """And so is how large he is, wherever in the picture."""
    points = turned(push_up(depth), heading)
    flat = (points * [400, 400, 0] + shift).astype(np.float32)
    (pictured,) = as_pictured(points[None], flat[None])
    assert np.allclose(pictured - pictured[0], points - points[0], atol=1e-4)


def test_points_of_no_size_stay_so() -> None:
    nowhere = np.zeros((1, 33, 3), np.float32)
    assert (as_pictured(nowhere, nowhere) == 0).all()


def test_all_parts_make_the_whole_vector() -> None:
    assert columns(PARTS).all()
    assert not columns(("legs",))[NAMES.index("torso")]


@given(depths)
def test_the_lift_of_a_leg_is_the_height_of_its_hip_in_leg_lengths(depth: float) -> None:
    points = squat(depth)
    height = points[Landmark.LEFT_ANKLE, 1] - points[Landmark.LEFT_HIP, 1]
    assert lift(_embed(points), "knee") == pytest.approx(height / 0.84, abs=1e-3)


def test_hips_that_hang_and_hips_that_are_piked_have_a_sign() -> None:
    sag = NAMES.index("hip_sag")
    straight, hanging, piked = push_up(0), push_up(0), push_up(0)
    upper = slice(0, Landmark.LEFT_HIP)
    hanging[upper, 1] -= 0.1
    piked[upper, 1] += 0.1
    values = [_embed(points)[sag] for points in (piked, straight, hanging)]
    assert values == sorted(values)
    assert values[0] < -0.02
    assert values[2] > 0.02


@given(st.floats(0.2, 0.8))
def test_hips_on_the_line_from_shoulder_to_knee_do_not_sag(share: float) -> None:
    """Wherever on it: a long trunk is no dropped hip."""
    points = push_up(0)
    for side in ("LEFT", "RIGHT"):
        hip, shoulder, knee = (Landmark[f"{side}_{name}"] for name in ("HIP", "SHOULDER", "KNEE"))
        points[hip] = points[shoulder] + share * (points[knee] - points[shoulder])
    assert _embed(points)[NAMES.index("hip_sag")] == pytest.approx(0, abs=1e-4)


@given(depths, st.floats(-180, 180))
def test_the_weight_stays_over_the_feet_in_a_squat_and_not_on_to_a_chair(
    depth: float, heading: float
) -> None:
    assert abs(overhang(_embed(turned(squat(depth), heading)))) < 0.1
    assert overhang(_embed(turned(sit_down(1), heading))) > 0.3


def test_the_overhang_is_how_far_the_weight_is_behind_the_ankles() -> None:
    points = sit_down(1)
    hip, knee, ankle = (points[Landmark[f"LEFT_{name}"], 2] for name in ("HIP", "KNEE", "ANKLE"))
    trunk = 0.626 * points[Landmark.LEFT_SHOULDER, 2]
    thigh, shank = hip + 0.433 * (knee - hip), knee + 0.433 * (ankle - knee)
    weight = 0.678 * trunk + 0.2 * thigh + 0.093 * shank + 0.029 * ankle
    assert overhang(_embed(points)) == pytest.approx((weight - ankle) / 0.84, abs=2e-3)


def test_where_the_weight_is_tells_of_who_is_on_his_feet() -> None:
    named = np.array(NAMES)[columns(PARTS) & ~columns(("torso", "arms", "legs"))]
    assert named.tolist() == ["overhang", "overhang_difference"]


@given(depths, st.floats(-180, 180))
def test_how_squarely_somebody_is_seen_is_told_by_his_shoulders_and_hips(
    depth: float, heading: float
) -> None:
    square = squarenesses(points_of([as_pose(turned(squat(depth), heading))]))
    assert square == pytest.approx(abs(np.cos(np.radians(heading))), abs=1e-3)


@given(depths, st.floats(-180, 180))
def test_a_trunk_points_away_from_who_stands_beyond_the_feet(depth: float, heading: float) -> None:
    """In `figures` the head of one face down is towards the camera."""
    (away,) = trunks_away(points_of([as_pose(turned(push_up(depth), heading))]))
    (towards,) = trunks_away(points_of([as_pose(turned(push_up(depth), heading + 180))]))
    assert away == 0 or towards == 0
    (most,) = trunks_away(points_of([as_pose(turned(push_up(depth), 180))]))
    assert 0 <= away <= most + 1e-6
    assert 0.5 < most <= 1


def test_who_stands_points_neither_away_nor_at_the_camera() -> None:
    assert trunks_away(points_of([as_pose(squat(0.0))]))[0] == pytest.approx(0, abs=0.15)
