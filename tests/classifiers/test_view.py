"""What is out of view and what is only hidden, and for how long."""

import json
from collections.abc import Collection

import numpy as np
import pytest

from classifiers.view import JOINTS, View
from pose_engine.landmarks import LANDMARK_COUNT, Landmark, Pose
from tests.classifiers.figures import as_pose, squat

FEET = tuple(Landmark(i) for i in range(27, 33))
KNEES = (Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE)


def _seen(
    *, low_presence: Collection[Landmark] = (), low_visibility: Collection[Landmark] = ()
) -> Pose:
    whole = as_pose(squat(0))
    presence, visibility = np.ones((2, LANDMARK_COUNT), np.float32)
    presence[list(low_presence)] = 0.2
    visibility[list(low_visibility)] = 0.1
    return Pose(whole.image, whole.world, visibility, presence)


def _after(seconds: float, pose: Pose, fps: float = 30) -> View:
    view = View()
    for frame in range(round(seconds * fps) + 1):
        view.look(pose, 5 + frame / fps)
    return view


def test_of_somebody_in_full_view_nothing_is_missing() -> None:
    view = _after(10, _seen())
    assert {view.out(joint) + view.hidden(joint) for joint in JOINTS} == {0.0}


def test_feet_beyond_the_edge_are_out() -> None:
    view = _after(10, _seen(low_presence=FEET, low_visibility=FEET))
    assert view.out("ankle") > 0.95
    assert view.hidden("ankle") == view.out("knee") == 0


def test_knees_behind_something_are_hidden() -> None:
    view = _after(10, _seen(low_visibility=KNEES))
    assert view.hidden("knee") > 0.95
    assert view.out("knee") == 0


def test_what_lies_between_points_that_are_in_view_is_not_out_of_it() -> None:
    """A sender with one number for both says nothing else of a hidden joint than of one outside."""
    view = _after(10, _seen(low_presence=KNEES, low_visibility=KNEES))
    assert view.hidden("knee") > 0.95
    assert view.out("knee") == 0


def test_nobody_knows_where_the_edge_is_when_nothing_is_present() -> None:
    everything = [*Landmark]
    view = _after(10, _seen(low_presence=everything, low_visibility=everything))
    assert all(view.out(joint) > 0.95 for joint in JOINTS)


def test_a_joint_that_is_visible_is_seen_whatever_its_presence() -> None:
    view = _after(10, _seen(low_presence=FEET))
    assert view.out("ankle") == view.hidden("ankle") == 0


def test_one_side_is_enough() -> None:
    view = _after(10, _seen(low_presence=FEET[::2], low_visibility=FEET[::2]))
    assert view.out("ankle") == 0


@pytest.mark.parametrize("fps", [8, 10, 30, 60])
def test_shares_depend_on_seconds_not_on_frames(fps: float) -> None:
    pose = _seen(low_presence=FEET, low_visibility=FEET)
    assert _after(2, pose, fps).out("ankle") == pytest.approx(0.63, abs=0.06)


def test_one_sight_after_a_gap_does_not_speak_for_the_gap() -> None:
    view = _after(1, _seen())
    view.look(_seen(low_presence=FEET, low_visibility=FEET), 60.0)
    assert view.out("ankle") < 0.1


def test_who_points_at_the_camera_says_nothing_of_up_and_down() -> None:
    """Feet first, his ankles are but a little above his shoulders."""
    pose = _seen()
    shoulder, tall = pose.image[Landmark.LEFT_SHOULDER, 1], np.ptp(pose.image[:, 1])
    pose.image[[Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE], 1] = shoulder - 0.05 * tall
    view = _after(10, pose)
    assert [view.turn(degrees) for degrees in (90, 180, 270)] == [0, 0, 0]


def test_reset_forgets() -> None:
    view = _after(10, _seen(low_visibility=KNEES))
    view.reset()
    assert view.hidden("knee") == 0


def test_it_goes_on_from_a_snapshot() -> None:
    feet, knees = _seen(low_presence=FEET, low_visibility=FEET), _seen(low_visibility=KNEES)
    whole = _after(3, feet)
    other = View().restored(json.loads(json.dumps(whole.snapshot(), sort_keys=True)))
    for view in (whole, other):
        view.look(knees, 8.2)
    assert other.snapshot() == whole.snapshot()
