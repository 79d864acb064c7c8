"""The log: every line in one form, with what operators need and nothing of the users."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from blazereps_client.messages import Landmarks
from service.tenants import new_key
from tests.service.fakes import REP, TOP
from tests.service.server_process import PATHS, ROOT, server_process
from tests.service.talk import talking

KEY = new_key()
KEYS = {"app": KEY}
Logged = tuple[list[dict[str, Any]], dict[str, str]]
"""A log, and what must not be in it."""
BEARER = {"Authorization": f"Bearer {KEY}"}
USER = "somebody@example.com"
X = 123.456789
"""A coordinate that is nowhere else."""

CANCELLED = """
import asyncio, logging
from service.logs import configure
from service.settings import Settings

configure(Settings())
pool = logging.getLogger("sqlalchemy.pool.impl.QueuePool")
try:
    raise asyncio.CancelledError
except asyncio.CancelledError:
    pool.exception("Exception during reset or similar")
psycopg = logging.getLogger("psycopg")
psycopg.warning("query cancellation interrupted (%s): closing connection", "CancelledError")
pool.error("a fault")
"""
"""As SQLAlchemy and psycopg tell of it, and of something else."""


def post(address: str, path: str, **body: Any) -> dict[str, Any]:
    answer = httpx2.post(f"http://{address}{path}", headers=BEARER, json=body)
    assert answer.status_code == 201
    document: dict[str, Any] = answer.json()
    return document


@pytest.fixture(scope="module", params=["debug", "info"])
def logged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Logged]:
    """Of a server that has seen a bit of everything."""
    folder = tmp_path_factory.mktemp("data")
    with server_process(folder, keys=KEYS, log_level=request.param) as (server, address):
        token = post(address, "/v1/tokens", user=USER)["token"]
        tickets = [post(address, "/v1/live/tickets")["ticket"] for _ in range(2)]
        secrets = {"token": token, "ticket": tickets[0], "offered": tickets[1], "key": KEY}
        httpx2.get(f"http://{address}/v1/exercises?secret={tickets[0]}", headers=BEARER)
        with talking(address, additional_headers={"Authorization": f"Bearer {token}"}) as talk:
            created = talk.start(exercise="squat", input="landmarks")
            secrets["resume_token"] = created["resume_token"]
            for seq, level in enumerate(REP):
                talk.pose(seq, seq / 10, level)
            talk.say({"type": "landmarks", "seq": 9, "at_s": 9.0, "points": [[X, 1.0, 1.0]] * 33})
            talk.say({"type": "landmarks", "seq": 10, "at_s": 10.0, "points": [[X, 1.0]] * 33})
            talk.end()
            talk.close_code()
        offered = ["blazereps.v1", f"blazereps.ticket.{tickets[1]}"]
        with talking(address, subprotocols=offered) as talk:
            talk.start(exercise="squat")
            talk.image(0, 0.0, 13)  # a fault of the engine
            assert talk.close_code() == 1011
        with_ticket(address, tickets[0])
        with talking(address, additional_headers=BEARER) as talk:
            talk.start(exercise="squat")
            talk.socket.send(b"\xff\xfe", text=True)
            assert talk.close_code() == 1007
        httpx2.delete(f"http://{address}/v1/users/{USER}", headers=BEARER)
        server.stop()
        yield server.log, secrets | {"user": USER, "coordinate": "123.45"}


def with_ticket(address: str, ticket: str) -> None:
    """Let in, then refused: it is logged both times."""
    url = f"ws://{address}/v1/live?ticket={ticket}"
    with connect(url, proxy=None):
        pass
    with pytest.raises(InvalidStatus):
        connect(url, proxy=None)


def of(logged: Logged, event: str) -> list[dict[str, Any]]:
    return [line for line in logged[0] if line["event"] == event]


def test_every_line_says_what_when_and_how_grave(logged: Logged) -> None:
    for line in logged[0]:
        assert line["event"]
        assert line["level"] in ("debug", "info", "warning", "error")
        assert datetime.fromisoformat(line["time"]).tzinfo == UTC


def test_nothing_of_the_users_is_logged(logged: Logged) -> None:
    log, secrets = logged
    for secret in secrets.values():
        assert not [line for line in log if secret in json.dumps(line)]
    assert not [line for line in log if "?" in str(line.get("path"))]
    assert not [line for line in log if "ticket=" in json.dumps(line)]


def test_libraries_say_nothing_of_a_start(logged: Logged) -> None:
    assert {one["logger"].split(".")[0] for one in logged[0]} == {"service", "uvicorn"}


def test_requests_are_logged_as_fields(logged: Logged) -> None:
    (listed,) = (line for line in of(logged, "request") if line["path"] == "/v1/exercises")
    assert (listed["method"], listed["status"], listed["level"]) == ("GET", 422, "info")
    (erased,) = (line for line in of(logged, "request") if line["method"] == "DELETE")
    assert (erased["path"], erased["status"]) == ("/v1/users/...", 202)
    assert {line["status"] for line in of(logged, "websocket")} == {101, 401}
    assert {line["path"] for line in of(logged, "websocket")} == {"/v1/live"}


def test_what_a_client_does_is_no_fault(logged: Logged) -> None:
    """Neither who is not let in nor what is no text: the one fault is the engine's."""
    faults = [line["event"] for line in logged[0] if line["level"] == "error"]
    assert faults == ["live session failed"]


