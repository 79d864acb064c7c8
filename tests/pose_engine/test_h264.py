"""Pictures that nothing else is decoded from: told as FFmpeg tells, and left out unnoticed."""

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.clips import Clip, frame_of
from pose_engine.h264 import disposable_in, never
from pose_engine.thinning import thinned

CLIP = Path(__file__).parents[1] / "clips" / "lunges.mp4"
AVCC = b"\x01\x64\x00\x1f\xff\xe1"


def test_it_is_what_ffmpeg_skips() -> None:
    with av.open(CLIP) as container:
        stream = container.streams.video[0]
        disposable = disposable_in(stream.codec_context.extradata)
        packets = [packet for packet in container.demux(stream) if packet.size]
        told = sum(disposable(memoryview(packet)) for packet in packets)
    with av.open(CLIP) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONREF"
        decoded = sum(1 for _ in container.decode(stream))
    assert 0 < told == len(packets) - decoded


@pytest.mark.parametrize("fps", [5, 10, 15, 29])
def test_what_is_left_out_is_not_missed(fps: float) -> None:
    with Clip.open(CLIP) as clip:
        every = list(clip.decoded())
    with Clip.open(CLIP) as clip:
        some = list(clip.decoded(fps))
    assert len(some) < len(every)
    with Clip.open(CLIP) as clip:
        taken = list(clip.frames(fps))
    expected = [
        (at, frame_of(raw, clip.sample_aspect))
        for at, raw in thinned(iter(every), fps)
        if raw is not None
    ]
    assert [at for at, _ in taken] == [at for at, _ in expected]
    assert all(
        np.array_equal(frame.pixels, other.pixels)
        for (_, frame), (_, other) in zip(taken, expected, strict=True)
    )


@pytest.mark.parametrize("extradata", [None, b"", b"\x01", b"\x00\x00\x00\x01\x67\x64"])
def test_where_it_cannot_be_told_everything_is_decoded(extradata: bytes | None) -> None:
    assert disposable_in(extradata) is never
    assert never(memoryview(b"\0\0\0\1\x01")) is False


def test_one_slice_that_is_needed_is_enough() -> None:
    disposable = disposable_in(AVCC)
    needed, not_needed, other = b"\0\0\0\1\x41", b"\0\0\0\1\x01", b"\0\0\0\1\x06"
    assert disposable(memoryview(other + not_needed + not_needed))
    assert not disposable(memoryview(other + not_needed + needed))
    assert not disposable(memoryview(other))


@given(data=st.binary(max_size=64))
def test_any_packet_is_read_or_taken_for_needed(data: bytes) -> None:
    assert disposable_in(AVCC)(memoryview(data)) in (True, False)
