"""Time, not the number of observations, decides how far a confidence has moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.smoothing import ConfidenceFilter


@given(st.integers(1, 60), st.floats(0.05, 2))
def test_a_step_is_answered_alike_at_every_frame_rate(steps: int, seconds: float) -> None:
    once, often = ConfidenceFilter(0.2), ConfidenceFilter(0.2)
    for filter_ in (once, often):
        filter_.update({"a": 0.0}, 0.0)
    once.update({"a": 1.0}, seconds)
    for step in range(1, steps + 1):
        often.update({"a": 1.0}, seconds * step / steps)
    assert often.values["a"] == pytest.approx(once.values["a"], abs=1e-9)


def test_the_first_value_is_taken_as_it_is() -> None:
    assert ConfidenceFilter(0.2).update({"a": 0.7}, 5.0) == {"a": 0.7}


def test_a_sum_of_one_stays_one() -> None:
    filter_ = ConfidenceFilter(0.2)
    filter_.update({"a": 1.0, "b": 0.0}, 0.0)
    assert sum(filter_.update({"a": 0.2, "b": 0.8}, 0.1).values()) == pytest.approx(1)
