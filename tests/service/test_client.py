"""The Python client against a real server."""

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import pytest

from blazereps_client import (
    Arm,
    ImageAt,
    LiveError,
    Media,
    Outputs,
    PoseAt,
    SessionStart,
    VideoAt,
    backoff,
    opening,
    pace,
)
from blazereps_client import connect as connect_async
from blazereps_client import session as session_module
from blazereps_client.messages import (
    CountingChangedMessage,
    ErrorMessage,
    EventMessage,
    GoingAway,
    GuidanceMessage,
    HoldEndedMessage,
    HoldStartedMessage,
    Pong,
    RepCountedMessage,
    ServerMessage,
    SessionCreated,
    SessionResumed,
    SessionSummary,
    SessionUpdated,
    SetEndedMessage,
    Subject,
    UnknownCountedMessage,
)
from blazereps_client.results import Tally
from blazereps_client.sync import LiveSession, connect, stream
from blazereps_client.wire import WireError
from service.tenants import new_key
from tests.pose_engine.fakes import encoded_video
from tests.service.conftest import Serve
from tests.service.fakes import (
    HOLD,
    REP,
    SHALLOW_REP,
    TOP,
    WAVES,
    FakeEngine,
    encoded,
    grey_pose,
)
from tests.service.observed import pose_at
from tests.service.proxy import Proxy, proxied
from tests.service.talk import talking

LANDMARKS = SessionStart(exercise="squat", input="landmarks", pacing="lossless")
LOSSLESS = SessionStart(exercise="squat", pacing="lossless", outputs=Outputs(state_hz=0))


def url(address: str) -> str:
    return f"ws://{address}/v1/live"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)


def images(levels: tuple[int, ...]) -> Iterator[ImageAt]:
    return (ImageAt(i / 10, encoded(level)) for i, level in enumerate(levels))


def poses(levels: tuple[int, ...], first: int = 0) -> list[PoseAt]:
    return [
        pose_at(i / 10, grey_pose(level) if level else None)
        for i, level in enumerate(levels, first)
    ]


def ping_for_ever(session: LiveSession) -> None:
    while True:
        session.ping()


def events(heard: list[ServerMessage]) -> list[ServerMessage]:
    return [message for message in heard if isinstance(message, EventMessage)]


def tally(summary: ServerMessage) -> dict[str, Any]:
    assert isinstance(summary, SessionSummary)
    return {name: getattr(summary, name) for name in Tally.model_fields}


def cut_at_times(proxy: Proxy, chance: random.Random) -> None:
    for _ in range(4):
        time.sleep(chance.random() * 0.3)
        proxy.cut()


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
    *_, summary = stream(url(address), poses((*REP, 0)), start)
    assert isinstance(summary, SessionSummary)
    assert (summary.counts, summary.processed) == ({"squat": 1}, 9)


def test_everything_that_is_told_is_typed(address: str) -> None:
    start = LOSSLESS.model_copy(update={"unknown": True})
    levels = REP + SHALLOW_REP + HOLD + WAVES
    by_type = {type(message): message for message in stream(url(address), images(levels), start)}
    rep, hold = by_type[RepCountedMessage], by_type[HoldEndedMessage]
    assert isinstance(rep, RepCountedMessage)
    assert (rep.grade, rep.measures["knee_bottom"].unit) == ("full", "degrees")
    assert isinstance(hold, HoldEndedMessage)
    assert hold.held_s == 0.5
    assert {SetEndedMessage, HoldStartedMessage, UnknownCountedMessage} <= by_type.keys()
    guidance = by_type[GuidanceMessage]
    assert isinstance(guidance, GuidanceMessage)
    assert guidance.advice == "go_deeper"


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
    threads = threading.active_count()

    def endless() -> Iterator[Media]:
        at_s = 0.0
        while True:
            at_s += 0.1
            yield ImageAt(at_s, encoded(200))

    with serve(FakeEngine(delay_s=0.01)) as address:
        for message in stream(url(address), endless(), LOSSLESS):
            if message.type == "ack":
                break
    give_up_s = time.monotonic() + 5  # the server's idle threads end when they come to it
    while threading.active_count() > threads and time.monotonic() < give_up_s:
        time.sleep(0.05)
    assert threading.active_count() <= threads


def test_a_session_can_be_held_by_hand(address: str) -> None:
    with connect(url(address), LOSSLESS) as session:
        assert session.created.exercises == ("squat",)
        session.ping("hello")
        assert [session.send(ImageAt(i, encoded(200))) for i in range(3)] == [0, 1, 2]
        summary = session.end()
        heard = [*session]
    assert [m.nonce for m in heard if isinstance(m, Pong)] == ["hello"]
    assert heard[-1] == summary


