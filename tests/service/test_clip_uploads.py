"""Clips uploaded in one request: taken whole, or not at all."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.tables import Clip
from service.tenants import now_utc
from tests.service.databases import BACKENDS
from tests.service.server_process import server_process
from tests.service.waiting import until
from tests.service.worker import KEY, Place, place_for_clips

FORM_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
LIMIT = 50_000


@pytest.fixture(scope="module", params=BACKENDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with place_for_clips(
        tmp_path_factory.mktemp("data"), request.param, max_clip_bytes=LIMIT
    ) as place:
        yield place


@pytest.fixture(autouse=True)
def nothing_left(place: Place) -> Iterator[None]:
    yield
    place.erase_all()


@pytest.mark.parametrize("form", [False, True])
def test_a_clip_is_taken(place: Place, form: bool) -> None:
    content = bytes(range(256)) * 100
    body: Any = {"files": {"file": ("squats.mp4", content)}} if form else {"content": content}
    query: dict[str, Any] = {
        "exercise": "squat",
        "fps": 30,
        "adaptive": False,
        "unknown": True,
        "landmarks": True,
        "subject": "0.5,0.5",
        "user": "ann",
        "recorded_at": "2025-01-31T13:00:00+01:00",
    }
    answer = place.client.post("/v1/clips", params=query, **body)
    told = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/clips/{told['id']}"
    assert answer.headers["retry-after"] == "1"
    assert told["name"] == ("squats.mp4" if form else "clip")
    assert (told["status"], told["received"], told["user"]) == ("queued", len(content), "ann")
    assert told["length"] == (None if form else len(content))
    assert told["recorded_at"] == "2025-01-31T12:00:00Z"
    assert (told["exercise"], told["fps"]) == ("squat", 30.0)
    assert told["unknown"] is told["landmarks"] is True
    assert told["adaptive"] is False
    assert told["subject"] == {"x": 0.5, "y": 0.5, "width": None, "height": None}
    assert place.worker.video(told["id"]) == content


def test_a_name_in_the_query_goes_before_the_forms(place: Place) -> None:
    form = {"file": ("a.mp4", b"x")}
    answer = place.client.post("/v1/clips", params={"name": "Ännes Übung"}, files=form)
    assert answer.json()["name"] == "Ännes Übung"


def test_a_clip_is_for_any_user_that_a_token_may_be_of(place: Place) -> None:
    for user in ("ann \u200d\u2028", "a\u00a0b", "\U0001f3cb\ufe0f\u200d\u2642\ufe0f"):
        named = {"user": user, "name": user}
        for answer in (
            place.client.post("/v1/clips", params=named, content=b"x"),
            place.as_user(user, "/v1/clips", "POST", params={"name": user}, content=b"x"),
        ):
            assert answer.status_code == 202
            assert (answer.json()["user"], answer.json()["name"]) == (user, user)


def test_a_token_uploads_for_its_user_alone(place: Place) -> None:
    mine = place.as_user("ann", "/v1/clips", "POST", content=b"x")
    assert mine.json()["user"] == "ann"
    for named, status in (("ann", 202), ("bob", 403)):
        answer = place.as_user("ann", "/v1/clips", "POST", params={"user": named}, content=b"x")
        assert answer.status_code == status
    assert {item["user"] for item in place.client.get("/v1/clips").json()["items"]} == {"ann"}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"exercise": "yoga"}, 404, "unknown_exercise"),
        ({"unknown": "perhaps"}, 422, "invalid_request"),
        ({"landmarks": "perhaps"}, 422, "invalid_request"),
        ({"fps": 0}, 422, "invalid_request"),
        ({"fps": "nan"}, 422, "invalid_request"),
        ({"fps": 1000}, 422, "invalid_request"),
        ({"subject": ""}, 422, "invalid_request"),
        ({"subject": "0.5"}, 422, "invalid_request"),
        ({"subject": "0.5,0.5,0.5"}, 422, "invalid_request"),
        ({"subject": "0.5,0.5,0.5,0"}, 422, "invalid_request"),
        ({"subject": "0.5,1.5"}, 422, "invalid_request"),
        ({"subject": "0.5,nan"}, 422, "invalid_request"),
        ({"subject": "0," * 100}, 422, "invalid_request"),
        ({"user": ""}, 422, "invalid_request"),
        ({"user": "u" * 129}, 422, "invalid_request"),
        ({"user": "a\x00b"}, 422, "invalid_request"),
        ({"name": "n" * 256}, 422, "invalid_request"),
        ({"name": "\x00"}, 422, "invalid_request"),
        ({"recorded_at": "yesterday"}, 422, "invalid_request"),
        ({"recorded_at": "2025-01-31T12:00:00"}, 422, "invalid_request"),
        ({"recorded_at": "1738281600"}, 422, "invalid_request"),
        ({"recorded_at": "0001-01-01T00:00:00+14:00"}, 422, "invalid_request"),
        ({"recorded_at": "9999-12-31T23:59:59-14:00"}, 422, "invalid_request"),
    ],
)
def test_what_the_query_says_wrongly_is_named_before_the_body_is_read(
    place: Place, query: dict[str, Any], status: int, code: str
) -> None:
    connection = HTTPConnection(place.address, timeout=10)
    connection.putrequest("POST", httpx2.URL("/v1/clips", params=query).raw_path.decode())
    connection.putheader("Content-Length", "1000")
    connection.putheader("Authorization", f"Bearer {KEY}")
    connection.endheaders()
    with closing(connection), connection.getresponse() as answer:
        problem = json.load(answer)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["field"] in query
    assert not re.search(r"Value error|datetime\.", problem["detail"])
    assert place.worker.ids_in(Clip) == set()


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"video": ("a.mp4", b"x")}},
        {"content": b"rubbish", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"rubbish", "headers": {"content-type": "multipart/form-data; boundary=b"}},
        {"content": b""},
        {"content": iter([b""])},
        {"files": {"file": ("a.mp4", b"")}},
        {
            "content": FORM_HEAD + b"whole, but without its end",
            "headers": {"content-type": "multipart/form-data; boundary=b"},
        },
    ],
    ids=["other field", "no boundary", "no form", "empty", "nothing", "empty file", "no end"],
)
def test_a_bad_body_leaves_nothing(place: Place, request_: dict[str, Any]) -> None:
    answer = place.client.post("/v1/clips", **request_)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (place.worker.ids_in(Clip), place.worker.stored) == (set(), [])


def test_a_clip_too_large_is_refused_while_it_comes(place: Place) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 1
            yield bytes(10_000)

    declared = place.client.post("/v1/clips", content=bytes(LIMIT + 1))
    form = place.client.post("/v1/clips", files={"file": ("a.mp4", bytes(LIMIT + 1))})
    for answer in (declared, form):
        assert answer.status_code == 413
        assert f"{LIMIT} bytes" in answer.json()["detail"]
    with suppress(httpx2.WriteError, httpx2.ReadError):  # where it hung up first
        assert place.client.post("/v1/clips", content=endless()).status_code == 413
    assert sent < 10_000
    assert (place.worker.ids_in(Clip), place.worker.stored) == (set(), [])


@pytest.mark.parametrize("form", [False, True])
def test_an_upload_that_breaks_off_leaves_nothing(place: Place, form: bool) -> None:
    kind = "multipart/form-data; boundary=b" if form else "video/mp4"
    head = (
        f"POST /v1/clips HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: 40000\r\n"
        f"Authorization: Bearer {KEY}\r\n\r\n"
    )
    host, port = place.address.split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode() + FORM_HEAD * form + b"a" * 12_345)
        until(lambda: place.worker.ids_in(Clip))
    until(lambda: not place.worker.ids_in(Clip))
    assert place.worker.stored == []


def test_an_upload_that_is_cancelled_ends(place: Place) -> None:
    """What is stored after it was cancelled goes too."""
    with begun(place) as client:
        (clip_id,) = place.worker.ids_in(Clip)
        assert place.client.post(f"/v1/clips/{clip_id}/cancel").status_code == 200
        client.sendall(b"a" * 20_000)
        answer = client.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 410 ")
    assert place.client.get(f"/v1/clips/{clip_id}").json()["status"] == "cancelled"
    assert place.worker.stored == []


def test_one_that_has_begun_expires_within_an_hour(place: Place) -> None:
    """Whoever receives it may be killed."""
    with begun(place):
        (clip_id,) = place.worker.ids_in(Clip)
        asked = f"/v1/uploads/{clip_id}"
        told = place.client.head(asked, headers={"Tus-Resumable": "1.0.0"}).headers
    assert parsedate_to_datetime(told["upload-expires"]) <= now_utc() + timedelta(hours=1)


def test_a_full_queue_says_when_to_come_again(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, max_queued_clips=1) as place:
        place.upload()
        refused = place.client.post("/v1/clips", content=b"x")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        assert refused.json()["code"] == "queue_full"
        place.worker.count()
        place.upload()


def begun(place: Place) -> socket.socket:
    """A client that has sent half of a clip, by which the server knows it."""
    head = (
        "POST /v1/clips HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n"
        f"Authorization: Bearer {KEY}\r\n\r\n"
    )
    host, port = place.address.split(":")
    client = socket.create_connection((host, int(port)), timeout=10)
    client.sendall(head.encode() + b"a" * 20_000)
    until(lambda: place.worker.ids_in(Clip))
    return client


def test_a_client_that_falls_silent_is_gone(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, idle_s=0.3) as place, begun(place):
        until(lambda: not place.worker.ids_in(Clip))
        assert place.worker.stored == []


def test_so_many_clips_are_received_at_once(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, max_uploads=1) as place:
        with begun(place) as client:
            refused = place.client.post("/v1/clips", content=b"x")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert "1 clips received at once" in refused.json()["detail"]
            assert len(place.worker.ids_in(Clip)) == 1
            client.sendall(b"a" * 20_000)
            assert client.recv(65536).startswith(b"HTTP/1.1 202 ")
        place.upload()


def test_large_uploads_take_little_memory(tmp_path: Path) -> None:
    """Twenty-five parts; what is resident grows by a few of them."""
    mib = 1024 * 1024
    chunk = bytes(mib)
    with server_process(tmp_path) as (server, address):
        url = f"http://{address}/v1/clips"
        httpx2.post(url, content=bytes(20 * mib), trust_env=False).raise_for_status()
        before = peak_mib(server.process.pid)
        answer = httpx2.post(url, content=(chunk for _ in range(200)), trust_env=False, timeout=60)
        assert answer.json()["received"] == 200 * mib
        assert peak_mib(server.process.pid) - before < 60


def peak_mib(pid: int) -> float:
    """The most that was ever resident."""
    (line,) = (
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line
    )
    return int(line.split()[1]) / 1024
