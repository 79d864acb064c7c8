"""A clip uploaded, counted, streamed and replayed as landmarks gives the same events."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from blazereps_client import ImageAt, Outputs, PoseAt, SessionStart
from blazereps_client.messages import SessionSummary
from blazereps_client.results import ClipResult, Tally
from blazereps_client.sync import stream
from blazereps_client.wire import Header, Kind
from pose_engine.clips import Clip
from pose_engine.frames import Frame
from service.app import create_app
from service.core import Core
from service.count import count_clip
from service.server import serving
from service.settings import Settings
from tests.service.bundled import cut, real_core
from tests.service.fakes import (
    HOLD,
    NOBODY,
    REP,
    REST,
    SHALLOW_REP,
    WAVES,
    FakeEngine,
    FakeLibrary,
    write_clip,
)
from tests.service.observed import pose_at
from tests.service.talk import Talk, resume, talking

FPS = 10.0


@pytest.fixture(params=["fake", "real"])
def way_in(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Core, Path]:
    if request.param == "fake":
        levels = REP + SHALLOW_REP + REST + HOLD + WAVES + (NOBODY, NOBODY) + REP + REP[:5]
        return Core(FakeEngine(), FakeLibrary()), write_clip(tmp_path / "clip.mp4", levels)
    return real_core(), cut("squat_front", 7, tmp_path)


def test_every_way_in_gives_the_same_events(way_in: tuple[Core, Path]) -> None:
    core, clip = way_in
    settings = Settings(port=0)
    counted = count(core, clip, adaptive=False)
    with serving(create_app(settings, core.engine, core.library), settings) as address:
        uploaded = upload(address, clip)
        images = (ImageAt(at_s, png(frame)) for at_s, frame in frames(clip))
        streamed = summary(address, images, "frames", adaptive=False)
        replayed = summary(address, poses(core, clip), "landmarks")
        posted = post(address, poses(core, clip))
    assert counted.counts
    if isinstance(core.library, FakeLibrary):
        assert all(tally(counted).values()), "the clip has some of everything"
    assert uploaded == counted.model_dump(mode="json")
    assert tally(streamed) == tally(counted)
    assert tally(replayed) == tally(counted)
    assert posted == Tally(**tally(counted)).model_dump(mode="json")
    assert streamed.processed == replayed.processed == counted.frames
    assert streamed.passed_over == 0


def test_live_pictures_are_looked_at_as_closely_as_a_clip_s(way_in: tuple[Core, Path]) -> None:
    core, clip = way_in
    counted, settings = count(core, clip), Settings(port=0)
    with serving(create_app(settings, core.engine, core.library), settings) as address:
        images = (ImageAt(at_s, png(frame)) for at_s, frame in frames(clip))
        streamed = summary(address, images, "frames")
    assert tally(streamed) == tally(counted)
    assert streamed.processed - streamed.passed_over == counted.frames
    if not isinstance(core.library, FakeLibrary):  # in whose clip everything moves
        assert streamed.passed_over > 0


def test_a_session_that_is_cut_gives_the_same_events(way_in: tuple[Core, Path]) -> None:
    core, clip = way_in
    shots = [(round(at_s * 1e6), png(frame)) for at_s, frame in frames(clip)]
    settings = Settings(port=0)
    with serving(create_app(settings, core.engine, core.library), settings) as address:
        whole = summary(address, (ImageAt(at / 1e6, data) for at, data in shots), "frames")
        with talking(address) as talk:
            created = talk.start(pacing="lossless", unknown=True, outputs={"state_hz": 0})
            send(talk, shots, 0, len(shots) // 3)
        for last in (2 * len(shots) // 3, len(shots)):
            with talking(address) as talk:
                done = resume(talk, created)["resumed_at_seq"]
                send(talk, shots, done + 1, last)
                told = talk.end() if last == len(shots) else {}
    told.pop("queue_ms")
    assert told == whole.model_dump(mode="json", exclude={"queue_ms"})


def test_many_at_once_are_counted_as_each_alone(tmp_path: Path) -> None:
    """What waits of several sessions, each of another exercise, is looked at together."""
    core, settings = real_core(), Settings(port=0)
    seen = [*poses(core, cut("squat_front", 7, tmp_path))]
    names = ["auto", *(one.name for one in core.library.exercises)]
    with serving(create_app(settings, core.engine, core.library), settings) as address:
        count_one = partial(summary, address, seen, "landmarks")
        alone = [tally(count_one(exercise=name)) for name in names]
        with ThreadPoolExecutor(4 * len(names)) as threads:
            wanted = [threads.submit(count_one, exercise=name) for name in 4 * names]
            together = [tally(one.result()) for one in wanted]
    assert alone[0]["counts"]["squat"] > 0
    assert together == 4 * alone


def send(talk: Talk, shots: list[tuple[int, bytes]], first: int, last: int) -> None:
    """And do not leave before the last of them is done with."""
    for seq in range(first, last):
        talk.say(Header(Kind.IMAGE, seq, shots[seq][0]).pack() + shots[seq][1])
    if last < len(shots):
        while talk.hear("ack")["seq"] < last - 1:
            pass


def count(core: Core, clip: Path, *, adaptive: bool = True) -> ClipResult:
    return count_clip(
        clip,
        core,
        name=clip.name,
        exercise="auto",
        unknown=True,
        fps=FPS,
        adaptive=adaptive,
        limits=Settings().clip_limits,
    )


def tally(result: Tally) -> dict[str, Any]:
    return {name: getattr(result, name) for name in Tally.model_fields}


def frames(clip: Path) -> Iterator[tuple[float, Frame]]:
    with Clip.open(clip) as opened:
        yield from opened.frames(FPS)


def png(frame: Frame) -> bytes:
    out = BytesIO()
    Image.fromarray(frame.pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def poses(core: Core, clip: Path) -> Iterator[PoseAt]:
    tracker = core.engine.tracker()
    for seconds, frame in frames(clip):
        at_s = round(seconds, 6)
        yield pose_at(at_s, tracker.track(frame, at_s))


def summary(
    address: str, media: Any, kind: Any, *, adaptive: bool = True, exercise: str = "auto"
) -> SessionSummary:
    start = SessionStart(
        exercise=exercise,
        input=kind,
        pacing="lossless",
        adaptive=adaptive,
        unknown=True,
        outputs=Outputs(state_hz=0),
    )
    *_, last = stream(f"ws://{address}/v1/live", media, start)
    assert isinstance(last, SessionSummary)
    return last


def post(address: str, observations: Iterator[PoseAt]) -> Any:
    batch = {"unknown": True, "observations": [asdict(one) for one in observations]}
    answer = httpx2.post(f"http://{address}/v1/landmarks", json=batch)
    assert answer.status_code == 200, answer.text
    return answer.json()


def upload(address: str, clip: Path) -> Any:
    with clip.open("rb") as file, httpx2.Client(base_url=f"http://{address}") as rest:
        params = {"fps": FPS, "adaptive": False, "unknown": True}
        answer = rest.post("/v1/clips", params=params, files={"file": (clip.name, file)})
        for _ in range(1000):
            job = rest.get(answer.headers["location"]).json()
            if job["status"] == "succeeded":
                return job["result"]
            assert job["status"] != "failed", job["error"]
            time.sleep(0.05)
    raise AssertionError("the job never finished")
