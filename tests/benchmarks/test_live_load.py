"""What is due of sessions that send the same over and over."""

import pytest

from benchmarks.live_load import Load
from blazereps_client import PoseAt, SessionStart

LAP = [PoseAt(number / 10, None) for number in range(20)]
"""Of 1.9 seconds; the next one begins a second later."""


@pytest.mark.parametrize(("seconds", "due"), [(1, 10), (2.5, 20), (2.9, 20), (4, 31), (5.8, 40)])
def test_in_the_pause_between_laps_nothing_is_due(seconds: float, due: int) -> None:
    load = Load("landmarks", LAP, SessionStart(input="landmarks"), sessions=3, fps=10)
    assert load.due(seconds) == 3 * due
