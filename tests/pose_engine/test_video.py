"""Encoded video in pieces: pictures come at once, and after damage from the next key frame on."""

from fractions import Fraction
from typing import Any

import pytest

from pose_engine.frames import FrameError, ImageLimits
from pose_engine.video import CODECS, VideoDecoder
from tests.pose_engine.fakes import encoded_video


@pytest.mark.parametrize("codec", CODECS)
def test_every_picture_comes_at_once_with_its_time(codec: str) -> None:
    decoder = VideoDecoder(codec, ImageLimits())
    for level, (data, at_us, key) in zip(
        range(40, 140, 10), encoded_video(codec, [*range(40, 140, 10)]), strict=True
    ):
        ((at_s, frame),) = decoder.decode(data, at_us, key=key)
        assert at_s == at_us / 1e6
        assert abs(int(frame.pixels[40, 50, 0]) - level) < 8


def test_a_picture_is_turned_and_flipped_upright() -> None:
    ((data, at_us, key),) = encoded_video("h264", [200], corner=True)
    decoder = VideoDecoder("h264", ImageLimits())
    ((_, frame),) = decoder.decode(data, at_us, key=key, rotation=90, mirrored=True)
    assert (frame.width, frame.height) == (48, 64)
    assert frame.pixels[5, 5, 0] < 100  # the dark corner, top left, went right and back
    ((_, frame),) = decoder.decode(data, at_us + 1, key=key, rotation=90)
    assert frame.pixels[5, 40, 0] < 100


@pytest.mark.parametrize(
    ("sample_aspect", "size"), [(Fraction(4, 3), (64, 36)), (Fraction(1, 2), (32, 48))]
)
def test_pixels_that_are_not_square_are_made_so(
    sample_aspect: Fraction, size: tuple[int, int]
) -> None:
    ((data, at_us, key),) = encoded_video("h264", [100], sample_aspect=sample_aspect)
    ((_, frame),) = VideoDecoder("h264", ImageLimits()).decode(data, at_us, key=key)
    assert (frame.width, frame.height) == size


def test_it_begins_at_a_key_frame() -> None:
    pieces = encoded_video("h264", [100] * 8)
    decoder = VideoDecoder("h264", ImageLimits())
    shown = [len([*decoder.decode(d, at, key=key)]) for d, at, key in pieces[1:]]
    assert shown == [0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("rubbish", [b"\0\0\0\1\xff rubbish", b""])
def test_after_damage_it_goes_on_at_the_next_key_frame(rubbish: bytes) -> None:
    pieces = encoded_video("h264", [100] * 12)
    decoder = VideoDecoder("h264", ImageLimits())
    shown = []
    for number, (data, at, key) in enumerate(pieces):
        if number == 5:
            with pytest.raises(FrameError) as caught:
                [*decoder.decode(rubbish, at, key=False)]
            assert caught.value.code == "damaged"
            assert decoder.waits_for_key
            continue
        shown.append(len([*decoder.decode(data, at, key=key)]))
    assert shown == [1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1]


def test_what_is_not_wanted_is_decoded_for_what_follows() -> None:
    pieces = encoded_video("h264", [40, 60, 80, 100])
    decoder = VideoDecoder("h264", ImageLimits())
    shown = [
        [frame.pixels[40, 50, 0] for _, frame in decoder.decode(d, at, key=key, wanted=n == 3)]
        for n, (d, at, key) in enumerate(pieces)
    ]
    assert shown[:3] == [[], [], []]
    assert abs(int(shown[3][0]) - 100) < 8


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ImageLimits(max_pixels=1000), "too_many_pixels"),
        (ImageLimits(max_bytes=20), "too_many_bytes"),
        (ImageLimits(max_side=60), "side_too_long"),
    ],
)
def test_limits_hold(limits: ImageLimits, code: str) -> None:
    decoder = VideoDecoder("h264", limits)
    data, at, key = encoded_video("h264", [100])[0]
    with pytest.raises(FrameError) as caught:
        [*decoder.decode(data, at, key=key)]
    assert caught.value.code == code


def test_a_giant_picture_is_refused_before_it_is_allocated() -> None:
    data, at, key = encoded_video("vp9", [100], size=(4096, 2304))[0]
    decoder = VideoDecoder("vp9", ImageLimits(max_pixels=1_000_000))
    with pytest.raises(FrameError):
        [*decoder.decode(data, at, key=key)]


def refused(size: tuple[int, int], most: int, codec: str = "h264", **encoding: Any) -> FrameError:
    data, at, key = encoded_video(codec, [100], size=size, **encoding)[0]
    decoder = VideoDecoder(codec, ImageLimits(max_video_pixels=most))
    with pytest.raises(FrameError) as caught:
        [*decoder.decode(data, at, key=key)]
    return caught.value


@pytest.mark.parametrize("codec", CODECS)
def test_video_has_a_limit_of_its_own(codec: str) -> None:
    error = refused((1280, 720), 500_000, codec)
    assert error.code == "too_many_pixels"
    assert "1280x720" in str(error)
    assert "the limit is 500000" in str(error)


def test_what_is_cropped_away_counts() -> None:
    cropped = {"x264-params": "crop-rect=0,0,1200,700"}
    assert refused((1280, 720), 500_000, options=cropped).code == "too_many_pixels"


def test_pixels_of_more_bits_count_as_more() -> None:
    assert "48 bits" in str(refused((1280, 720), 2_000_000, kind="yuv444p10le"))
    data, at, key = encoded_video("h264", [100], size=(1280, 720), kind="yuv422p")[0]
    decoder = VideoDecoder("h264", ImageLimits(max_video_pixels=2_000_000))
    assert len([*decoder.decode(data, at, key=key)]) == 1


def test_another_codec_is_refused() -> None:
    with pytest.raises(ValueError, match="h264, vp8, vp9"):
        VideoDecoder("mjpeg", ImageLimits())
