"""The JavaScript client's own tests, and its bytes beside Python's."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from blazereps_client.wire import MAX_CAPTURE_US, MAX_SEQ, Header, Kind, pack_batch
from pose_engine.landmarks import Pose
from service.landmarks import pack_pose
from tests.clients.javascript.node import CLIENT, NEEDED, node, run
from tests.clients.javascript.steps import observed
from tests.service.fakes import grey_pose

pytestmark = NEEDED


def test_units() -> None:
    node("--test", *sorted(CLIENT.glob("test/*.test.js")))


IMAGE, ACCESS_UNIT = b"\xff\xd8", b"\0\0\0\1"
HEADERS = [
    (Header(Kind.IMAGE, 0, 0), IMAGE),
    (Header(Kind.IMAGE, MAX_SEQ, MAX_CAPTURE_US, rotation=270, mirrored=True), IMAGE),
    (Header(Kind.VIDEO, 1, 40_000, key=True), ACCESS_UNIT),
    (Header(Kind.VIDEO, 2, 80_000, rotation=90), ACCESS_UNIT),
]


@pytest.mark.parametrize(("header", "payload"), HEADERS)
def test_pictures_are_packed_byte_for_byte_as_in_python(header: Header, payload: bytes) -> None:
    assert packed(header) == header.pack() + payload


@pytest.mark.parametrize("pose", [None, grey_pose(123.4), replace(grey_pose(5), world=None)])
def test_landmarks_are_packed_byte_for_byte_as_in_python(pose: Pose | None) -> None:
    header = Header(Kind.LANDMARKS, 7, 1_500_000)
    assert packed(header, [pose]) == header.pack() + pack_pose(pose)


def test_a_batch_is_packed_byte_for_byte_as_in_python() -> None:
    poses = [None, grey_pose(123.4), replace(grey_pose(5), world=None)]
    expected = [(7 + n, 1_500_000 + n * 100_000, pack_pose(pose)) for n, pose in enumerate(poses)]
    assert packed(Header(Kind.BATCH, 7, 1_500_000), poses) == pack_batch(expected)


def packed(header: Header, poses: Sequence[Pose | None] = ()) -> bytes:
    """By the JavaScript client."""
    spoken = {
        "seq": header.seq,
        "captureUs": header.capture_us,
        "rotation": header.rotation,
        "mirrored": header.mirrored,
        "key": header.key,
    }
    seen = [observed(pose, header.at_s + n / 10) for n, pose in enumerate(poses)]
    job = {"kind": header.kind.name.lower(), "header": spoken, "observations": seen}
    (message,) = run("pack_in_node.js", [job])
    return bytes.fromhex(message)
