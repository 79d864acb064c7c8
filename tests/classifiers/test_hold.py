"""The hold timer: what is kept and still is timed, whatever the frame rate."""

import json
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.events import Event, HoldEnded, HoldStarted
from classifiers.hold import HoldTimer
from classifiers.rules import HoldRules

RULES = HoldRules(least_s=3.0)
STRAIGHT = (170.0, 80.0, 175.0, 175.0)
SURE, UNSURE = 0.9, 0.1

Moment = tuple[float, float | None, float]
"""A time, the confidence (None: nobody is seen), and degrees that every angle is off."""


def _moments(
    seconds: float,
    *,
    confidence: Callable[[float], float | None] = lambda at: SURE,
    off: Callable[[float], float] = lambda at: 0.0,
    fps: float = 15,
) -> list[Moment]:
    times = np.arange(1, round(seconds * fps) + 1) / fps
    return [(float(at), confidence(at), off(at)) for at in times]


def _time(moments: Iterable[Moment], timer: HoldTimer | None = None) -> list[Event]:
    timer = timer or HoldTimer("plank", RULES)
    events: list[Event] = []
    for at, confidence, off in moments:
        if confidence is None:
            events += timer.miss(at)
        else:
            events += timer.observe(confidence, [angle + off for angle in STRAIGHT], at)
    return events + timer.end()


def _ended(events: Iterable[Event]) -> list[HoldEnded]:
    return [event for event in events if isinstance(event, HoldEnded)]


def _kept(*spans: tuple[float, float]) -> Callable[[float], float]:
    return lambda at: SURE if any(start <= at < end for start, end in spans) else UNSURE


def test_a_kept_pose_is_said_after_a_while_and_timed_from_its_start() -> None:
    started, ended = _time(_moments(12, confidence=_kept((2, 9))))
    assert isinstance(started, HoldStarted)
    assert isinstance(ended, HoldEnded)
    assert started.exercise == ended.exercise == "plank"
    assert started.start_s == pytest.approx(2, abs=0.07)
    assert started.at_s == pytest.approx(5, abs=0.14)
    assert ended.start_s == started.start_s
    assert ended.end_s == pytest.approx(9, abs=0.07)
    assert ended.held_s == pytest.approx(7, abs=0.14)
    assert ended.confidence == pytest.approx(SURE)


def test_what_is_kept_too_briefly_is_no_hold() -> None:
    assert _time(_moments(12, confidence=_kept((2, 4.8), (6, 8.8)))) == []


@given(fps=st.floats(5, 60), start=st.floats(0.5, 3), seconds=st.floats(4, 10))
@settings(max_examples=40)
def test_the_frame_rate_does_not_matter(fps: float, start: float, seconds: float) -> None:
    kept = _kept((start, start + seconds))
    (ended,) = _ended(_time(_moments(start + seconds + 2, confidence=kept, fps=fps)))
    assert ended.start_s == pytest.approx(start, abs=1.01 / fps)
    assert ended.held_s == pytest.approx(seconds, abs=2.01 / fps)


@pytest.mark.parametrize("fps", [8, 30])
def test_a_slip_on_the_way_to_a_hold_is_forgiven(fps: float) -> None:
    kept = _kept((1, 2.5), (2.7, 8))
    (ended,) = _ended(_time(_moments(10, confidence=kept, fps=fps)))
    assert ended.start_s == pytest.approx(1, abs=0.13)


def test_a_longer_break_on_the_way_begins_anew() -> None:
    (ended,) = _ended(_time(_moments(10, confidence=_kept((1, 2.5), (3.2, 8)))))
    assert ended.start_s == pytest.approx(3.2, abs=0.07)


def test_a_hold_may_be_broken_for_a_moment() -> None:
    (ended,) = _ended(_time(_moments(14, confidence=_kept((1, 6), (6.8, 12)))))
    assert (ended.start_s, ended.end_s) == pytest.approx((1, 12), abs=0.07)


def test_a_hold_that_is_left_ends_when_it_was_last_kept() -> None:
    first, second = _ended(_time(_moments(14, confidence=_kept((1, 6), (7.5, 12)))))
    assert first.end_s == pytest.approx(6, abs=0.07)
    assert second.start_s == pytest.approx(7.5, abs=0.07)


