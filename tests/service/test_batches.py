"""Landmarks posted over REST: the same counts as live, bounds, and room for live sessions."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from blazereps_client.messages import Flow
from classifiers.events import Event
from pose_engine.landmarks import Pose
from service.app import create_app
from service.batches import SLICE, Batch
from service.errors import MAX_FAULTS
from service.server import serving
from service.settings import Settings
from tests.service.conftest import Serve
from tests.service.fakes import (
    HOLD,
    NOBODY,
    REP,
    REST,
    SHALLOW_REP,
    TOP,
    WAVES,
    FakeEngine,
    FakeLibrary,
    FakeSession,
)
from tests.service.talk import talking

LEVELS = REP + SHALLOW_REP + REST + HOLD + WAVES + (NOBODY, NOBODY) + REP


def observation(number: int, level: int, **fields: Any) -> dict[str, Any]:
    points = [[level, level, level, 1]] * 33 if level else None
    return {"at_s": number / 10, "points": points, **fields}


def observations(levels: Sequence[int], **fields: Any) -> list[dict[str, Any]]:
    return [observation(number, level, **fields) for number, level in enumerate(levels)]


def post(address: str, batch: dict[str, Any] | bytes, **headers: str) -> httpx2.Response:
    data = batch if isinstance(batch, bytes) else json.dumps(batch).encode()
    return httpx2.post(f"http://{address}/v1/landmarks", content=data, headers=headers)


def live(address: str, messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The tally of a live session, without what became of the media."""
    with talking(address) as talk:
        talk.start(input="landmarks", pacing="lossless", unknown=True)
        for message in messages:
            talk.say(message)
        summary = talk.end()
    flow = {"type", *Flow.model_fields}
    return {name: value for name, value in summary.items() if name not in flow}


@pytest.mark.parametrize("times", [1, 2, 5])
def test_the_messages_of_a_live_session_count_the_same(address: str, times: int) -> None:
    sent = [
        one | {"type": "landmarks", "seq": seq}
        for seq, one in enumerate(observations(LEVELS * times))
    ]
    answer = post(address, {"unknown": True, "observations": sent})
    assert answer.status_code == 200
    assert answer.json()["counts"]["squat"] == 2 * times
    assert all(answer.json().values()), "the landmarks have some of everything"
    assert answer.json() == live(address, sent)


def test_points_may_be_shares_of_a_size_as_live(address: str) -> None:
    sent = [
        one | {"seq": seq, "size": [640, 480], "type": "landmarks"}
        for seq, one in enumerate(observations(REP))
    ]
    for one in sent:
        one["points"] = [[x / 640, y / 480, z / 640, 1] for x, y, z, _ in one["points"]]
    answer = post(address, {"observations": sent, "unknown": True})
    assert answer.json()["counts"] == {"squat": 1}
    assert answer.json() == live(address, sent)


def test_the_exercise_is_chosen_and_unknown_movement_is_counted_when_asked_for(
    address: str,
) -> None:
    sent = observations(REP + WAVES)
    assert post(address, {"observations": sent}).json()["unknown"] == []
    told = post(address, {"exercise": "push_up", "unknown": True, "observations": sent}).json()
    assert told["counts"] == {"push_up": 1, "unknown": 2}


def test_a_batch_may_come_as_a_file(address: str) -> None:
    data = json.dumps({"observations": observations(REP)}).encode()
    answer = httpx2.post(f"http://{address}/v1/landmarks", files={"file": data})
    assert answer.json()["counts"] == {"squat": 1}


LAST = {"at_s": 0.1, "points": None}


