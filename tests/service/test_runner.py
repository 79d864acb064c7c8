"""Who runs the jobs of clips: many at once, each by one, gone on with after SIGKILL."""

import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service.conftest import Serve
from tests.service.fakes import REP, SHALLOW_REP, FakeEngine, write_clip
from tests.service.killable import KillableServer
from tests.service.waiting import until

LEVELS = (*REP, *SHALLOW_REP, *REP) * 5
QUERY = {"exercise": "squat", "fps": "30"}


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "file.mp4", LEVELS).read_bytes()


def upload(address: str, clip: bytes) -> str:
    answer = httpx2.post(f"http://{address}/v1/clips", params=QUERY, content=clip, trust_env=False)
    assert answer.status_code == 202, answer.text
    return f"http://{address}{answer.headers['location']}"


def look(url: str) -> Any:
    return httpx2.get(url, trust_env=False).json()


def finished(url: str) -> Any:
    def seen() -> Any:
        return (found := look(url))["status"] not in {"queued", "running"} and found

    return until(seen, 60)


def test_a_killed_server_goes_on_from_the_checkpoint(
    tmp_path: Path, clip: bytes, address: str
) -> None:
    uncut = finished(upload(address, clip))["result"]
    data, kills, shares = tmp_path / "data", 0, [0.0]
    settings = {"clip_lease_s": 0.5, "checkpoint_s": 0.1, "janitor_s": 0.2}
    with KillableServer(data, delay_s=0.02, **settings) as server:
        url = upload(f"127.0.0.1:{server.port}", clip)
        while True:
            found = look(url)
            shares.append(found["progress"])
            if found["status"] not in {"queued", "running"}:
                break
            if kills < 4 and found["progress"] > 0.2 * (kills + 1):
                server.kill()
                server.start()
                kills += 1
            time.sleep(0.01)
        until(lambda: not [*(data / "work").iterdir()])
    assert (found["status"], kills) == ("succeeded", 4)
    assert found["result"] == uncut
    assert shares == sorted(shares)


def test_a_clip_that_always_ends_the_server_is_given_up(tmp_path: Path, clip: bytes) -> None:
    data = tmp_path / "data"
    settings = {"clip_lease_s": 0.5, "checkpoint_s": 60, "max_clip_attempts": 2}
    with KillableServer(data, delay_s=0.05, **settings) as server:
        url = upload(f"127.0.0.1:{server.port}", clip)
        for _ in range(2):
            until(lambda: look(url)["status"] == "running")
            server.kill()
            server.start()
            time.sleep(0.6)  # its lease has to run out
        found = finished(url)
    assert (found["status"], found["error"]["code"]) == ("failed", "gave_up")


def test_two_servers_on_one_database_share_the_clips(tmp_path: Path, clip: bytes) -> None:
    """Each clip is counted once: frames looked at would be more otherwise."""
    data = tmp_path / "data"
    with (
        KillableServer(data, delay_s=0.001) as one,
        KillableServer(data, delay_s=0.001) as other,
    ):
        urls = [upload(f"127.0.0.1:{(one, other)[n % 2].port}", clip) for n in range(12)]
        results = [finished(url) for url in urls]
        scraped = [
            httpx2.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False).text
            for server in (one, other)
        ]
    assert {found["status"] for found in results} == {"succeeded"}
    counted = [_processed(text) for text in scraped]
    assert sum(counted) == len(LEVELS) * len(urls)
    assert min(counted) > 0


def _processed(metrics: str) -> float:
    name = 'blazereps_observations_processed_total{input="clip"}'
    return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith(name))


def test_a_stopped_server_gives_back_what_it_works_on(
    tmp_path: Path, clip: bytes, serve: Serve
) -> None:
    engine = FakeEngine(delay_s=0.02)
    with serve(engine, data=tmp_path / "data") as address:
        url = upload(address, clip)
        until(lambda: look(url)["progress"])
    with serve(data=tmp_path / "data") as address:
        found = finished(url.replace(url.split("/")[2], address))
    assert found["status"] == "succeeded"
    assert found["result"]["counts"] == {"squat": 10}
