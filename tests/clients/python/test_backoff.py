"""Delays before connecting again, and messages spread out."""

import math
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazereps_client.backoff import LONGEST_S, MAX_ASKED_S, asked_s, delays, retry_after_s
from blazereps_client.pace import BURST_S, Pace


def test_delays_double_up_to_a_limit() -> None:
    longest = islice(delays(lambda: 1), 7)
    assert [*longest] == [0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_S, LONGEST_S]


def test_chance_may_take_all_of_it() -> None:
    assert [*islice(delays(lambda: 0.5), 6)] == [0.1, 0.2, 0.4, 0.8, 1.6, LONGEST_S / 2]
    assert [*islice(delays(lambda: 0), 3)] == [0, 0, 0]
    drawn = [next(delays()) for _ in range(100)]
    assert 0 <= min(drawn) < 0.1 < max(drawn) <= 0.2


def test_a_server_may_ask_for_so_much_and_no_more() -> None:
    assert [asked_s(None), asked_s(0), asked_s(7), asked_s(1e12)] == [0, 0, 7, MAX_ASKED_S]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("0", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 60),
        ("Wed, 21 Oct 2015 07:26:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00", 60),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("tomorrow", None),
        ("9" * 5000, math.inf),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_what_retry_after_asks_for(header: str | None, seconds: float | None) -> None:
    now_s = 1_445_412_420  # 2015-10-21 07:27:00 UTC
    assert retry_after_s(header, now_s) == seconds


@given(st.text())
def test_any_header_is_read_or_passed_over(header: str) -> None:
    seconds = retry_after_s(header, 0)
    assert seconds is None or seconds >= 0


@given(st.lists(st.floats(0, 0.1), max_size=300), st.sampled_from([5, 60, 1000]))
def test_no_second_has_more_messages_than_allowed(gaps: list[float], per_s: float) -> None:
    pace, now_s, times = Pace(per_s), 100.0, []
    for gap in gaps:
        now_s += gap
        now_s += pace.wait_s(now_s)
        times.append(now_s)
    for index, began_s in enumerate(times):
        within = sum(began_s <= at_s < began_s + 1 for at_s in times[index:])
        assert within <= per_s * (0.9 + 0.9 * BURST_S) + 1


def test_who_is_slow_waits_for_nothing() -> None:
    pace = Pace(10)
    assert all(pace.wait_s(i * 0.2) == 0 for i in range(50))
