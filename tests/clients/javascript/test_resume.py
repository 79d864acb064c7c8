"""Sessions of the JavaScript client that lose their connection."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.clients.javascript.node import NEEDED, count, of
from tests.clients.javascript.steps import SQUAT, shots
from tests.service.conftest import serve_fake
from tests.service.fakes import REP, FakeEngine

pytestmark = NEEDED


@pytest.mark.parametrize("every", [5, 9])
def test_a_connection_that_breaks_off_changes_nothing(
    every: int, address: str, tmp_path: Path
) -> None:
    steps = shots(REP * 3, tmp_path)
    whole = count(address, SQUAT, steps)
    broken = count(address, SQUAT, steps, hangUpEvery=every)
    assert len(of(broken, "session.resumed")) == len(of(broken, "connection.lost")) > 0
    assert told_by(broken) == told_by(whole)
    assert broken["summary"]["reps"] == whole["summary"]["reps"]
    assert broken["summary"]["processed"] == len(steps)


def told_by(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in told["events"] if "event_id" in one]


def test_a_server_that_restarts_changes_nothing(tmp_path: Path) -> None:
    steps = [{**shot, "waitMs": 100} for shot in shots(REP * 3, tmp_path)]
    engine = FakeEngine()
    with ThreadPoolExecutor(1) as pool:
        with serve_fake(engine, data=tmp_path / "kept") as address:
            counting = pool.submit(count, address, SQUAT, steps)
            assert engine.entered.wait(20)
            time.sleep(0.5)  # amid the first repetition
        with serve_fake(data=tmp_path / "kept", port=int(address.rpartition(":")[2])):
            told = counting.result()
    assert len(of(told, "session.resumed")) == 1
    assert [rep["count"] for rep in of(told, "rep.counted")] == [1, 2, 3]
    assert told["summary"]["counts"] == {"squat": 3}
    assert told["summary"]["processed"] == len(steps)
