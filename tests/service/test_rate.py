"""A token bucket: never more in any window than its burst and what came in meanwhile."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rate import Buckets, TokenBucket

PAUSES = st.lists(st.floats(0, 30), min_size=1, max_size=60)


@given(rate=st.floats(0.1, 50), burst=st.integers(1, 20), pauses=PAUSES)
def test_in_no_window_there_are_more_than_allowed(
    rate: float, burst: int, pauses: list[float]
) -> None:
    bucket = TokenBucket(rate, burst)
    taken = [at_s for at_s in accumulate(pauses) if bucket.take(at_s)]
    for first, since_s in enumerate(taken):
        for number, until_s in enumerate(taken[first:], 1):
            assert number <= burst + rate * (until_s - since_s) + 1e-6


@given(rate=st.floats(0.1, 50), burst=st.integers(1, 20), pauses=PAUSES)
def test_after_the_wait_that_it_says_there_is_one(
    rate: float, burst: int, pauses: list[float]
) -> None:
    bucket = TokenBucket(rate, burst)
    for at_s in accumulate(pauses):
        if not bucket.take(at_s):
            assert bucket.take(at_s + bucket.wait_s(1) + 1e-6)
            return


def test_what_is_given_back_does_not_count() -> None:
    bucket = TokenBucket(1, 2)
    assert [bucket.take(0) for _ in range(3)] == [True, True, False]
    bucket.give_back()
    assert [bucket.take(0) for _ in range(2)] == [True, False]
    assert bucket.left == 0
    assert bucket.wait_s(1) == pytest.approx(1)


def test_each_name_has_a_bucket_of_its_own() -> None:
    buckets = Buckets[str]()
    ann = buckets.of("ann", per_minute=1)
    assert ann.take(0)
    assert not buckets.of("ann", per_minute=1).take(0)
    assert buckets.of("ben", per_minute=1).take(0)
