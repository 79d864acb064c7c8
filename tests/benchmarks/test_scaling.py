"""What an answered and a dropped frame cost, told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.live_clients import Played
from benchmarks.live_trial import Trial
from benchmarks.scaling import costs


def trial(due: int, answered: int, used_ms: float) -> Trial:
    played = [Played(due, [0.1] * answered, [0.0], looked_at=1)]
    return Trial(1, 10, played, used_ms / 1000, others_s=0, clients_s=0, memory_mb=0)


@given(answer_ms=st.floats(1, 50), dropped_ms=st.floats(0, 5))
def test_costs_are_told_apart(answer_ms: float, dropped_ms: float) -> None:
    tried = [
        trial(answered + dropped, answered, answered * answer_ms + dropped * dropped_ms)
        for answered, dropped in ((150, 0), (600, 0), (700, 1700), (500, 9100))
    ]
    assert costs(tried) == pytest.approx((answer_ms, dropped_ms), abs=1e-6)
