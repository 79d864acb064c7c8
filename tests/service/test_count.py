"""A clip's one path."""

import json
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pose_engine.clips import Clip
from pose_engine.footage import ClipError, ClipLimits
from pose_engine.isolation import IsolatedClip
from pose_engine.thinning import Check
from service.core import Core
from service.count import ClipCount, OpenClip, count_clip, count_on
from tests.service.fakes import (
    NOBODY,
    REP,
    SHALLOW_REP,
    TOP,
    FakeEngine,
    FakeLibrary,
    write_clip,
)

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


RESTED = (*[TOP] * 60, *REP, *[TOP] * 60, *REP, *[NOBODY] * 60)


@contextmanager
def half_a_second_by_its_header(path: Path, *, limits: ClipLimits, check: Check) -> Iterator[Clip]:
    with Clip.open(path, limits=limits, check=check) as clip:
        clip.duration_s = 0.5
        yield clip


def test_no_clip_is_shorter_than_what_is_counted_in_it(tmp_path: Path) -> None:
    result = count_on(
        ClipCount(CORE, "squat"),
        write_clip(tmp_path / "a.mp4", REP * 2),
        name="a",
        fps=10,
        limits=ClipLimits(),
        open_clip=half_a_second_by_its_header,
    )
    assert result.counts == {"squat": 2}
    assert result.duration_s >= result.reps[-1].end_s > 0.5


def test_less_is_looked_at_while_nobody_moves(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", RESTED, fps=15)
    even, adaptive = (
        count_clip(
            clip, CORE, name="a", exercise="squat", fps=15, adaptive=wanted, limits=ClipLimits()
        )
        for wanted in (False, True)
    )
    assert even.frames == len(RESTED)
    assert len(RESTED) / 3 < adaptive.frames < len(RESTED) * 0.8
    assert adaptive.counts == even.counts == {"squat": 2}


@pytest.mark.parametrize("open_clip", [Clip.open, IsolatedClip])
def test_wherever_it_is_cut_the_same_frames_are_looked_at(
    tmp_path: Path, open_clip: OpenClip
) -> None:
    clip = write_clip(tmp_path / "a.mp4", RESTED, fps=15)

    def times(cuts: Container[int]) -> list[float]:
        """When it was looked at, by counts each of which goes on from a snapshot."""
        seen: list[float] = []
        kept: list[str] = []

        def report(count: ClipCount, _: float) -> None:
            seen.append(count.at_s)
            if count.frames in cuts:
                kept.append(json.dumps(count.snapshot()))
                raise InterruptedError

        while True:
            count = ClipCount(CORE, "squat")
            if kept:
                count.restore(json.loads(kept[-1]))
            with suppress(InterruptedError):
                count_on(
                    count,
                    clip,
                    name="a",
                    fps=15,
                    limits=ClipLimits(),
                    open_clip=open_clip,
                    report=report,
                )
                return seen

    uncut = times(())
    assert times((1, 20, 21, 22, 40, 70, 71)) == uncut


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
