"""Face and hands: they turn, grow, move and are mirrored with the pose, and hold its landmarks."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pose_engine.engine import PoseEngine
from pose_engine.frames import read_image
from pose_engine.geometry import Region, wrapped
from pose_engine.landmarks import LANDMARK_COUNT, MIRROR, FloatArray, Landmark, Pose
from pose_engine.regions import SEEN, Regions, regions_of

PHOTOS = Path(__file__).parents[2].parent / "shared" / "data" / "photos"
FACE = [*range(11)]
LEFT_HAND = [Landmark.LEFT_WRIST, Landmark.LEFT_PINKY, Landmark.LEFT_INDEX]
RIGHT_HAND = [Landmark.RIGHT_WRIST, Landmark.RIGHT_PINKY, Landmark.RIGHT_INDEX]


def posed(points: FloatArray, certainty: float = 1.0) -> Pose:
    certain = np.full(LANDMARK_COUNT, certainty, np.float32)
    image = np.zeros((LANDMARK_COUNT, 3), np.float32)
    image[:, :2] = points
    return Pose(image=image, world=None, visibility=certain, presence=certain)


POINTS = arrays(np.float32, (LANDMARK_COUNT, 2), elements=st.integers(0, 1000).map(float))


def told(points: FloatArray) -> tuple[Region, Region, Region]:
    """The regions of points of which each has a way up: not all of them in one place."""
    regions = regions_of(posed(points))
    eyes, mouth = points[[2, 5]].sum(axis=0), points[[9, 10]].sum(axis=0)
    assume(np.linalg.norm(eyes - mouth) > 20)
    for wrist, pinky, index in (LEFT_HAND, RIGHT_HAND):
        assume(np.linalg.norm((2 * points[index] + points[pinky]) / 3 - points[wrist]) > 10)
    return whole(regions)


def whole(regions: Regions) -> tuple[Region, Region, Region]:
    assert regions.face is not None
    assert regions.left_hand is not None
    assert regions.right_hand is not None
    return regions.face, regions.left_hand, regions.right_hand


def assert_same(one: Region, other: Region) -> None:
    assert [one.x, one.y, one.side] == pytest.approx([other.x, other.y, other.side], abs=0.1)
    assert abs(wrapped(one.rotation - other.rotation)) < 0.01


@given(POINTS, st.floats(-math.pi, math.pi), st.floats(0.5, 4), st.integers(-500, 500))
def test_they_turn_and_grow_and_move_with_the_pose(
    points: FloatArray, angle: float, scale: float, away: int
) -> None:
    before = told(points)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    matrix = np.array([[cos, -sin], [sin, cos]])
    after = regions_of(posed((points @ matrix.T + away).astype(np.float32)))
    for one, moved in zip(before, whole(after), strict=True):
        x, y = matrix @ (one.x, one.y) + away
        assert_same(moved, Region(x, y, scale * one.side, one.rotation + angle))


@given(POINTS)
def test_in_a_mirror_they_are_mirrored_and_the_hands_change_places(points: FloatArray) -> None:
    face, left, right = told(points)
    mirrored = points[MIRROR] * np.array([-1, 1], np.float32)
    for one, other in zip((face, right, left), whole(regions_of(posed(mirrored))), strict=True):
        assert_same(other, Region(-one.x, one.y, one.side, -one.rotation))


@given(POINTS)
def test_they_hold_their_landmarks_and_are_no_larger_than_those_explain(points: FloatArray) -> None:
    spans = zip((FACE, LEFT_HAND, RIGHT_HAND), told(points), strict=True)
    for landmarks, region in spans:
        inside = region.to_crop(points[landmarks])
        assert inside.min() > -0.03
        assert inside.max() < 1.03
        apart = np.linalg.norm(points[landmarks][:, None] - points[landmarks], axis=-1).max()
        assert region.side <= 3.5 * apart


@pytest.mark.parametrize(
    ("unseen", "gone"),
    [
        (Landmark.LEFT_PINKY, "left_hand"),
        (Landmark.RIGHT_WRIST, "right_hand"),
        (Landmark.MOUTH_LEFT, "face"),
        (Landmark.LEFT_EAR, None),
        (Landmark.LEFT_KNEE, None),
    ],
)
@pytest.mark.parametrize("visible", [True, False])
def test_only_what_is_seen_has_a_region(unseen: Landmark, gone: str | None, visible: bool) -> None:
    pose = posed(np.random.default_rng(1).uniform(0, 500, (LANDMARK_COUNT, 2)).astype(np.float32))
    certainty = pose.visibility.copy()
    certainty[unseen] = SEEN - 0.01
    low = replace(pose, presence=certainty) if visible else replace(pose, visibility=certainty)
    regions = regions_of(low)
    for name in ("face", "left_hand", "right_hand"):
        assert (getattr(regions, name) is None) == (name == gone), name


def test_points_in_one_place_have_no_region() -> None:
    regions = regions_of(posed(np.full((LANDMARK_COUNT, 2), 7, np.float32)))
    assert regions == Regions(None, None, None)


def test_a_face_in_profile_is_upright_by_mouth_and_eyes() -> None:
    points = np.zeros((LANDMARK_COUNT, 2), np.float32)
    points[FACE] = (100, 50)
    points[[7, 8]] = (140, 55)
    points[[9, 10]] = (102, 90)
    face = regions_of(posed(points)).face
    assert face is not None
    assert math.degrees(face.rotation) == pytest.approx(0, abs=5)
    assert face.side == pytest.approx(80, abs=5)


@pytest.mark.parametrize("name", ["Barbell_Deadlift_0", "Clock_Push-Up_0", "Decline_Push-Up_0"])
def test_of_real_people_they_hold_the_landmarks(engine: PoseEngine, name: str) -> None:
    file = PHOTOS / f"{name}.jpg"
    if not file.exists():
        pytest.skip("the photos are not here")
    frame = read_image(file.read_bytes())
    pose = engine.find(frame)
    assert pose is not None
    regions = whole(regions_of(pose))
    for landmarks, region in zip((FACE, LEFT_HAND, RIGHT_HAND), regions, strict=True):
        inside = region.to_crop(pose.image[landmarks, :2])
        assert ((inside > 0) & (inside < 1)).all()
        assert 30 < region.side < frame.height / 4
