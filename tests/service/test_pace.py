"""Advice on rate and size: when it is due, rarely."""

import numpy as np
import pytest

from service.pace import REPEAT_S, WINDOW_S, Pace


def advice(
    seconds: float,
    *,
    fps: float,
    dropped_hz: float = 0,
    side: int = 640,
    speed: float = 1,
    waiting: int = 0,
) -> list[tuple[str, float | None, int | None]]:
    """What is said; `speed`: how much faster than the camera the frames come."""
    pace = Pace()
    said = [
        one
        for now_s in np.arange(0, seconds, 1 / fps)
        for one in pace.observe(
            now_s=100 + now_s,
            at_s=now_s * speed,
            dropped=round(dropped_hz * now_s),
            waiting=waiting,
            long_side_px=side,
        )
    ]
    return [(one.reason, one.fps, one.long_side_px) for one in said]


@pytest.mark.parametrize("fps", [8.1, 15, 30])
def test_a_good_pace_is_not_talked_about(fps: float) -> None:
    assert advice(60, fps=fps, dropped_hz=0.05 * fps) == []


def test_who_sends_too_many_is_told_how_many_can_be_worked_off() -> None:
    assert advice(WINDOW_S + 1, fps=10, dropped_hz=20) == [("overloaded", 10, None)]


def test_who_is_not_kept_up_with_is_told_too_where_nothing_may_be_dropped() -> None:
    assert advice(WINDOW_S + 1, fps=20, speed=0.7, waiting=8) == [("overloaded", 20, None)]
    assert advice(WINDOW_S + 1, fps=20, speed=0.7) == []
    assert advice(WINDOW_S + 1, fps=20, waiting=8) == []


def test_who_sends_too_few_is_told() -> None:
    assert advice(WINDOW_S + 1, fps=5) == [("too_slow", 15, None)]


def test_a_file_that_is_sent_faster_than_it_was_taken_is_judged_by_its_own_times() -> None:
    assert advice(WINDOW_S + 1, fps=60, speed=10) == [("too_slow", 15, None)]
    assert advice(WINDOW_S + 1, fps=60, speed=4) == []


def test_large_pictures_are_not_needed() -> None:
    assert advice(WINDOW_S + 1, fps=15, side=1920) == [("too_large", None, 640)]
    assert advice(WINDOW_S + 1, fps=15, side=1280) == []


def test_the_same_is_said_rarely() -> None:
    assert len(advice(3 * REPEAT_S, fps=5)) == 3