def test_everything_can_be_asked_for_on_the_way(address: str) -> None:
    with connect(url(address), LANDMARKS) as session:
        counted: list[str] = []
        session.on(CountingChangedMessage, lambda change: counted.append(change.counting))
        session.on(RepCountedMessage, lambda rep: counted.append(rep.exercise))
        session.send_batch(poses(REP * 2))
        session.pause()
        session.send_batch(poses(REP, 20))
        session.resume(Arm(countdown_s=0.3))
        session.send_batch(poses((TOP, TOP, TOP, TOP, *REP), 40))
        session.reset()
        session.update(exercise="push_up")
        session.send_batch(poses(REP, 60))
        assert session.end().counts == {"push_up": 1}
        assert session.config.exercise == "push_up"
    changes = ["paused", "arming", "counting", "squat", "counting", "push_up"]
    assert counted == ["squat", "squat", *changes]


def test_somebody_else_is_followed_or_nobody_in_particular(address: str) -> None:
    somebody = Subject(x=0.2, y=0.5)
    with connect(url(address), SessionStart(exercise="squat", subject=somebody)) as session:
        followed = []
        for change in ({"exercise": "push_up"}, {"subject": None}, {"subject": somebody}):
            session.update(**change)
            next(message for message in session if isinstance(message, SessionUpdated))
            followed.append(session.config.subject)
        assert session.config.exercise == "push_up"
    assert followed == [somebody, None, somebody]


def test_a_batch_may_be_longer_than_a_message_may(address: str) -> None:
    with connect(url(address), LANDMARKS) as session:
        assert session.send_batch(poses(REP * 20)) == range(160)
        assert session.end().counts == {"squat": 20}


@pytest.mark.parametrize("cuts", [(2000,), (1500, 3000, 1, 9000, 20_000)], ids=str)
def test_cut_connections_change_nothing(address: str, cuts: tuple[int, ...]) -> None:
    with proxied(address, *cuts) as proxy:
        cut = [*stream(url(proxy.address), images(REP * 25), LOSSLESS)]
    whole = [*stream(url(address), images(REP * 25), LOSSLESS)]
    assert proxy.connections == len(cuts) + 1
    assert events(cut) == events(whole)
    assert tally(cut[-1]) == tally(whole[-1])
    assert [message.counts for message in cut if isinstance(message, SessionSummary)] == [
        {"squat": 25}
    ]


def test_cut_landmarks_in_batches_change_nothing(address: str) -> None:
    levels = REP * 40
    with (
        proxied(address, 30_000, 70_000) as proxy,
        connect(url(proxy.address), LANDMARKS) as session,
    ):
        for start in range(0, len(levels), 20):
            session.send_batch(poses(levels[start : start + 20], start))
        summary = session.end()
        heard = [*session]
    assert (summary.counts, summary.processed) == ({"squat": 40}, len(levels))
    assert (summary.refused, summary.dropped) == (0, 0)
    assert proxy.connections == 3
    counts = [one.count for one in heard if isinstance(one, RepCountedMessage)]
    assert counts == list(range(1, 41))


@pytest.mark.parametrize("seed", range(6))
def test_cuts_at_any_time_change_nothing(address: str, seed: int) -> None:
    chance = random.Random(seed)
    with proxied(address) as proxy, connect(url(proxy.address), LANDMARKS) as session:
        cutting = threading.Thread(target=lambda: cut_at_times(proxy, chance))
        cutting.start()
        for pose in poses(REP * 50):
            session.send(pose)
            time.sleep(chance.random() * 0.004)
        cutting.join()
        summary = session.end()
        heard = [*session]
    assert (summary.counts, summary.processed) == ({"squat": 50}, 400)
    counts = [one.count for one in heard if isinstance(one, RepCountedMessage)]
    assert counts == list(range(1, 51))
    assert proxy.connections > 1


@pytest.mark.parametrize("cuts", [(), (1800,)], ids=str)
def test_encoded_video_is_streamed_and_goes_on_at_a_key_frame(
    address: str, cuts: tuple[int, ...]
) -> None:
    start = LOSSLESS.model_copy(update={"input": "video", "codec": "h264"})
    levels = [TOP] * 40 + [*REP]
    chunks = [VideoAt(us / 1e6, data, key) for data, us, key in encoded_video("h264", levels)]
    with proxied(address, *cuts) as proxy, connect(url(proxy.address), start) as session:
        for chunk in chunks:
            session.send(chunk)
        summary = session.end()
        faults = [one for one in session if isinstance(one, ErrorMessage)]
    assert (summary.counts, faults) == ({"squat": 1}, [])
    assert summary.processed + session.given_up == len(levels)
    assert proxy.connections == len(cuts) + 1


