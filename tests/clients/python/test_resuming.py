"""Connections that are cut, and sessions that go on, or end early."""

import asyncio
import time
from typing import Any

import pytest

from blazereps_client import (
    ImageAt,
    LiveError,
    SessionStart,
    VideoAt,
    backoff,
    connect,
    stream,
)
from blazereps_client.messages import KeyframeRequest, SessionResumed
from tests.clients.python.fake_server import REP_EVERY, Cut, FakeServer, serving
from tests.clients.python.streams import LOSSLESS, events, images, send_all, send_for_ever

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_once")]


@pytest.mark.parametrize(
    "cut",
    [
        Cut(12),
        Cut(12, 1001),
        Cut(12, 1011),
        Cut(12, 1012),
        Cut(12, 1012, error="shutting_down"),
        Cut(0),
    ],
    ids=str,
)
async def test_a_lost_session_is_resumed_where_it_was(cut: Cut) -> None:
    with serving(FakeServer(cuts=[cut, Cut(5), Cut(0)])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            summary = await send_all(session, 40)
            told = [message async for message in session]
    assert fake.live.log == list(range(40))
    assert summary.counts == {"squat": 8}
    assert events(told) == list(range(1, 9))
    assert [one.epoch for one in told if isinstance(one, SessionResumed)] == [2, 3, 4]
    assert session.given_up == 0


async def test_live_media_is_kept_while_the_connection_is_lost() -> None:
    with serving(FakeServer(cuts=[Cut(3)], refusals=[])) as fake:
        async with connect(fake.url) as session:
            for image in images(10):
                await session.send(image)
            fake.refusals.append((503, "over_capacity"))
            summary = await session.end()
    assert fake.live.log == list(range(10))
    assert summary.processed == 10


async def test_a_server_that_comes_back_late_is_waited_for() -> None:
    refusals = [(503, "shutting_down"), (502, "bad_gateway"), (503, "over_capacity")]
    with serving(FakeServer(cuts=[Cut(4)])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = refusals
            assert (await send_all(session, 20)).processed == 20
    assert not fake.refusals


async def test_a_key_frame_is_asked_for_as_soon_as_video_loses_its_connection() -> None:
    video = SessionStart(input="video", codec="vp8")
    with serving(FakeServer(cuts=[Cut(3)], refusals=[])) as fake:
        async with connect(fake.url, video) as session:
            asked = asyncio.Event()
            session.on(KeyframeRequest, lambda _: asked.set())
            for n in range(3):
                await session.send(VideoAt(n / 10, b"chunk", key=n == 0))
            async with asyncio.timeout(5):
                await asked.wait()
            await session.send(VideoAt(0.3, b"chunk", key=True))
            await session.send(VideoAt(0.4, b"chunk", key=False))
            await session.end()
    assert fake.live.log[-2:] == [3, 4]


async def test_no_key_frame_is_asked_for_where_nothing_is_resumed() -> None:
    video, asked = SessionStart(input="video", codec="vp8"), list[KeyframeRequest]()
    with serving(FakeServer(cuts=[Cut(1)])) as fake:
        async with connect(fake.url, video, resume=False) as session:
            session.on(KeyframeRequest, asked.append)
            await session.send(VideoAt(0.0, b"chunk", key=True))
            with pytest.raises(LiveError, match="connection_lost"):
                await session.end()
            await asyncio.sleep(0.01)  # callbacks come later
    assert not asked


async def test_what_was_said_before_the_cut_is_said_again_in_its_place() -> None:
    with serving(FakeServer(cuts=[Cut(4)], store_every=100)) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            await session.send(ImageAt(0.0, b""))
            await session.update(exercise="squat")
            for image in images(4):
                await session.send(image)
            await session.end()
    assert fake.live.log == [0, "session.update", 1, 2, 3, 4]


async def test_a_session_that_is_not_to_be_resumed_ends_with_its_connection() -> None:
    with serving(FakeServer(cuts=[Cut(2, 1012)])) as fake:
        async with connect(fake.url, LOSSLESS, resume=False) as session:
            with pytest.raises(LiveError) as caught:
                await send_all(session, 10)
    lost = caught.value
    assert (lost.code, lost.close_code, lost.recoverable) == ("connection_lost", 1012, True)
    assert fake.epoch == 1


@pytest.mark.parametrize(
    ("cut", "code"),
    [
        (Cut(2, 1000), "connection_lost"),
        (Cut(2, 1009), "connection_lost"),
        (Cut(2, 4409, error="superseded"), "superseded"),
    ],
    ids=str,
)
async def test_what_is_final_is_not_resumed(cut: Cut, code: str) -> None:
    with serving(FakeServer(cuts=[cut])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            with pytest.raises(LiveError) as caught:
                await send_all(session, 10)
            with pytest.raises(LiveError) as again:
                [message async for message in session]
    assert (caught.value.code, caught.value.close_code) == (code, cut.code)
    assert again.value is caught.value
    assert not caught.value.recoverable
    assert fake.epoch == 1


@pytest.mark.parametrize("cut", [Cut(2, 4408, error="idle"), Cut(12, 4429, error="flood")], ids=str)
async def test_after_a_limit_the_summary_is_heard_and_then_what_ended_it(cut: Cut) -> None:
    assert cut.error
    with serving(FakeServer(cuts=[cut])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            with pytest.raises(LiveError, match=cut.error) as caught:
                await send_for_ever(session)
            assert caught.value.close_code == cut.code
            summary = await session.end()
            told = aiter(session)
            while await anext(told) is not summary:
                pass
            with pytest.raises(LiveError, match=cut.error):
                await anext(told)
    assert fake.epoch == 2
    sent = [one for one in fake.live.log if isinstance(one, int)]
    assert sent == list(range(summary.processed))
    assert summary.processed >= cut.after
    assert sum(summary.counts.values()) == len(sent) // REP_EVERY


async def test_after_a_limit_who_may_not_come_back_hears_what_it_was() -> None:
    once: tuple[dict[str, Any], ...] = ({"resume": False}, {"ticket": "abc"})
    for more in once:
        with serving(FakeServer(cuts=[Cut(2, 4408, error="idle")])) as fake:
            async with connect(fake.url, LOSSLESS, **more) as session:
                with pytest.raises(LiveError, match="idle") as caught:
                    await send_all(session, 10)
        assert (caught.value.close_code, caught.value.recoverable, fake.epoch) == (4408, False, 1)
    with serving(FakeServer(cuts=[Cut(2, 4408, error="idle")])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = [(401, "unauthorized")]
            with pytest.raises(LiveError, match="idle"):
                await send_all(session, 10)


async def test_a_summary_that_nobody_asked_for_is_an_early_end() -> None:
    with serving(FakeServer(cuts=[Cut(3, 4408, error="session_too_long", summary=True)])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            with pytest.raises(LiveError, match="session_too_long") as caught:
                await send_for_ever(session)
            assert caught.value.close_code == 4408
            assert (await session.end()).processed == 3
    with (
        serving(FakeServer(cuts=[Cut(3, 1000, summary=True)])) as fake,
        pytest.raises(LiveError, match="the server has ended the session"),
    ):
        [message async for message in stream(fake.url, images(100), LOSSLESS)]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 507])
async def test_an_answer_that_another_attempt_may_not_get_is_passed_over(status: int) -> None:
    with serving(FakeServer(cuts=[Cut(2)])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = [(status, "not_now")]
            assert (await send_all(session, 10)).processed == 10
    assert not fake.refusals


async def test_who_is_asked_to_wait_comes_no_earlier() -> None:
    with serving(FakeServer(cuts=[Cut(2)], retry_after="1")) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = [(503, "over_capacity")]
            began = time.monotonic()
            assert (await send_all(session, 10)).processed == 10
    assert time.monotonic() - began >= 1


async def test_of_what_a_server_asks_for_only_so_much_is_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "MAX_ASKED_S", 0.1)
    with serving(FakeServer(cuts=[Cut(2)], retry_after="3600")) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = [(429, "too_many_requests")] * 2
            assert (await send_all(session, 10)).processed == 10


async def test_who_is_asked_to_wait_for_too_long_gives_up_and_says_how_long() -> None:
    began = time.monotonic()
    with serving(FakeServer(cuts=[Cut(2)], retry_after="30", limits={"resume_s": 20})) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = [(503, "over_capacity")]
            with pytest.raises(LiveError, match="over_capacity") as caught:
                await send_all(session, 10)
    assert (caught.value.retry_after_s, caught.value.recoverable) == (30, True)
    assert time.monotonic() - began < 20


async def test_who_cannot_begin_is_told_when_to_come_again() -> None:
    with (
        serving(FakeServer(refusals=[(503, "over_capacity")], retry_after="5")) as fake,
        pytest.raises(LiveError, match="over_capacity") as caught,
    ):
        async with connect(fake.url):
            pass
    assert caught.value.retry_after_s == 5


async def test_a_resumption_that_is_refused_is_final() -> None:
    with serving(FakeServer(cuts=[Cut(2), Cut(0, 4404, error="unknown_session")])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            with pytest.raises(LiveError, match="unknown_session"):
                await send_all(session, 10)
    with serving(FakeServer(cuts=[Cut(2)])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = [(401, "unauthorized")]
            with pytest.raises(LiveError, match="unauthorized"):
                await send_all(session, 10)


async def test_it_is_given_up_once_the_server_keeps_the_session_no_longer() -> None:
    began = time.monotonic()
    with serving(FakeServer(cuts=[Cut(2)], limits={"resume_s": 1})) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            fake.refusals = [(503, "over_capacity")] * 50
            with pytest.raises(LiveError, match="over_capacity"):
                await send_all(session, 10)
    assert 0.3 < time.monotonic() - began < 3


async def test_who_is_cut_as_soon_as_he_is_back_comes_back_later_and_later() -> None:
    with serving(FakeServer(cuts=[Cut(2), *[Cut(0)] * 1000])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            await session.send(ImageAt(0, b"jpeg"))
            await session.send(ImageAt(0.1, b"jpeg"))
            await asyncio.sleep(0.5)
            assert 2 < fake.epoch < 20  # else some fifty


async def test_a_session_that_had_ended_is_asked_for_its_summary() -> None:
    with serving(FakeServer(loses_summary=True)) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            assert (await send_all(session, 9)).processed == 9
    assert fake.epoch == 2