def test_push_ups_after_a_plank_end_it() -> None:
    """Never long away, but again and again."""
    tops = [(8 + n * 1.5, 8.7 + n * 1.5) for n in range(10)]
    (ended,) = _ended(_time(_moments(24, confidence=_kept((1, 7), *tops))))
    assert ended.end_s < 11


@pytest.mark.parametrize("period", [0.5, 1.0, 2.0, 4.0])
def test_a_pose_that_moves_is_not_held(period: float) -> None:
    events = _time(_moments(20, off=lambda at: 20 * np.sin(2 * np.pi * at / period)))
    assert events == []


def test_a_tremble_is_no_movement() -> None:
    (ended,) = _ended(_time(_moments(10, off=lambda at: 2 * np.sin(9 * at))))
    assert ended.held_s > 9.5


def test_a_slow_drift_is_followed() -> None:
    (ended,) = _ended(_time(_moments(40, off=lambda at: 0.5 * at)))
    assert ended.held_s > 39.5


def test_moving_into_the_pose_is_no_part_of_it() -> None:
    (ended,) = _ended(_time(_moments(10, off=lambda at: 30 * max(0.0, 2 - at))))
    assert ended.start_s == pytest.approx(2, abs=0.4)


def test_who_goes_over_to_another_pose_is_timed_from_then_on() -> None:
    """Not from the sight after, which at few frames a second is much later."""
    started, _ = _time(_moments(6, off=lambda at: 30.0 * (at > 1), fps=1))
    assert started == HoldStarted("plank", 2, 5)


def test_a_gap_is_bridged_and_a_longer_one_is_not() -> None:
    def seen(*gap: float) -> list[HoldEnded]:
        moments = _moments(14, confidence=lambda at: None if gap[0] < at < gap[1] else SURE)
        return _ended(_time(moments))

    (whole,) = seen(5, 6.4)
    assert whole.held_s > 13.8
    first, second = seen(5, 7)
    assert (first.end_s, second.start_s) == pytest.approx((5, 7), abs=0.1)


def test_what_is_under_way_can_be_asked_for() -> None:
    timer = HoldTimer("plank", RULES)
    asked = []
    for at, *_ in _moments(5):
        timer.observe(SURE, STRAIGHT, at)
        asked.append((at, timer.held_s))
    assert {held for at, held in asked if at < 3} == {None}
    assert asked[-1][1] == pytest.approx(5, abs=0.1)
    timer.end()
    assert timer.held_s is None
    assert timer.end() == []


moments = st.lists(
    st.tuples(
        st.floats(0.02, 1.2),
        st.sampled_from([SURE, SURE, SURE, UNSURE, None]),
        st.sampled_from([0.0, 0.0, 2.0, 30.0]),
    ),
    max_size=60,
)


def _in_time(steps: Iterable[Moment]) -> list[Moment]:
    at, seen = 0.0, []
    for step, confidence, off in steps:
        at += step
        seen.append((at, confidence, off))
    return seen


@given(moments)
def test_every_hold_that_starts_ends_and_is_no_shorter_than_it_must_be(
    steps: list[Moment],
) -> None:
    events = _time(_in_time(steps))
    assert [type(event) for event in events] == [HoldStarted, HoldEnded] * (len(events) // 2)
    before = 0.0
    for started, ended in zip(events[::2], events[1::2], strict=True):
        assert isinstance(started, HoldStarted)
        assert isinstance(ended, HoldEnded)
        assert started.start_s == ended.start_s >= before
        assert ended.held_s >= RULES.least_s
        assert ended.confidence == pytest.approx(SURE)
        before = ended.end_s


@given(moments, st.integers(0, 60))
def test_a_timer_goes_on_from_a_snapshot(steps: list[Moment], cut: int) -> None:
    seen = _in_time(steps)
    first = HoldTimer("plank", RULES)
    begun: list[Event] = []
    for at, confidence, off in seen[:cut]:
        angles = [angle + off for angle in STRAIGHT]
        begun += first.miss(at) if confidence is None else first.observe(confidence, angles, at)
    second = HoldTimer("plank", RULES).restored(json.loads(json.dumps(first.snapshot())))
    assert begun + _time(seen[cut:], second) == _time(seen)