def test_a_cut_live_session_keeps_its_counts(address: str) -> None:
    media = (ImageAt(i / 10, encoded(level)) for i, level in enumerate(REP * 12))
    with proxied(address) as proxy, connect(url(proxy.address)) as session:
        for number, image in enumerate(media):
            if number in (30, 60):
                proxy.cut()
            session.send(image)
            time.sleep(0.01)
        summary = session.end()
    assert proxy.connections == 3
    assert summary.processed + summary.dropped == 96
    assert session.given_up == 0


def test_live_frames_that_come_late_are_counted_too(serve: Serve) -> None:
    """The network is away for two seconds; what is sent again comes faster than it is looked at."""
    start = SessionStart(exercise="squat", adaptive=False)
    with (
        serve(FakeEngine(delay_s=0.03)) as address,
        proxied(address) as proxy,
        connect(url(proxy.address), start) as session,
    ):
        began_s = time.monotonic()
        for number, level in enumerate(REP * 6):
            time.sleep(max(0, began_s + number / 10 - time.monotonic()))
            proxy.down = 13 <= number < 33
            if number == 13:
                proxy.cut()
            if session.ready:
                session.send(ImageAt(number / 10, encoded(level)))
        summary = session.end()
    # A busy machine may be late by itself, but not for all of them: without the late ones 3 count.
    assert summary.counts["squat"] >= 5
    assert summary.dropped <= 3


