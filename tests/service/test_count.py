"""A clip's one path."""

from pathlib import Path

import pytest

from pose_engine.clips import ClipError, ClipLimits
from service.core import Core
from service.count import count_clip
from tests.service.fakes import REP, SHALLOW_REP, FakeEngine, FakeLibrary, write_clip

CORE = Core(FakeEngine(), FakeLibrary())


def test_a_clip_is_counted(tmp_path: Path) -> None:
    shares: list[float] = []
    result = count_clip(
        write_clip(tmp_path / "a.mp4", REP + SHALLOW_REP + REP[:4]),
        CORE,
        name="my clip",
        exercise="squat",
        fps=30,
        limits=ClipLimits(),
        report=shares.append,
    )
    assert (result.clip, result.duration_s, result.frames) == ("my clip", 1.6, 16)
    assert result.counts == {"squat": 1}
    assert [(r.start_s, r.bottom_s, r.end_s) for r in result.reps] == [(0.2, 0.3, 0.6)]
    assert [r.reason for r in result.rejected] == ["too_shallow", "incomplete"]
    assert shares == sorted(shares)
    assert (len(shares), shares[-1] <= 1) == (16, True)


def test_frames_are_thinned(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", REP * 4, fps=40)
    result = count_clip(clip, CORE, name="a", exercise="auto", fps=10, limits=ClipLimits())
    assert 8 <= result.frames <= 9


def test_what_report_raises_ends_the_work(tmp_path: Path) -> None:
    def stop(share: float) -> None:
        raise InterruptedError

    clip = write_clip(tmp_path / "a.mp4", REP)
    with pytest.raises(InterruptedError):
        count_clip(clip, CORE, name="a", exercise="auto", fps=10, limits=ClipLimits(), report=stop)


def test_a_limit_is_named(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", REP)
    with pytest.raises(ClipError, match=r"0\.5 s"):
        count_clip(
            clip, CORE, name="a", exercise="auto", fps=10, limits=ClipLimits(max_seconds=0.5)
        )
