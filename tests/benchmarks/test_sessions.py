"""How many sessions hold: the search, and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.live_clients import Played
from benchmarks.live_trial import THEIRS, Trial
from benchmarks.sessions import STEP, largest, section


@given(limit=st.floats(0, 20), guess=st.floats(0, 30))
def test_the_largest_is_found_wherever_the_search_begins(limit: float, guess: float) -> None:
    found = largest(lambda sessions: sessions <= limit, guess)
    assert found <= limit < found + STEP


@given(limit=st.floats(1, 20))
def test_a_good_guess_takes_few_trials(limit: float) -> None:
    tried: list[float] = []

    def holds(sessions: float) -> bool:
        tried.append(sessions)
        return sessions <= limit

    largest(holds, limit)
    assert len(tried) <= 5


def trial(sessions: float, *, wait_s: float = 0.02, answered: int = 100) -> Trial:
    played = [Played(100, [wait_s] * answered, [0.0], looked_at=0.6)]
    return Trial(sessions, 10, played, server_s=2, others_s=0, clients_s=1, memory_mb=300)


def test_what_holds() -> None:
    assert trial(1).holds
    assert not trial(1, wait_s=0.2).holds
    assert trial(1, answered=99).holds
    assert not trial(1, answered=98).holds
    assert not trial(1, answered=0).holds


def test_the_table_and_the_ratio() -> None:
    found = section({"full": trial(6), THEIRS: trial(3)})
    (ratio,) = found.ratios
    assert ratio.value == 2
    assert ratio.low < 2 < ratio.high
    assert not ratio.holds
    assert [row[:2] for row in found.rows] == [
        ("full", "6"),
        ("lite", "none"),
        ("full, each", "none"),
        (THEIRS, "3"),
    ]
    assert found.rows[0][2:6] == ("10.0", "60%", "0.0%", "20 ms")


def test_without_the_other_there_is_no_ratio() -> None:
    assert not section({"full": trial(6)}).ratios


def test_cpu_is_told_by_answer() -> None:
    assert trial(1).ms_a_frame == pytest.approx(20)
