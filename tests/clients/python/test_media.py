"""Observations as the wire has them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from blazereps_client.media import ImageAt, PoseAt, VideoAt, capture_us, encode
from blazereps_client.wire import MAX_CAPTURE_US, Header, Kind, WireError, pack_landmarks, unpack

SIZE = (640, 480)


@dataclass
class Found:
    """A landmark as MediaPipe gives it."""

    x: float
    y: float
    z: float
    visibility: float | None = None
    presence: float | None = 0.0


def people(visibility: float | None) -> Sequence[Found]:
    return [Found(0.5, 0.25, -0.125, visibility)] * 33


def test_images_and_video_follow_their_header() -> None:
    image = encode(ImageAt(1.5, b"jpeg", rotation=90, mirrored=True), 7)
    assert unpack(image) == (Header(Kind.IMAGE, 7, 1_500_000, 90, True), b"jpeg")
    chunk = encode(VideoAt(0.1, b"chunk", key=True), 8)
    assert unpack(chunk) == (Header(Kind.VIDEO, 8, 100_000, key=True), b"chunk")


def test_poses_are_rows_of_pixels() -> None:
    rows, world = [[1.0, 2.0, 3.0, 0.5]] * 33, [[0.1, 0.2, 0.3]] * 33
    header, payload = unpack(encode(PoseAt(2.0, rows, world), 3))
    assert header == Header(Kind.LANDMARKS, 3, 2_000_000)
    assert payload == pack_landmarks(rows, world)
    assert PoseAt(2.0, np.array(rows).tolist()).pack() == pack_landmarks(rows)
    assert PoseAt(2.0, [*np.array(rows)]).pack() == pack_landmarks(rows)
    assert PoseAt(2.0, None).pack() == b""


@pytest.mark.parametrize(("visibility", "known"), [(0.75, (0.75,)), (None, ())])
def test_shares_of_the_picture_become_pixels(
    visibility: float | None, known: tuple[float, ...]
) -> None:
    pose = PoseAt(0.0, people(visibility), size=SIZE)
    assert pose.pack() == pack_landmarks([(320, 120, -80, *known)] * 33)


def test_what_mediapipe_found_becomes_a_pose() -> None:
    expected = pack_landmarks([(320, 120, -80, 0.75)] * 33, [(0.5, 0.25, -0.125)] * 33)
    one, nobody = people(0.75), SimpleNamespace(landmark=people(0.75))
    of_tasks = SimpleNamespace(pose_landmarks=[one, one], pose_world_landmarks=[one, one])
    of_solutions = SimpleNamespace(pose_landmarks=nobody, pose_world_landmarks=nobody)
    for result in (of_tasks, of_solutions):
        assert PoseAt.from_mediapipe(1.0, result, SIZE).pack() == expected


def test_nobody_found_by_mediapipe_is_nobody() -> None:
    of_tasks = SimpleNamespace(pose_landmarks=[], pose_world_landmarks=[])
    of_solutions = SimpleNamespace(pose_landmarks=None, pose_world_landmarks=None)
    for result in (of_tasks, of_solutions):
        assert PoseAt.from_mediapipe(1.0, result, SIZE).pack() == b""


def test_too_few_landmarks_are_refused() -> None:
    with pytest.raises(WireError, match="33 rows"):
        PoseAt(0.0, people(1.0)[:32]).pack()


@pytest.mark.parametrize("at_s", [-1.0, math.nan, math.inf, 1e12])
def test_a_time_beyond_the_header_is_refused(at_s: float) -> None:
    with pytest.raises(WireError, match="at_s must be 0 to"):
        encode(PoseAt(at_s, None), 0)


def test_the_last_time_of_all_is_none_of_them() -> None:
    assert capture_us(PoseAt(MAX_CAPTURE_US / 1e6, None)) == MAX_CAPTURE_US


@pytest.mark.parametrize("rotation", [45, -90, 360])
def test_a_rotation_that_is_no_quarter_turn_is_refused(rotation: int) -> None:
    with pytest.raises(WireError, match="rotation must be"):
        encode(ImageAt(0.0, b"jpeg", rotation=rotation), 0)
