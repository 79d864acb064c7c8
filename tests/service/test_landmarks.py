"""Landmarks on the wire, as poses of the core."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blazereps_client.wire import MAX_COORDINATE, WireError
from pose_engine.landmarks import Pose
from service.landmarks import make_pose, pack_pose, unpack_pose
from tests.service.fakes import grey_pose


def numbers(low: float, high: float, *shape: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float32, shape, elements=st.floats(low, high, width=32))


poses = st.builds(
    Pose,
    numbers(-MAX_COORDINATE, MAX_COORDINATE, 33, 3),
    st.none() | numbers(-100, 100, 33, 3),
    numbers(0, 1, 33),
    numbers(0, 1, 33),
)


@given(poses)
def test_a_pose_comes_back(pose: Pose) -> None:
    back = unpack_pose(pack_pose(pose))
    assert back is not None
    assert np.array_equal(back.image, pose.image)
    assert np.array_equal(back.visibility, pose.visibility)
    assert np.array_equal(back.presence, pose.presence)
    if pose.world is None:
        assert back.world is None
    else:
        assert back.world is not None
        assert np.array_equal(back.world, pose.world)


@given(st.binary(max_size=2000))
def test_rubbish_is_refused_or_understood_but_never_a_crash(payload: bytes) -> None:
    with suppress(WireError):
        assert isinstance(unpack_pose(payload), Pose | None)


def test_nobody_is_an_empty_payload() -> None:
    assert pack_pose(None) == b""
    assert unpack_pose(b"") is None
    assert len(pack_pose(grey_pose(1))) == 660 + 396


def test_visibility_and_presence_may_be_left_out() -> None:
    pose = make_pose(np.zeros((33, 3)), None)
    assert (pose.visibility == 1).all()
    assert (pose.presence == 1).all()
    half = np.full((33, 4), 0.5)
    assert (make_pose(half, None).presence == 0.5).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2 * MAX_COORDINATE])
def test_the_landmark_and_axis_at_fault_are_named(bad: float) -> None:
    points = np.zeros((33, 5))
    points[25, 2] = bad
    with pytest.raises(WireError, match=r"points\.25\.2 \(left_knee z\)") as error:
        make_pose(points, None)
    assert error.value.field == "points.25.2"
    with pytest.raises(WireError, match=r"world\.25\.2"):
        make_pose(np.zeros((33, 3)), points[:, :3])
