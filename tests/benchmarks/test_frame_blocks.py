"""Blocks of frames in a process of their own."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.frame_blocks import Worker
from benchmarks.frame_cost import BARS, THEIRS, Cost, ratios
from benchmarks.hd_clips import HEIGHT, MOST_FRAMES, WIDTH, HdClip, fitted, hd_clips
from pose_engine.frames import read_image

WORKER = "tests.benchmarks.busy_worker"


def test_a_block_takes_what_its_frames_take(tmp_path: Path) -> None:
    HdClip("a", (b"10", b"10", b"200")).save(tmp_path / "a")
    with Worker.start(Path(sys.executable), WORKER) as worker:
        worker.begin(tmp_path / "a")
        short, long = worker.cpu_s(0, 2), worker.cpu_s(2, 3)
        assert 0.02 <= short < 0.2 <= long
        worker.begin(tmp_path / "a")
        assert worker.cpu_s(0, 0) < 0.01


def test_a_worker_that_ends_is_said_to(tmp_path: Path) -> None:
    HdClip("a", (b"no number",)).save(tmp_path / "a")
    with Worker.start(Path(sys.executable), WORKER) as worker:
        worker.begin(tmp_path / "a")
        with pytest.raises(RuntimeError, match="ended early"):
            worker.cpu_s(0, 1)


def test_a_bundled_clip_is_ten_seconds_of_720p(tmp_path: Path) -> None:
    clip = next(hd_clips(tmp_path))
    assert clip.name == "squat_front"
    assert len(clip.jpegs) == MOST_FRAMES
    frame = read_image(clip.jpegs[0])
    assert (frame.width, frame.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (1080, 1920), (720, 1280), (360, 641)])
def test_any_picture_fills_720p(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 3), 200, np.uint8)
    full = fitted(pixels)
    assert full.shape == (HEIGHT, WIDTH, 3)
    assert (full == 200).all()


def test_a_ratio_is_the_median_of_clips() -> None:
    costs = [
        Cost(name, {ours: np.array([0, 2 * ms]) for ours in BARS} | {THEIRS: np.array([10.0, 10])})
        for name, ms in (("a", 4.0), ("b", 5.0), ("c", 9.0))
    ]
    found = [*ratios(costs)]
    assert {(one.value, one.low, one.high) for one in found} == {(0.5, 0.4, 0.9)}
    assert [one.bar for one in found] == [*BARS.values()]
    each = len(BARS)
    assert costs[0].row() == ("a", *["4.0"] * each, "10.0", *["0.40 (0.08–0.72)"] * each)
