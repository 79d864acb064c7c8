"""The intervals of the accuracy card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.bootstrap import Interval, mean, ratio

SOURCES = st.sampled_from("abcde")


def test_a_ratio_is_that_of_the_sums() -> None:
    assert ratio([("a", 1, 2), ("a", 2, 2), ("b", 0, 8)]).value == pytest.approx(3 / 12)


def test_clips_of_one_source_count_as_one_draw() -> None:
    """A hundred clips of two sources are known no better than two clips."""
    many = [("a", 1.0)] * 50 + [("b", 0.0)] * 50
    assert mean(many) == mean([("a", 1.0), ("b", 0.0)]) == Interval(0.5, 0.0, 1.0)


def test_more_sources_make_it_narrower() -> None:
    few, more = (mean((str(n), float(n % 2)) for n in range(count)) for count in (10, 90))
    assert few.high - few.low > 2 * (more.high - more.low)


@given(st.lists(st.tuples(SOURCES, st.floats(0, 1)), min_size=1, max_size=20))
def test_it_lies_within_its_values_and_is_the_same_every_time(
    rows: list[tuple[str, float]],
) -> None:
    found = mean(rows)
    low, high = min(value for _, value in rows), max(value for _, value in rows)
    assert low - 1e-9 <= found.low <= found.high <= high + 1e-9
    assert mean(rows) == found


def test_nothing_has_no_ratio() -> None:
    with pytest.raises(ValueError, match="nothing"):
        ratio([])


def test_how_it_is_written() -> None:
    interval = Interval(0.25, 0.1, 0.5)
    assert interval.percent() == "25.0% (10.0–50.0)"
    assert interval.points() == "+25.0 (+10.0 to +50.0)"
    assert interval.number(".2f") == "0.25 (0.10 to 0.50)"
