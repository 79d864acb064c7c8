"""The Python client against a real server."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from classifiers.events import Advice, Grade, Unit
from service.client import ImageAt, LiveError, Media, PoseAt, connect, stream
from service.messages import (
    GuidanceMessage,
    HoldEndedMessage,
    HoldStartedMessage,
    Outputs,
    Pong,
    RepCountedMessage,
    ServerMessage,
    SessionCreated,
    SessionStart,
    SessionSummary,
    SetEndedMessage,
    UnknownCountedMessage,
)
from tests.service.conftest import Serve
from tests.service.fakes import HOLD, REP, SHALLOW_REP, WAVES, FakeEngine, encoded, grey_pose

LOSSLESS = SessionStart(exercise="squat", pacing="lossless", outputs=Outputs(state_hz=0))


def url(address: str) -> str:
    return f"ws://{address}/v1/live"


def images(levels: tuple[int, ...]) -> Iterator[Media]:
    return (ImageAt(i / 10, encoded(level)) for i, level in enumerate(levels))


def test_images_are_streamed_and_counted(address: str) -> None:
    heard = [*stream(url(address), images(REP * 3), LOSSLESS)]
    assert isinstance(heard[0], SessionCreated)
    assert isinstance(heard[-1], SessionSummary)
    reps = [message for message in heard if isinstance(message, RepCountedMessage)]
    assert [rep.count for rep in reps] == [1, 2, 3]
    assert heard[-1].counts == {"squat": 3}
    assert heard[-1].processed == 24


def test_poses_are_streamed_and_counted(address: str) -> None:
    start = SessionStart(input="landmarks")
    media = [
        PoseAt(i / 10, grey_pose(level) if level else None) for i, level in enumerate((*REP, 0))
    ]
    *_, summary = stream(url(address), media, start)
    assert isinstance(summary, SessionSummary)
    assert (summary.counts, summary.processed) == ({"squat": 1}, 9)


def test_everything_that_is_told_is_typed(address: str) -> None:
    start = LOSSLESS.model_copy(update={"unknown": True})
    levels = REP + SHALLOW_REP + HOLD + WAVES
    by_type = {type(message): message for message in stream(url(address), images(levels), start)}
    rep, hold = by_type[RepCountedMessage], by_type[HoldEndedMessage]
    assert isinstance(rep, RepCountedMessage)
    assert (rep.grade, rep.measures["knee_bottom"].unit) == (Grade.FULL, Unit.DEGREES)
    assert isinstance(hold, HoldEndedMessage)
    assert hold.held_s == 0.5
    assert {SetEndedMessage, HoldStartedMessage, UnknownCountedMessage} <= by_type.keys()
    guidance = by_type[GuidanceMessage]
    assert isinstance(guidance, GuidanceMessage)
    assert guidance.advice is Advice.GO_DEEPER


def test_realtime_keeps_the_medias_own_pace(address: str) -> None:
    began = time.monotonic()
    [*_] = stream(url(address), images(REP), LOSSLESS, realtime=True)
    assert 0.7 <= time.monotonic() - began < 3


def test_a_fault_in_the_media_is_raised_after_the_summary(address: str) -> None:
    def broken() -> Iterator[Media]:
        yield from images(REP)
        raise ValueError("the camera was unplugged")

    heard: list[ServerMessage] = []
    with pytest.raises(ValueError, match="unplugged"):
        heard.extend(stream(url(address), broken(), LOSSLESS))
    assert isinstance(heard[-1], SessionSummary)


def test_leaving_early_stops_the_sender(serve: Serve) -> None:
    def endless() -> Iterator[Media]:
        at_s = 0.0
        while True:
            at_s += 0.1
            yield ImageAt(at_s, encoded(200))

    with serve(FakeEngine(delay_s=0.01)) as address:
        for message in stream(url(address), endless(), LOSSLESS):
            if message.type == "ack":
                break
    for _ in range(100):
        if not any(t.name.startswith("ThreadPoolExecutor") for t in threading.enumerate()):
            return
        time.sleep(0.05)
    raise AssertionError("the sender is still running")


def test_a_session_can_be_held_by_hand(address: str) -> None:
    with connect(url(address), LOSSLESS) as session:
        assert session.created.exercises == ("squat",)
        session.ping("hello")
        assert [session.send(ImageAt(i, encoded(200))) for i in range(3)] == [0, 1, 2]
        session.end()
        heard = [*session]
    assert Pong(nonce="hello") in heard
    assert isinstance(heard[-1], SessionSummary)


def test_errors_are_told_in_the_servers_words(address: str, serve: Serve) -> None:
    with pytest.raises(LiveError, match=r"unknown_exercise: .*'yoga'"):
        [*stream(url(address), (), SessionStart(exercise="yoga"))]
    with pytest.raises(LiveError, match="cannot connect"):
        [*stream("ws://127.0.0.1:1/v1/live", ())]
    with (
        serve(max_sessions=1) as small,
        connect(url(small)),
        pytest.raises(LiveError, match=r"503.*over_capacity"),
        connect(url(small)),
    ):
        pass
    with (
        serve(idle_s=0.2) as hasty,
        connect(url(hasty)) as session,
        pytest.raises(LiveError, match=r"idle: nothing was sent for 0\.2 s"),
    ):
        list(session)


SERVER_PACKAGES = (
    "fastapi",
    "starlette",
    "uvicorn",
    "onnxruntime",
    "sklearn",
    "cv2",
    "av",
    "typer",
)


def test_it_needs_nothing_of_the_server() -> None:
    block = f"import sys; sys.modules.update(dict.fromkeys({SERVER_PACKAGES!r}))"
    script = f"{block}; import service.client"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