def test_the_lines_of_a_session_bear_its_id(logged: Logged) -> None:
    first, second, third = of(logged, "session begun")
    assert first["session_id"] != second["session_id"]
    ended = {line.get("session_id"): line for line in of(logged, "connection ended")}
    end = ended[first["session_id"]]
    assert (end["reason"], end["close_code"], end["counts"]) == ("finished", 1000, {"squat": 1})
    assert (end["processed"], end["dropped"], end["refused"]) == (9, 0, 0)
    end = ended[second["session_id"]]
    assert (end["reason"], end["close_code"]) == ("internal", 1011)
    end = ended[third["session_id"]]
    assert (end["reason"], end["close_code"]) == ("client_gone", 1007)


def test_a_query_that_is_cancelled_is_no_fault() -> None:
    command, environment = [sys.executable, "-c", CANCELLED], os.environ | {"PYTHONPATH": PATHS}
    told = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)
    (line,) = told.stderr.splitlines()
    assert b"a fault" in line


def test_a_fault_is_logged_with_its_stack(logged: Logged) -> None:
    (fault,) = of(logged, "live session failed")
    assert fault["level"] == "error"
    assert "a fault of the engine" in fault["exception"]
    assert fault["session_id"] == of(logged, "session begun")[1]["session_id"]


def test_text_has_a_line_an_event_too(tmp_path: Path) -> None:
    with server_process(tmp_path, log_format="text") as (server, address):
        httpx2.get(f"http://{address}/healthz?ticket=secret")
        line = server.until("/healthz")
        assert "request" in line
        assert "status=200" in line
        assert "secret" not in line
        assert line[:4] == str(datetime.now(UTC).year)
        server.stop()


def test_a_level_leaves_out_what_is_below(tmp_path: Path) -> None:
    with server_process(tmp_path, log_level="info") as (server, address):
        httpx2.get(f"http://{address}/healthz")
        server.until("/healthz")
    assert not [line for line in server.log if line["level"] == "debug"]


def test_sigterm_drains_and_says_so(tmp_path: Path) -> None:
    with server_process(tmp_path, drain_s="1") as (server, address), talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        talk.pose(0, 0.0, TOP)
        talk.hear("ack")
        server.stop()
        assert talk.close_code() == 1012
    assert talk.of("going_away")
    events = [line["event"] for line in server.log]
    assert events.index("draining") < events.index("connection ended") < events.index("drained")


@pytest.mark.parametrize("path", ["/v1/clips", "/v1/webhooks"], ids=["upload", "json"])
def test_a_body_that_is_still_coming_is_told_that_the_server_ends(
    tmp_path: Path, path: str
) -> None:
    begun = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\n{{}}"
    with server_process(tmp_path) as (server, address):
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(begun.encode())
            time.sleep(0.5)
            server.stop()
            answer = client.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 503 ")
    assert "shutting_down" in answer
    assert "retry-after: 1" in answer.lower()
    assert not [line for line in server.log if "exception" in line]


def test_a_second_sigterm_skips_the_waiting(tmp_path: Path) -> None:
    with server_process(tmp_path, drain_s="600") as (server, address), talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        server.process.terminate()
        server.until("draining")
        server.stop()


def test_what_is_wrong_with_landmarks_is_said_without_them() -> None:
    points = [[X, 1.0]] + [[1.0, 1.0, 1.0]] * 32
    with pytest.raises(ValidationError, match="points") as caught:
        Landmarks.model_validate({"seq": 1, "at_s": 1, "points": points})
    assert str(X) not in str(caught.value)
