"""A course: known after a second, exact for whoever goes on as before, off it for others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.course import Course
from pose_engine.geometry import Region

SIDE = 100.0
FPS = st.sampled_from([8, 15, 30, 60])
speeds = st.floats(-80, 80)


def _at(x: float) -> Region:
    return Region(x, 50.0, SIDE)


def _walked(speed: float, fps: float, seconds: float = 3.0, start: float = 7.0) -> Course:
    """`speed`: pixels a second."""
    course = Course.begun(_at(200), start)
    for frame in range(1, round(seconds * fps) + 1):
        course = course.after(_at(200 + speed * frame / fps), start + frame / fps)
    return course


@given(speeds, FPS, st.floats(0, 2))
def test_a_steady_walk_is_foreseen(speed: float, fps: float, ahead_s: float) -> None:
    expected = _walked(speed, fps).expected(10 + ahead_s)
    assert expected == pytest.approx(200 + speed * (3 + ahead_s), abs=0.1)


def test_before_a_second_is_over_he_is_where_he_was() -> None:
    course = _walked(60, 15, seconds=0.8)
    assert course.expected(8.5) == pytest.approx(248)


def test_trembling_is_no_walk() -> None:
    course, random = Course.begun(_at(200), 0.0), np.random.default_rng(0)
    for frame in range(1, 60):
        course = course.after(_at(200 + random.normal(0, 2)), frame / 15)
    assert course.leads_to(_at(200), 60 / 15)
    assert course.expected(60 / 15) == pytest.approx(200, abs=2)


@given(speeds, FPS)
def test_who_goes_off_with_another_soon_leaves_the_course(speed: float, fps: float) -> None:
    """The other one comes by at half a side a second, the other way."""
    course, other = _walked(speed, fps), -50 if speed > 0 else 50
    left_s = next(
        frame / fps
        for frame in range(1, 200)
        if not (course := _gone_on(course, speed, other, frame, fps)).leads_to(
            _at(200 + 3 * speed + other * frame / fps), 10 + frame / fps
        )
    )
    assert 0.05 <= left_s <= 0.5


def _gone_on(course: Course, speed: float, other: float, frame: int, fps: float) -> Course:
    if frame == 1:
        return course
    before = frame - 1
    return course.after(_at(200 + 3 * speed + other * before / fps), 10 + before / fps)


def test_it_does_not_matter_where_the_clock_or_the_picture_begins() -> None:
    one, other = _walked(33, 15), _walked(33, 15, start=90_000.0)
    assert other.expected(90_004.0) == pytest.approx(one.expected(11.0), abs=1e-3)
