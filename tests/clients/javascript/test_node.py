"""Sessions of the JavaScript client in Node."""

from pathlib import Path

import pytest

from blazereps_client.sync import stream
from tests.clients.javascript.node import NEEDED, count, of, run
from tests.clients.javascript.steps import SQUAT, STEP_S, VIDEO, observed, shots, vp8
from tests.service.conftest import serve_fake
from tests.service.fakes import NOBODY, REP, SHALLOW_REP, grey_pose

pytestmark = NEEDED


def test_frames_are_counted(address: str, tmp_path: Path) -> None:
    levels = REP + REP + SHALLOW_REP
    told = count(address, SQUAT, shots(levels, tmp_path))
    assert told["created"]["config"]["exercise"] == "squat"
    assert told["summary"]["counts"] == {"squat": 2}
    assert told["summary"]["processed"] == len(levels)
    reps = of(told, "rep.counted")
    assert [rep["count"] for rep in reps] == [1, 2]
    assert [rep["at_s"] for rep in reps] == pytest.approx([0.6, 1.4])
    assert told["events"][-1] == told["summary"]


def test_landmarks_are_counted(address: str) -> None:
    seen = [
        observed(grey_pose(level) if level else None, n * STEP_S)
        for n, level in enumerate((*REP, NOBODY, *REP))
    ]
    assert count(address, {"input": "landmarks"}, seen)["summary"]["counts"] == {"squat": 2}


def test_encoded_video_is_counted(address: str, tmp_path: Path) -> None:
    steps = []
    for n, (frame, key) in enumerate(vp8(REP * 2)):
        file = tmp_path / f"{n}.vp8"
        file.write_bytes(frame)
        steps.append({"file": str(file), "key": key, "atS": n * STEP_S})
    assert count(address, VIDEO, steps)["summary"]["counts"] == {"squat": 2}


def test_counting_stops_goes_on_and_begins_anew(address: str, tmp_path: Path) -> None:
    shown = shots(REP * 4, tmp_path)
    one, two, three, four = (shown[n : n + len(REP)] for n in range(0, len(shown), len(REP)))
    steps = [
        *one,
        {"say": "pause"},
        *two,
        {"say": "resume"},
        *three,
        {"say": "ping"},
        {"say": "reset"},
        {"say": "update", "about": {"exercise": "push_up"}},
        *four,
    ]
    told = count(address, SQUAT, steps)
    changes = [change["counting"] for change in of(told, "counting.changed")]
    assert changes == ["paused", "counting", "counting"]
    reps = [(rep["exercise"], rep["count"]) for rep in of(told, "rep.counted")]
    assert reps == [("squat", 1), ("squat", 2), ("push_up", 1)]
    assert of(told, "session.updated")[0]["config"]["exercise"] == "push_up"
    assert of(told, "pong")[0]["server_time"].endswith("Z")


def test_a_session_that_is_too_long_gives_its_summary() -> None:
    seen = [observed(grey_pose(level), n * STEP_S) for n, level in enumerate(REP)]
    with serve_fake(max_session_s=2) as address:
        job = {"url": f"ws://{address}/v1/live", "start": {"input": "landmarks"}, "steps": seen}
        told = run("close_in_node.js", job)
    assert told["code"] == "session_too_long"
    assert told["summary"]["counts"] == {"squat": 1}


def test_the_servers_refusal_is_told(address: str) -> None:
    error = count(address, {"exercise": "juggling"}, [])["error"]
    assert (error["name"], error["code"]) == ("BlazerepsError", "unknown_exercise")
    assert "juggling" in error["message"]


def test_a_refusal_before_the_upgrade_is_a_lost_connection() -> None:
    with serve_fake(max_sessions=1) as address:
        busy = stream(f"ws://{address}/v1/live", iter(()))
        next(busy)
        assert count(address, {}, [])["error"]["code"] == "connection_lost"
        list(busy)
