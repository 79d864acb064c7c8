"""Metrics, as Prometheus scrapes them."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus

from service.tenants import new_key
from tests.service.conftest import Serve
from tests.service.fakes import (
    BOTTOM,
    NOBODY,
    REP,
    SHALLOW_REP,
    TOP,
    FakeEngine,
    write_clip,
)
from tests.service.talk import Talk, resume, talking
from tests.service.waiting import until

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(address: str, **headers: str) -> str:
    answer = httpx2.get(f"http://{address}/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


def samples(address: str) -> Samples:
    return {
        (sample.name.removeprefix("blazereps_"), frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(scrape(address))
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0)


@pytest.fixture
def address(serve: Serve) -> Iterator[str]:
    """A server that nobody else has used."""
    with serve() as address:
        yield address


def play(talk: Talk, *levels: int) -> None:
    for seq, level in enumerate(levels):
        talk.image(seq, seq / 10, level)
        while talk.hear("ack")["seq"] < seq:
            pass


def test_what_is_counted_and_refused(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        play(talk, *REP, *SHALLOW_REP, *REP)
        during = samples(address)
        talk.end()
        assert talk.close_code() == 1000
    after = samples(address)
    assert (value(during, "sessions_open"), value(after, "sessions_open")) == (1, 0)
    assert value(after, "reps_counted_total", exercise="squat") == 2
    rejected = {"exercise": "squat", "reason": "too_shallow"}
    assert value(after, "reps_rejected_total", **rejected) == 1
    assert value(after, "sessions_begun_total") == 1
    assert value(after, "connections_ended_total", reason="finished") == 1
    assert value(after, "observations_processed_total", input="frames") == 20


def test_stages_and_the_queue_are_timed(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        play(talk, *REP)
        talk.end()
        talk.close_code()
    found = samples(address)
    for stage in ("decode", "track", "count", "keep"):
        assert value(found, "stage_seconds_count", stage=stage) == len(REP)
        assert 0 < value(found, "stage_seconds_sum", stage=stage) < 10
    assert value(found, "stage_seconds_count", stage="send") == len(talk.heard)
    assert value(found, "queue_seconds_count") == len(REP)
    assert 0 < value(found, "queue_seconds_sum") < 10


def test_what_is_dropped_is_counted_and_the_wait_is_timed(serve: Serve) -> None:
    engine = FakeEngine()
    with serve(engine) as address, talking(address) as talk:
        talk.start(exercise="squat")
        engine.gate.clear()
        talk.image(0, 0.0, TOP)
        assert engine.entered.wait(5)
        for seq in (1, 2, 3):
            talk.image(seq, seq / 10, TOP)
        talk.say({"type": "ping"})
        talk.hear("pong")
        time.sleep(0.3)
        engine.gate.set()
        talk.end()
        found = samples(address)
    assert value(found, "observations_processed_total", input="frames") == 2
    assert value(found, "observations_dropped_total", input="frames") == 2
    assert 0.3 <= value(found, "queue_seconds_sum") < 5


def test_landmarks_are_neither_decoded_nor_tracked(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        for seq, level in enumerate(REP):
            talk.pose(seq, seq / 10, level)
        talk.end()
    found = samples(address)
    assert value(found, "observations_processed_total", input="landmarks") == len(REP)
    assert value(found, "stage_seconds_count", stage="count") == len(REP)
    assert value(found, "stage_seconds_count", stage="decode") == 0
    assert value(found, "stage_seconds_count", stage="track") == 0


def test_errors_are_counted_by_code(address: str) -> None:
    httpx2.get(f"http://{address}/nowhere")
    with talking(address) as talk:
        talk.start(exercise="squat")
        talk.say("{")
        talk.image(0, 1.0, TOP)
        talk.image(1, 0.5, TOP)
        talk.hear("error")
        talk.hear("error")
        talk.end()
    with talking(address) as talk:
        talk.say({"type": "session.start", "exercise": "yoga"})
        assert talk.close_code() == 4404
    with pytest.raises(InvalidStatus), talking(address, origin="http://elsewhere.example"):
        pass
    found = samples(address)
    for code in ("not_found", "invalid_json", "time_went_backwards", "unknown_exercise"):
        assert value(found, "errors_total", code=code) == 1
    assert value(found, "errors_total", code="origin_not_allowed") == 1
    assert value(found, "observations_refused_total", input="frames") == 1
    assert value(found, "connections_ended_total", reason="unknown_exercise") == 1


def test_who_goes_and_comes_back(address: str) -> None:
    with talking(address) as first:
        created = first.start(exercise="squat")
        play(first, *REP)
        first.vanish()
    with talking(address) as second:
        resume(second, created)
        assert second.end()["processed"] == len(REP)
        second.close_code()
    found = samples(address)
    assert value(found, "sessions_begun_total") == 1
    assert value(found, "sessions_resumed_total") == 1
    ended = [
        value(found, "connections_ended_total", reason=reason)
        for reason in ("client_gone", "superseded")
    ]
    assert sum(ended) == 1  # whichever was noticed first
    assert value(found, "observations_processed_total", input="frames") == len(REP)
    assert value(found, "reps_counted_total", exercise="squat") == 1


def test_clips_by_status(address: str, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", REP).read_bytes()
    for content in (clip, b"no clip"):
        httpx2.post(f"http://{address}/v1/clips", content=content).raise_for_status()
    found = once_finished(address, clips=2)
    assert value(found, "clips_finished_total", status="succeeded") == 1
    assert value(found, "clips_finished_total", status="failed") == 1
    assert value(found, "reps_counted_total", exercise="squat") == 1
    assert value(found, "observations_processed_total", input="clip") == len(REP)
    assert value(found, "errors_total", code="unsupported_format") == 1


def once_finished(address: str, clips: int) -> Samples:
    """Those that wait are counted a moment before those that are done."""

    def seen() -> Samples | None:
        found = samples(address)
        done = (value(found, "clips_finished_total", status=s) for s in ("succeeded", "failed"))
        left = (value(found, "clips", status=s) for s in ("queued", "running"))
        return found if sum(done) == clips and not sum(left) else None

    return until(seen)


def test_nothing_in_it_tells_who_it_was(address: str) -> None:
    with talking(address) as talk:
        created = talk.start(exercise="squat")
        play(talk, TOP, BOTTOM, NOBODY)
        text = scrape(address)
        talk.end()
    assert created["session_id"] not in text
    assert created["resume_token"] not in text


def test_apps_in_one_process_do_not_mix(serve: Serve) -> None:
    with serve() as one, serve() as other:
        with talking(one) as talk:
            talk.start()
            talk.end()
        assert value(samples(one), "sessions_begun_total") == 1
        assert value(samples(other), "sessions_begun_total") == 0


def test_the_process_is_measured(address: str) -> None:
    found = samples(address)
    assert value(found, "process_cpu_seconds_total") > 0
    assert [labels for name, labels in found if name == "build_info"]


def test_openmetrics_is_spoken_to_who_asks(address: str) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = httpx2.get(f"http://{address}/metrics", headers=accept)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_with_keys_it_takes_a_key(serve: Serve) -> None:
    key = new_key()
    with serve(keys={"app": key}) as address:
        bearer = {"Authorization": f"Bearer {key}"}
        assert "blazereps_sessions_open" in scrape(address, **bearer)
        assert httpx2.get(f"http://{address}/metrics").status_code == 401
        issued = httpx2.post(
            f"http://{address}/v1/tokens", headers=bearer, json={"user": "somebody"}
        )
        token = {"Authorization": f"Bearer {issued.json()['token']}"}
        refused = httpx2.get(f"http://{address}/metrics", headers=token)
        assert (refused.status_code, refused.json()["code"]) == (403, "key_only")
