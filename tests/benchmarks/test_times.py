"""Times of repetitions against labels, and against sense."""

import pytest

from benchmarks.labels import Label
from benchmarks.times import bottoms, matched, sane, sanity
from blazereps_client.results import Rep
from tests.benchmarks.clips import counted, rep, tally


def test_each_time_is_in_one_pair_the_closest_first() -> None:
    assert matched([1.0, 1.4], [1.3]) == [(1.4, 1.3)]
    assert sorted(matched([1.0, 2.0], [2.2, 1.1, 9.0])) == [(1.0, 1.1), (2.0, 2.2)]
    assert matched([], [1.0]) == []


def test_bottoms_are_found_and_right() -> None:
    label = Label("squat__a__b.mp4", "squat", (2,), (2.1, 9.0))
    text = bottoms([counted(label, rep(0, 2, 3), rep(3, 5, 6), rep(6, 7, 8))])
    assert "labelled one: 33.3% (33.3–33.3) of 3." in text
    assert "within 0.35 s: 50.0% (50.0–50.0) of 2." in text


@pytest.mark.parametrize(
    ("reps", "right"),
    [
        ((rep(0, 1, 2), rep(2, 3, 4)), [True, True]),
        ((rep(0, 1, 2), rep(1.9, 3, 4)), [True, False]),
        ((rep(0, 1, 2), rep(1.9, 3, 4, exercise="push_up")), [True, True]),
        ((rep(0, 0.05, 2),), [False]),
        ((rep(0, 1, 1.05),), [False]),
        ((rep(1, 0.5, 2),), [False]),
    ],
)
def test_what_cannot_be(reps: tuple[Rep, ...], right: list[bool]) -> None:
    assert sane(tally(*reps)) == right
    assert sanity([tally(*reps)]) == f"{sum(right)} of {len(right)}"
