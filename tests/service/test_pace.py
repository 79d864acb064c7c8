"""Advice on rate and size: when it is due, rarely."""

import numpy as np
import pytest

from blazereps_client.messages import Flow
from service.pace import REPEAT_S, WINDOW_S, Pace


def advice(
    seconds: float,
    *,
    fps: float,
    dropped_hz: float = 0,
    side: int = 640,
    speed: float = 1,
    waiting: int = 0,
    hurried: float = 0,
    pause: tuple[float, float] = (0, 0),
) -> list[tuple[str, float | None, int | None]]:
    """What is said; `speed`: how much faster than the camera the frames come; `hurried`: the share
    that is done with and not taken; `pause`: from when to when nothing comes."""
    pace = Pace()
    times = [s for s in np.arange(0, seconds, 1 / fps) if not pause[0] <= s < pause[1]]
    said = [
        one
        for number, now_s in enumerate(times, 1)
        for one in pace.observe(
            now_s=100 + now_s,
            at_s=now_s * speed,
            flow=Flow(
                processed=round((1 - hurried) * number),
                dropped=round(hurried * number + dropped_hz * now_s),
            ),
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


def test_live_video_that_is_hurried_past_is_not_what_can_be_worked_off() -> None:
    ((reason, fps, _),) = advice(WINDOW_S + 1, fps=30, hurried=0.8)
    assert (reason, fps) in {("overloaded", 5), ("overloaded", 6)}


@pytest.mark.parametrize("fps", [1, 5])
def test_who_sends_too_few_is_told(fps: float) -> None:
    assert advice(WINDOW_S + 2, fps=fps) == [("too_slow", 15, None)]


@pytest.mark.parametrize("begin_s", [0.1, 1.5, 4.9])
@pytest.mark.parametrize("length_s", [3, 8, 60])
def test_a_pause_in_sending_says_nothing_of_the_pace(begin_s: float, length_s: float) -> None:
    pause = begin_s, begin_s + length_s
    assert advice(length_s + 20, fps=10, pause=pause) == []


def test_nor_of_how_many_can_be_worked_off() -> None:
    ((reason, fps, _),) = advice(20, fps=10, dropped_hz=20, pause=(1.5, 9.5))
    assert (reason, fps) in {("overloaded", 9), ("overloaded", 10)}


def test_a_file_that_is_sent_faster_than_it_was_taken_is_judged_by_its_own_times() -> None:
    assert advice(WINDOW_S + 1, fps=60, speed=10) == [("too_slow", 15, None)]
    assert advice(WINDOW_S + 1, fps=60, speed=4) == []


def test_times_that_are_hardly_in_microseconds_are_told() -> None:
    assert advice(WINDOW_S + 1, fps=30, speed=0.001) == [("too_fast", None, None)]
    assert advice(WINDOW_S + 1, fps=30, speed=0.001, waiting=8) == [("too_fast", None, None)]
    assert advice(WINDOW_S + 1, fps=240) == []


def test_large_pictures_are_not_needed() -> None:
    assert advice(WINDOW_S + 1, fps=15, side=1920) == [("too_large", None, 640)]
    assert advice(WINDOW_S + 1, fps=15, side=1280) == []


def test_the_same_is_said_rarely() -> None:
    assert len(advice(3 * REPEAT_S, fps=5)) == 3


def test_who_is_hardly_worked_off_is_told_one_frame_a_second_and_not_none() -> None:
    assert advice(2 * WINDOW_S, fps=0.5, dropped_hz=25) == [("overloaded", 1, None)]


def test_something_else_is_said_at_once() -> None:
    pace, reasons = Pace(), list[str]()
    for number, now_s in enumerate(np.arange(0, 2 * WINDOW_S + 1, 0.1)):
        large = now_s < WINDOW_S + 0.5
        said = pace.observe(
            now_s=now_s,
            at_s=now_s,
            flow=Flow(processed=number, dropped=0 if large else 10 * number),
            waiting=0,
            long_side_px=1920 if large else 640,
        )
        reasons += [one.reason for one in said]
    assert reasons == ["too_large", "overloaded"]
