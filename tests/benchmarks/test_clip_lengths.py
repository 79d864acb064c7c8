"""A clip several times in a row, and what is told of it."""

from itertools import pairwise
from pathlib import Path

from benchmarks.checkout import CLIP
from benchmarks.clip_lengths import looped, row
from pose_engine.clips import Clip


def test_a_looped_clip_has_every_frame_so_often(tmp_path: Path) -> None:
    looped(CLIP, 3, tmp_path / "three.mp4")
    with Clip.open(CLIP) as once, Clip.open(tmp_path / "three.mp4") as thrice:
        times = [at_s for at_s, _ in thrice.decoded()]
        assert len(times) == 3 * len([*once.decoded()])
        assert thrice.unreadable == 0
    steps = [after - before for before, after in pairwise(times)]
    assert max(steps) < 2.5 * min(steps)


def test_a_row() -> None:
    result = {"duration_s": 130.0, "counts": {"squat": 49}, "frames": 1950}
    told = row(10, result, cpu_s=26, most_mb=450)
    assert told == ("2 min", "49 of 50", "26.0 s", "5.0 s", "13.3 ms", "450 MB")