def test_a_network_that_falls_silent_is_left(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PING_EVERY_S", 0.2)
    monkeypatch.setattr(session_module, "LIVE_PATIENCE_S", 0.3)
    start = SessionStart(exercise="squat", input="landmarks")
    with proxied(address) as proxy, connect(url(proxy.address), start) as session:
        session.send_batch(poses(REP * 5))
        proxy.silence()
        session.send_batch(poses(REP * 5, 40))
        assert session.end().counts == {"squat": 10}
    assert proxy.connections == 2


@pytest.mark.anyio
async def test_a_cut_session_over_asyncio(address: str) -> None:
    with proxied(address, 2000, 4000) as proxy:
        async with connect_async(url(proxy.address), LOSSLESS) as session:
            for image in images(REP * 5):
                await session.send(image)
            assert (await session.end()).counts == {"squat": 5}
    assert proxy.connections == 3


def test_a_server_that_restarts_is_waited_for(serve: Serve, tmp_path: Path) -> None:
    first = serve(data=tmp_path)
    port = int(first.__enter__().rsplit(":", 1)[1])
    with connect(f"ws://127.0.0.1:{port}/v1/live", LOSSLESS) as session:
        pictures = images(REP * 4)
        for image in islice(pictures, 20):
            session.send(image)
        first.__exit__(None, None, None)
        with serve(data=tmp_path, port=port):
            for image in pictures:
                session.send(image)
            summary = session.end()
            heard = [*session]
    assert summary.counts == {"squat": 4}
    assert [one for one in heard if isinstance(one, GoingAway)]
    assert [one.epoch for one in heard if isinstance(one, SessionResumed)] == [2]


def test_a_camera_skips_what_the_server_would_not_get_to(serve: Serve) -> None:
    with serve(FakeEngine(delay_s=0.03)) as address, connect(url(address)) as session:
        taken = 0
        for image in images((TOP,) * 100):
            if session.ready:
                session.send(image)
                taken += 1
            time.sleep(0.005)
        summary = session.end()
    assert (summary.processed, summary.dropped) == (taken, 0)
    assert 10 <= taken <= 60


def test_without_resume_a_cut_is_the_end(address: str) -> None:
    with (
        proxied(address, 2000) as proxy,
        pytest.raises(LiveError, match="connection_lost") as caught,
    ):
        [*stream(url(proxy.address), images(REP * 9), LOSSLESS, resume=False)]
    assert (caught.value.close_code, caught.value.recoverable) == (1006, True)


def test_who_is_superseded_does_not_come_back(address: str) -> None:
    with connect(url(address), LOSSLESS) as session:
        session.send(ImageAt(0.0, encoded(TOP)))
        with talking(address) as thief:
            thief.say({
                "type": "session.resume",
                "session_id": session.created.session_id,
                "resume_token": session.created.resume_token,
            })  # fmt: skip
            thief.hear("session.resumed")
            with pytest.raises(LiveError, match="superseded") as caught:
                list(session)
    assert caught.value.close_code == 4409


def test_a_session_that_is_too_long_gives_its_summary(serve: Serve) -> None:
    told = list[ServerMessage]()
    with serve(max_session_s=1) as address, connect(url(address), LANDMARKS) as session:
        session.send_batch(poses(REP))
        with pytest.raises(LiveError, match="session_too_long: a connection may last 1 s"):
            told += list(session)
        with pytest.raises(LiveError, match="session_too_long") as caught:
            session.send(PoseAt(9.0, None))
        assert session.end() == session.summary
        assert session.end().counts == {"squat": 1}
    assert caught.value.close_code == 4408


def test_who_was_too_loud_hears_the_summary(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SHARE", 100)
    with (
        serve(max_messages_hz=10) as address,
        connect(url(address), LANDMARKS) as session,
    ):
        session.send_batch(poses(REP))
        with pytest.raises(LiveError, match="flood"):
            ping_for_ever(session)
        assert session.end().counts == {"squat": 1}


def test_a_key_opens_a_session(serve: Serve) -> None:
    key = new_key()
    with serve(keys={"app": key}) as guarded:
        with pytest.raises(LiveError, match="unauthorized"), connect(url(guarded)):
            pass
        with proxied(guarded, 2000) as proxy:
            told = [*stream(url(proxy.address), images(REP * 2), LOSSLESS, key=key)]
    assert tally(told[-1])["counts"] == {"squat": 2}


def test_a_ticket_and_a_token_open_a_session(serve: Serve) -> None:
    bearer = {"Authorization": f"Bearer {(key := new_key())}"}
    with serve(keys={"app": key}) as guarded:
        with httpx2.Client(base_url=f"http://{guarded}", headers=bearer) as rest:
            ticket = rest.post("/v1/live/tickets").json()["ticket"]
            body = {"user": "somebody", "expires_in_s": 60}
            token = rest.post("/v1/tokens", json=body).json()["token"]
        for who in ({"ticket": ticket}, {"token": token}):
            *_, summary = stream(url(guarded), images(REP), LOSSLESS, **who)
            assert tally(summary)["counts"] == {"squat": 1}
        with pytest.raises(LiveError, match="unauthorized"), connect(url(guarded), ticket=ticket):
            pass


def test_errors_are_told_in_the_servers_words(address: str, serve: Serve) -> None:
    with pytest.raises(LiveError, match=r"unknown_exercise: .*'yoga'") as caught:
        [*stream(url(address), (), SessionStart(exercise="yoga"))]
    assert caught.value.close_code == 4404
    with pytest.raises(LiveError, match="cannot connect"):
        [*stream("ws://127.0.0.1:1/v1/live", ())]
    with (
        serve(max_sessions=1) as small,
        connect(url(small)),
        pytest.raises(LiveError, match="over_capacity") as caught,
        connect(url(small)),
    ):
        pass
    assert (caught.value.recoverable, caught.value.retry_after_s) == (True, 5)


def test_a_session_in_which_nothing_is_sent_is_not_idle(serve: Serve) -> None:
    with serve(idle_s=0.6) as hasty, connect(url(hasty), LANDMARKS) as session:
        time.sleep(1.5)
        session.send_batch(poses(REP))
        assert session.end().counts == {"squat": 1}
        assert not [one for one in session if isinstance(one, Pong | SessionResumed)]


def test_what_would_cut_the_connection_off_is_not_sent(serve: Serve) -> None:
    limits = {"max_frame_bytes": 50_000, "max_message_bytes": 100_000}
    with serve(**limits) as address, connect(url(address), LOSSLESS) as session:
        with pytest.raises(WireError, match="100000 bytes, not 100001"):
            session.send(ImageAt(0.0, bytes(99_985)))
        for image in images(REP):
            session.send(image)
        assert session.end().counts == {"squat": 1}
        assert not [one for one in session if isinstance(one, SessionResumed)]


def test_a_refused_observation_is_told_and_the_session_goes_on(address: str) -> None:
    with connect(url(address), LOSSLESS) as session:
        session.send(ImageAt(0.0, b"no picture"))
        for image in images(REP):
            session.send(replace(image, at_s=image.at_s + 1))
        assert session.end().counts == {"squat": 1}
        faults = [one for one in session if isinstance(one, ErrorMessage)]
    assert [(one.code, one.seq) for one in faults] == [("unsupported_format", 0)]


def test_a_batch_that_is_refused_as_a_whole_keeps_nobody_waiting(address: str) -> None:
    nowhere = replace(poses(REP)[0], points=[[float("nan")] * 3] * 33)
    with connect(url(address), LANDMARKS) as session:
        session.send_batch([replace(nowhere, at_s=n / 100) for n in range(40)])
        error = next(one for one in session if isinstance(one, ErrorMessage))
        assert (error.code, error.seq, session.ready) == ("invalid_landmarks", 0, True)
        session.send_batch(poses(REP, 10))
        assert session.end().counts == {"squat": 1}
