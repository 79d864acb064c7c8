"""What waits for whoever iterates."""

import asyncio

import pytest

from blazereps_client import SessionStart, VideoAt, connect, inbox, stream
from blazereps_client.messages import (
    Ack,
    KeyframeRequest,
    RepCountedMessage,
    SessionResumed,
    SessionSummary,
)
from tests.clients.python.fake_server import Cut, FakeServer, serving
from tests.clients.python.streams import LOSSLESS, events, images, send_all

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_once")]


async def test_who_does_not_iterate_keeps_the_last_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox, "MAX_UNREAD", 13)
    with serving(FakeServer(cuts=[Cut(12)])) as fake:
        async with connect(fake.url, LOSSLESS) as live:
            await send_all(live, 50)
            told = [message async for message in live]
    assert events(told) == list(range(1, 11))
    kept = [*map(type, told)]
    assert [kept.count(one) for one in (SessionResumed, Ack, SessionSummary)] == [1, 1, 1]
    assert live.missed > 0


async def test_who_never_iterates_keeps_the_last_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_UNREAD", 5)
    with serving(FakeServer()) as fake:
        async with connect(fake.url, LOSSLESS) as live:
            await send_all(live, 50)
            told = [message async for message in live]
    assert events(told) == [7, 8, 9, 10]
    assert (told[-1], live.missed) == (live.summary, 56)


async def test_who_iterates_slowly_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_UNREAD", 5)
    acks = 0
    with serving(FakeServer()) as fake:
        async for message in stream(fake.url, images(100), LOSSLESS):
            acks += isinstance(message, Ack)
            await asyncio.sleep(0.001)
    assert acks == 100


async def test_who_iterates_slowly_misses_nothing_where_the_connection_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox, "MAX_UNREAD", 3)
    video = SessionStart(input="video", codec="vp8", pacing="lossless")
    with serving(FakeServer(cuts=[Cut(5)])) as fake:
        async with connect(fake.url, video) as live:
            back = asyncio.Event()
            live.on(SessionResumed, lambda _: back.set())
            told = aiter(live)
            for i in range(5):
                await live.send(VideoAt(i / 10, b"chunk", key=True))
                if i < 4:
                    assert isinstance(await anext(told), Ack)
            async with asyncio.timeout(5):
                await back.wait()
            kinds = [type(await anext(told)) for _ in range(4)]
    assert kinds == [RepCountedMessage, Ack, KeyframeRequest, SessionResumed]
    assert live.missed == 0


async def test_the_end_can_be_waited_for_while_what_came_before_is_unread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox, "MAX_UNREAD", 5)
    with serving(FakeServer()) as fake:
        async with connect(fake.url, LOSSLESS) as live:
            told = aiter(live)
            for image in images(50):
                await live.send(image)
                if image.at_s == 0:
                    await anext(told)
            assert (await live.end()).processed == 50
            assert events([message async for message in told]) == list(range(1, 11))
    assert live.missed == 0
