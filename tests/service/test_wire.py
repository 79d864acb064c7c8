"""The binary layout, byte by byte and back again."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pose_engine.landmarks import Pose
from service.wire import (
    MAX_CAPTURE_US,
    MAX_COORDINATE,
    MAX_SEQ,
    Header,
    Kind,
    WireError,
    make_pose,
    pack_pose,
    unpack,
    unpack_pose,
)
from tests.service.fakes import grey_pose

headers = st.builds(
    Header,
    st.sampled_from(Kind),
    st.integers(0, MAX_SEQ),
    st.integers(0, MAX_CAPTURE_US),
    st.sampled_from([0, 90, 180, 270]),
    st.booleans(),
)


def numbers(low: float, high: float, *shape: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float32, shape, elements=st.floats(low, high, width=32))


poses = st.builds(
    Pose,
    numbers(-MAX_COORDINATE, MAX_COORDINATE, 33, 3),
    st.none() | numbers(-100, 100, 33, 3),
    numbers(0, 1, 33),
    numbers(0, 1, 33),
)


@given(headers, st.binary(max_size=64))
def test_a_header_comes_back(header: Header, payload: bytes) -> None:
    assert unpack(header.pack() + payload) == (header, payload)


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


def test_the_documented_bytes() -> None:
    header = Header(Kind.IMAGE, 7, 1_500_000, rotation=90, mirrored=True)
    assert header.pack().hex(" ") == "01 01 05 00 07 00 00 00 60 e3 16 00 00 00 00 00"
    assert header.at_s == 1.5


@given(st.binary(max_size=2000))
def test_rubbish_is_refused_or_understood_but_never_a_crash(data: bytes) -> None:
    with suppress(WireError):
        header, payload = unpack(data)
        if header.kind is Kind.LANDMARKS:
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
