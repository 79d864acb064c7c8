"""Clips over REST."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service.conftest import Serve
from tests.service.fakes import HOLD, REP, SHALLOW_REP, TOP, WAVES, FakeEngine, encoded, write_clip


@pytest.fixture(scope="module")
def rest(address: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://{address}") as client:
        yield client


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "squats.mp4", REP + REP + SHALLOW_REP)


def finished(rest: httpx2.Client, location: str) -> Any:
    for _ in range(500):
        answer = rest.get(location)
        assert answer.status_code == 200
        if answer.json()["status"] in ("succeeded", "failed"):
            assert "retry-after" not in answer.headers
            return answer.json()
        assert answer.headers["retry-after"] == "1"
        time.sleep(0.02)
    raise AssertionError("the job never finished")


@pytest.mark.parametrize("multipart", [False, True])
def test_an_uploaded_clip_is_counted(rest: httpx2.Client, clip: Path, multipart: bool) -> None:
    body: Any = (
        {"files": {"file": ("squats.mp4", clip.read_bytes(), "video/mp4")}}
        if multipart
        else {"content": clip.read_bytes(), "headers": {"content-type": "video/mp4"}}
    )
    answer = rest.post("/v1/clips", params={"exercise": "squat", "fps": 30}, **body)
    assert answer.status_code == 202
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["location"] == f"/v1/clips/{answer.json()['id']}"
    done = finished(rest, answer.headers["location"])
    assert (done["status"], done["progress"], done["error"]) == ("succeeded", 1.0, None)
    assert done["clip"] == ("squats.mp4" if multipart else "clip")
    result = done["result"]
    assert result["counts"] == {"squat": 2}
    assert [rep["end_s"] for rep in result["reps"]] == pytest.approx([0.6, 1.4])
    assert [one["reason"] for one in result["rejected"]] == ["too_shallow"]
    assert (result["frames"], result["duration_s"]) == (20, 2.0)


def test_unknown_movement_is_counted_when_asked_for(rest: httpx2.Client, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "waves.mp4", WAVES + REP + HOLD)
    results = []
    for unknown in (False, True):
        params: dict[str, Any] = {"exercise": "squat", "fps": 30, "unknown": unknown}
        answer = rest.post("/v1/clips", params=params, content=clip.read_bytes())
        assert answer.json()["unknown"] is unknown
        results.append(finished(rest, answer.headers["location"])["result"])
    without, with_unknown = results
    assert (without["counts"], without["unknown"]) == ({"squat": 1}, [])
    assert with_unknown["counts"] == {"squat": 1, "unknown": 2}
    assert [one["count"] for one in with_unknown["unknown"]] == [1, 2]
    assert without["sets"] == with_unknown["sets"] != []
    assert [hold["held_s"] for hold in with_unknown["holds"]] == [0.5]


@pytest.mark.parametrize(
    ("subject", "counts"),
    [("0.2,0.5", {}), ("0.8,0.5", {"squat": 1}), ("0.6,0,0.3,1", {"squat": 1})],
)
def test_one_of_two_people_is_counted(
    rest: httpx2.Client, tmp_path: Path, subject: str, counts: dict[str, int]
) -> None:
    clip = write_clip(tmp_path / "two.mp4", REP, left=TOP)
    answer = rest.post("/v1/clips", params={"subject": subject}, content=clip.read_bytes())
    done = finished(rest, answer.headers["location"])
    told = [number for number in done["subject"].values() if number is not None]
    assert told == [float(number) for number in subject.split(",")]
    assert done["result"]["counts"] == counts


def test_clips_are_listed_newest_first(rest: httpx2.Client, clip: Path) -> None:
    ids = [rest.post("/v1/clips", content=clip.read_bytes()).json()["id"] for _ in range(2)]
    listed = rest.get("/v1/clips").json()["clips"]
    assert [one["id"] for one in listed[:2]] == ids[::-1]
    assert "result" not in listed[0]


def test_an_erased_clip_is_gone(rest: httpx2.Client, clip: Path) -> None:
    location = rest.post("/v1/clips", content=clip.read_bytes()).headers["location"]
    assert rest.delete(location).status_code == 204
    for gone in (rest.get(location), rest.delete(location)):
        assert gone.status_code == 404
        assert gone.headers["content-type"] == "application/problem+json"
        assert gone.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"This is a text file, whatever its name says.\n" * 50, "unsupported_format"),
        (b"", "unsupported_format"),
        (encoded(200), "unsupported_format"),
    ],
    ids=["text", "empty", "image"],
)
def test_what_is_no_clip_fails_with_its_reason(
    rest: httpx2.Client, content: bytes, code: str
) -> None:
    answer = rest.post("/v1/clips", files={"file": ("fine.mp4", content, "video/mp4")})
    done = finished(rest, answer.headers["location"])
    assert (done["status"], done["result"]) == ("failed", None)
    assert done["error"]["code"] == code
    assert done["error"]["detail"]


def test_a_clip_without_frames_fails_with_its_reason(rest: httpx2.Client, tmp_path: Path) -> None:
    empty = write_clip(tmp_path / "empty.mp4", ())
    done = finished(rest, rest.post("/v1/clips", content=empty.read_bytes()).headers["location"])
    assert done["status"] == "failed"
    assert done["error"]["code"] in ("no_frames", "unsupported_codec", "side_too_short", "no_video")


def test_a_clip_too_large_is_refused_while_it_comes(serve: Serve) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 1
            yield bytes(10_000)

    with serve(max_clip_bytes=50_000) as address:
        url = f"http://{address}/v1/clips"
        declared = httpx2.post(url, content=bytes(60_000))
        form = httpx2.post(url, files={"file": ("a.mp4", bytes(60_000))})
        for answer in (declared, form):
            assert answer.status_code == 413
            assert "50000 bytes" in answer.json()["detail"]
        with suppress(httpx2.WriteError, httpx2.ReadError):  # where it hung up first
            assert httpx2.post(url, content=endless()).status_code == 413
        assert sent < 10_000
        assert httpx2.get(url).json() == {"clips": []}


def test_a_clip_too_long_fails_with_the_limit(serve: Serve, clip: Path) -> None:
    with serve(max_clip_s=1) as address, httpx2.Client(base_url=f"http://{address}") as rest:
        done = finished(rest, rest.post("/v1/clips", content=clip.read_bytes()).headers["location"])
    assert done["error"]["code"] == "too_long"
    assert "1 s" in done["error"]["detail"]


def test_a_full_queue_says_when_to_come_again(serve: Serve, clip: Path) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    with (
        serve(engine, max_queued_clips=1) as address,
        httpx2.Client(base_url=f"http://{address}") as rest,
    ):
        first = rest.post("/v1/clips", content=clip.read_bytes()).headers["location"]
        while rest.get(first).json()["status"] != "running":
            time.sleep(0.01)
        assert rest.post("/v1/clips", content=clip.read_bytes()).status_code == 202
        refused = rest.post("/v1/clips", content=clip.read_bytes())
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        assert refused.json()["code"] == "queue_full"
        engine.gate.set()


def test_a_running_clip_can_be_erased(serve: Serve, clip: Path) -> None:
    engine = FakeEngine(delay_s=0.2)
    with serve(engine) as address, httpx2.Client(base_url=f"http://{address}") as rest:
        location = rest.post("/v1/clips", content=clip.read_bytes()).headers["location"]
        while not rest.get(location).json()["progress"]:
            time.sleep(0.01)
        assert rest.delete(location).status_code == 204
        assert rest.get(location).status_code == 404
        small = write_clip(clip.with_name("small.mp4"), REP[:1])
        again = rest.post("/v1/clips", content=small.read_bytes()).headers["location"]
        assert finished(rest, again)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"exercise": "yoga"}, 404, "unknown_exercise"),
        ({"unknown": "perhaps"}, 422, "invalid_request"),
        ({"fps": 0}, 422, "invalid_request"),
        ({"fps": "nan"}, 422, "invalid_request"),
        ({"fps": 1000}, 422, "invalid_request"),
        ({"subject": ""}, 422, "invalid_request"),
        ({"subject": "0.5"}, 422, "invalid_request"),
        ({"subject": "0.5,0.5,0.5"}, 422, "invalid_request"),
        ({"subject": "0.5,0.5,0.5,0"}, 422, "invalid_request"),
        ({"subject": "0.5,1.5"}, 422, "invalid_request"),
        ({"subject": "0.5,nan"}, 422, "invalid_request"),
        ({"subject": "0.5,0.5,0.1,0.1,0.1"}, 422, "invalid_request"),
        ({"subject": "0," * 100}, 422, "invalid_request"),
    ],
)
def test_bad_parameters_are_named(
    rest: httpx2.Client, params: dict[str, Any], status: int, code: str
) -> None:
    answer = rest.post("/v1/clips", params=params, content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["field"] in params


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"video": ("a.mp4", b"x")}},
        {"content": b"rubbish", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"rubbish", "headers": {"content-type": "multipart/form-data; boundary=b"}},
    ],
    ids=["other field", "no boundary", "not a form"],
)
def test_a_bad_form_is_refused(rest: httpx2.Client, request_: dict[str, Any]) -> None:
    answer = rest.post("/v1/clips", **request_)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_what_exhausts_the_decoder_fails_alone(serve: Serve, clip: Path) -> None:
    with (
        serve(decoder_wall_s=0.01) as address,
        httpx2.Client(base_url=f"http://{address}") as client,
    ):
        answer = client.post("/v1/clips", content=clip.read_bytes())
        done = finished(client, answer.headers["location"])
        assert (done["status"], done["error"]["code"]) == ("failed", "decoder_time")
        assert "0.01 s" in done["error"]["detail"]
        assert client.get("/healthz").status_code == 200