@pytest.mark.parametrize(
    ("batch", "status", "code", "field"),
    [
        (b"", 422, "invalid_json", None),
        (b'{"observations": [', 422, "invalid_json", None),
        (b"\xff\xfe", 422, "invalid_json", None),
        (b"[]", 422, "invalid_request", ""),
        ({}, 422, "invalid_request", "observations"),
        ({"observations": []}, 422, "invalid_request", "observations"),
        ({"observations": None}, 422, "invalid_request", "observations"),
        ({"observations": [LAST], "speed": 1}, 422, "invalid_request", "speed"),
        (dict.fromkeys(map(str, range(MAX_FAULTS)), 0), 422, "invalid_request", None),
        ({"observations": [LAST], "exercise": 5}, 422, "invalid_request", "exercise"),
        ({"observations": [LAST], "exercise": "yoga"}, 404, "unknown_exercise", "exercise"),
        ({"observations": [LAST | {"at_s": -1}]}, 422, "invalid_request", "observations.0.at_s"),
        ({"observations": [LAST | {"at_s": "1"}]}, 422, "invalid_request", "observations.0.at_s"),
        ({"observations": [LAST | {"x": 1}]}, 422, "invalid_request", "observations.0.x"),
        (
            {"observations": [LAST, observation(2, TOP) | {"points": [[1, 2, 3]] * 32}]},
            422,
            "invalid_request",
            "observations.1.points",
        ),
        (
            {"observations": [observation(0, TOP) | {"points": [[1, float("nan"), 3]] * 33}]},
            422,
            "invalid_request",
            "observations.0.points.0.1",
        ),
        (
            {"observations": [LAST, observation(2, TOP, world=[[0, 0, 0]] * 32 + [[0, 0, 1e7]])]},
            422,
            "invalid_landmarks",
            "observations.1.world.32.2",
        ),
        (
            {"observations": [observation(0, TOP) | {"points": [[1, 2, 3]] * 32 + [[1] * 4]}]},
            422,
            "invalid_landmarks",
            "observations.0.points",
        ),
        ({"observations": [LAST, LAST]}, 422, "time_went_backwards", "observations.1.at_s"),
    ],
)
def test_a_bad_batch_is_a_problem(
    address: str, batch: dict[str, Any] | bytes, status: int, code: str, field: str | None
) -> None:
    answer = post(address, batch)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["code"], problem.get("field")) == (status, code, field)


def test_a_batch_is_bounded(serve: Serve) -> None:
    with serve(max_batch_observations=10, max_batch_bytes=10_000) as address:
        most = post(address, {"observations": observations([NOBODY] * 10)})
        assert most.status_code == 200
        for too_many, code in (
            ({"observations": observations([NOBODY] * 11)}, "too_many_observations"),
            (dict.fromkeys(map(str, range(81)), 0), "too_many_observations"),
            ({"observations": [[]] * 720}, "too_many_observations"),
            ({"observations": [{}] * 20}, "too_many_observations"),
            ({"observations": [0] * 2802}, "too_many_observations"),
            ({"observations": [], "exercise": " " * 10_000}, "too_many_bytes"),
        ):
            answer = post(address, too_many)
            assert (answer.status_code, answer.json()["code"]) == (413, code)
            assert "10" in answer.json()["detail"]


def test_what_is_counted_is_measured(serve: Serve) -> None:
    with serve() as address:
        post(address, {"observations": observations(REP)})
        metrics = httpx2.get(f"http://{address}/metrics").text
    assert f'observations_processed_total{{input="batch"}} {len(REP)}.0' in metrics
    assert 'reps_counted_total{exercise="squat"} 1.0' in metrics


class Waiting(FakeSession):
    """Waits at its first observation until `sent`, and at the last until `heard`."""

    def __init__(self, last: int) -> None:
        super().__init__(["squat"])
        self._left = last
        self.entered, self.sent, self.heard = (threading.Event() for _ in range(3))
        self.in_time: list[bool] = []

    def observe(self, pose: Pose | None, at_s: float, /) -> list[Event]:
        self._left -= 1
        self.entered.set()
        self.in_time.append(self.sent.wait(10))
        if not self._left:
            self.in_time.append(self.heard.wait(10))
        return super().observe(pose, at_s)


class WaitingLibrary(FakeLibrary):
    def __init__(self, session: FakeSession) -> None:
        self._session = session

    def session(self, name: str = "auto", /, *, unknown: bool = False) -> FakeSession:
        return self._session if name == "squat" else super().session(name, unknown=unknown)


def test_a_long_batch_leaves_live_sessions_their_turn(tmp_path: Path) -> None:
    sent = observations([NOBODY] * 100 * SLICE)
    session, settings = Waiting(len(sent)), Settings(port=0, data=tmp_path)
    app = create_app(settings, FakeEngine(), WaitingLibrary(session))
    with serving(app, settings) as address, talking(address) as talk:
        talk.start(input="landmarks", exercise="push_up")
        batch = {"exercise": "squat", "observations": sent}
        posting = threading.Thread(target=post, args=(address, batch))
        posting.start()
        assert session.entered.wait(10)
        talk.pose(0, 0, TOP)
        session.sent.set()
        assert talk.hear("ack")["seq"] == 0
        session.heard.set()
        posting.join(10)
    assert len(session.in_time) == len(sent) + 1
    assert all(session.in_time)


def test_the_documented_body_is_one(address: str) -> None:
    document = httpx2.get(f"http://{address}/openapi.json").json()
    operation = document["paths"]["/v1/landmarks"]["post"]
    body = operation["requestBody"]["content"]["application/json"]
    assert "$ref" not in json.dumps(body)
    assert body["schema"]["required"] == ["observations"]
    assert Batch.model_validate(body["example"]).exercise == "squat"
    assert post(address, body["example"]).status_code == 200
    assert {"200", "401", "404", "413", "422"} <= operation["responses"].keys()
