"""The server is killed in mid-set, again and again: the right count, each event once."""

import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from blazereps_client import PoseAt, SessionStart, backoff
from blazereps_client.messages import SessionResumed
from blazereps_client.results import Document
from blazereps_client.sync import LiveSession, connect
from tests.service.fakes import REP, SHALLOW_REP, grey_pose
from tests.service.killable import KillableServer
from tests.service.waiting import until

KILLS = 4
REPS = 9
LEVELS = (*REP, *SHALLOW_REP) * REPS
START = SessionStart(exercise="squat", input="landmarks")


def send(session: LiveSession, first: int, last: int) -> None:
    for n in range(first, last):
        points = grey_pose(LEVELS[n]).image.tolist()
        session.send(PoseAt(n / 10, points))
        time.sleep(0.002)


def events(heard: list[Document]) -> list[dict[str, Any]]:
    return [one.model_dump() for one in heard if "event_id" in type(one).model_fields]


def resumes(heard: list[Document]) -> int:
    return sum(isinstance(one, SessionResumed) for one in heard)


def resumed(heard: list[Document], times: int) -> bool:
    return resumes(heard) == times


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client tries again as soon as the server is back."""
    monkeypatch.setattr(backoff, "LONGEST_S", 0.1)


@pytest.fixture(scope="module")
def uncut(address: str) -> list[dict[str, Any]]:
    """What is told when nothing goes wrong."""
    heard: list[Document] = []
    with connect(f"ws://{address}/v1/live", START) as session:
        session.on(Document, heard.append)
        send(session, 0, len(LEVELS))
        assert session.end().counts == {"squat": REPS}
    return events(heard)


def test_nothing_is_lost_or_told_twice(tmp_path: Path, uncut: list[dict[str, Any]]) -> None:
    heard: list[Document] = []
    step = len(LEVELS) // (KILLS + 1)  # on the way up, down, in a shallow one, between
    with (
        KillableServer(tmp_path) as server,
        connect(server.url, START) as session,
    ):
        session.on(Document, heard.append)
        for kill in range(KILLS):
            send(session, kill * step, (kill + 1) * step)
            server.kill()
            server.start()
            until(partial(resumed, heard, kill + 1), 60)
        send(session, KILLS * step, len(LEVELS))
        summary = session.end()
    assert summary.counts == {"squat": REPS}
    assert [rep.count for rep in summary.reps] == [*range(1, REPS + 1)]
    assert summary.processed == len(LEVELS)
    assert resumes(heard) == KILLS
    assert events(heard) == uncut
