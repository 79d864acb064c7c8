"""Sequence parameter sets, read as FFmpeg reads them."""

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.sps import Sequence, sequences_in
from tests.pose_engine.fakes import encoded_video

BEGIN = b"\0\0\1"


def first_piece(size: tuple[int, int], kind: str = "yuv420p", x264: str = "ref=1") -> bytes:
    ((data, _, _),) = encoded_video(
        "h264", [9], size=size, kind=kind, options={"x264-params": x264}
    )
    return data


@pytest.mark.parametrize("size", [(64, 48), (640, 360), (1920, 1080)])
@pytest.mark.parametrize(
    ("kind", "bytes_a_pixel"),
    [("yuv420p", 1.5), ("yuv422p", 2), ("yuv444p", 3), ("gray", 1), ("yuv420p10le", 3)],
)
@pytest.mark.parametrize("x264", ["ref=16", "interlaced=1", "cqm=jvt", "crop-rect=0,0,16,16"])
def test_it_is_what_ffmpeg_finds(
    size: tuple[int, int], kind: str, bytes_a_pixel: float, x264: str
) -> None:
    data = first_piece(size, kind, x264)
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.decode(av.Packet(data))
    coded = Sequence(decoder.coded_width, decoder.coded_height, bytes_a_pixel)
    assert {*sequences_in(data)} == {coded}


def test_pictures_by_themselves_say_nothing() -> None:
    _, (data, _, _) = encoded_video("h264", [9, 9])
    assert [*sequences_in(data)] == []


def test_a_set_that_is_cut_off_is_damaged() -> None:
    data = first_piece((64, 48))
    start = data.index(BEGIN + b"\x67")
    for end in range(start + 4, start + 10):
        with pytest.raises(ValueError, match="cut off"):
            [*sequences_in(data[:end])]


def test_sets_without_end_are_refused() -> None:
    data = first_piece((64, 48))
    start = data.index(BEGIN + b"\x67")
    one = data[start : data.index(BEGIN, start + 3)]
    assert len([*sequences_in(32 * one)]) >= 32
    with pytest.raises(ValueError, match="more than 32"):
        [*sequences_in(33 * one)]


def test_both_readings_of_what_is_escaped_are_given() -> None:
    """Constraints and level of zero, and so an escape; then ones, each of which is a number 0."""
    ones = b"\xff" * 9
    smallest = Sequence(16, 16, 1.5)
    assert [*sequences_in(BEGIN + b"\x67\x42\0\0\3" + ones)] == [smallest, smallest]
    assert [*sequences_in(BEGIN + b"\x67\x42\0\1" + ones)] == [smallest]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        for one in sequences_in(BEGIN + b"\x67" + data):
            assert one.width >= 16
    except ValueError:
        pass
