"""When a webhook is sent again."""

from itertools import count, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.retries import (
    DELAYS_S,
    JITTER,
    MAX_RETRY_AFTER_S,
    Outcome,
    next_try_s,
    outcome_of,
)

DAY_S = 24 * 3600


def schedule(delivery_id: str) -> list[float]:
    tries = (next_try_s(attempt, delivery_id) for attempt in count(1))
    return [delay for delay in takewhile(lambda delay: delay is not None, tries) if delay]


@given(st.text())
def test_about_a_day_however_it_is_spread(delivery_id: str) -> None:
    delays = schedule(delivery_id)
    assert len(delays) == len(DELAYS_S)
    assert all(
        abs(delay - plain) <= JITTER * plain for delay, plain in zip(delays, DELAYS_S, strict=True)
    )
    assert 0.9 * DAY_S < sum(delays) < 1.4 * DAY_S
    assert delays == schedule(delivery_id)


def test_deliveries_are_spread_evenly() -> None:
    shares = [schedule(str(one))[1] / DELAYS_S[1] for one in range(1000)]
    assert min(shares) < 1 - 0.95 * JITTER
    assert max(shares) > 1 + 0.95 * JITTER
    assert sum(shares) / len(shares) == pytest.approx(1, abs=0.02)


def test_the_tries_of_one_delivery_are_not_all_late() -> None:
    shares = {round(a / b, 6) for a, b in zip(schedule("msg"), DELAYS_S, strict=True)}
    assert len(shares) == len(DELAYS_S)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (199, Outcome.FAILED),
        (300, Outcome.FAILED),
        (404, Outcome.FAILED),
        (410, Outcome.GONE),
        (429, Outcome.FAILED),
        (503, Outcome.FAILED),
    ],
)
def test_what_a_status_means(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


def test_a_receiver_may_ask_to_wait_longer_within_a_bound_and_never_less() -> None:
    alone = next_try_s(2, "msg")
    assert next_try_s(2, "msg", retry_after_s=0) == alone
    assert next_try_s(2, "msg", retry_after_s=1000) == 1000
    assert next_try_s(2, "msg", retry_after_s=1e12) == MAX_RETRY_AFTER_S
    assert next_try_s(len(DELAYS_S) + 1, "msg", retry_after_s=1000) is None
