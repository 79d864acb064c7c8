"""Clips made 720p for the benchmark of their speed."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.clip_speed import FPS, SIZE, as_720p
from pose_engine.clips import Clip


def write(path: Path, at_ms: list[int]) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, ms in enumerate(at_ms):
            pixels = np.full((240, 320, 3), 100 + number, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.time_base, frame.pts = Fraction(1, 1000), ms
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def made_of(at_ms: list[int], folder: Path) -> list[int]:
    """When the frames of a clip are once it is 720p, in milliseconds."""
    source = write(folder / "source.mp4", at_ms)
    made = as_720p(source, folder / "720p.mp4", kbps=500, b_frames=2)
    with Clip.open(made) as clip:
        assert (clip.width, clip.height) == SIZE
        return [round(1000 * at_s) for at_s, _ in clip.frames()]


@pytest.mark.parametrize("at_ms", [[*range(0, 2000, 100)], [0, 33, 150, 183, 420]])
def test_frames_keep_their_times(at_ms: list[int], tmp_path: Path) -> None:
    assert made_of(at_ms, tmp_path) == at_ms


def test_there_are_thirty_a_second_at_most(tmp_path: Path) -> None:
    at_ms = [*range(0, 1000, 10)]
    seen_ms = made_of(at_ms, tmp_path)
    assert len(seen_ms) == FPS
    assert set(seen_ms) <= set(at_ms)
