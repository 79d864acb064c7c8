"""Clips over REST, counted."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service.conftest import Serve
from tests.service.fakes import HOLD, REP, SHALLOW_REP, TOP, WAVES, FakeEngine, encoded, write_clip
from tests.service.waiting import until


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
    assert done["name"] == ("squats.mp4" if multipart else "clip")
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


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"This is a text file, whatever its name says.\n" * 50, "unsupported_format"),
        (encoded(200), "unsupported_format"),
    ],
    ids=["text", "image"],
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


def test_a_clip_too_long_fails_with_the_limit(serve: Serve, clip: Path) -> None:
    with serve(max_clip_s=1) as address, httpx2.Client(base_url=f"http://{address}") as rest:
        done = finished(rest, rest.post("/v1/clips", content=clip.read_bytes()).headers["location"])
    assert done["error"]["code"] == "too_long"
    assert "1 s" in done["error"]["detail"]


def test_a_running_clip_can_be_erased(serve: Serve, clip: Path) -> None:
    engine = FakeEngine(delay_s=0.2)
    with serve(engine) as address, httpx2.Client(base_url=f"http://{address}") as rest:
        location = rest.post("/v1/clips", content=clip.read_bytes()).headers["location"]
        until(lambda: rest.get(location).json()["progress"])
        assert rest.delete(location).status_code == 204
        assert rest.get(location).status_code == 404
        small = write_clip(clip.with_name("small.mp4"), REP[:1])
        again = rest.post("/v1/clips", content=small.read_bytes()).headers["location"]
        assert finished(rest, again)["status"] == "succeeded"
