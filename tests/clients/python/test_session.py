"""Sessions over asyncio against a server that is cut at will."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import count, pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest

from blazereps_client import (
    Arm,
    ImageAt,
    LiveError,
    LiveSession,
    Media,
    Outputs,
    PoseAt,
    SessionStart,
    VideoAt,
    connect,
    pace,
    session,
    stream,
)
from blazereps_client.messages import (
    Ack,
    CountingChangedMessage,
    KeyframeRequest,
    Pong,
    RepCountedMessage,
    SessionCreated,
    SessionSummary,
)
from tests.clients.python.fake_server import Cut, FakeServer, serving
from tests.clients.python.streams import LOSSLESS, images, send_all
from tests.service.proxy import Proxy, proxied

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_once")]


async def leave_unanswered(proxy: Proxy) -> None:
    async with connect(f"ws://{proxy.address}/v1/live"):
        proxy.silence()


async def test_a_session_from_start_to_summary() -> None:
    with serving(FakeServer()) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            assert session.created.exercises == ("squat",)
            assert [await session.send(image) for image in images(3)] == [0, 1, 2]
            assert await session.send_batch([PoseAt(i, None) for i in range(1, 4)]) == range(3, 6)
            await session.ping("hello")
            summary = await session.end()
            told = [message async for message in session]
            assert await session.end() is summary
            with pytest.raises(LiveError, match="session_ended"):
                await session.send(ImageAt(9.0, b"jpeg"))
    assert (summary.counts, summary.processed) == ({"squat": 1}, 6)
    assert told[-1] is summary
    assert [one.nonce for one in told if isinstance(one, Pong)] == ["hello"]
    assert session.counts == {"squat": 1}
    assert fake.requests[0].headers["Sec-WebSocket-Protocol"] == "blazereps.v1"


async def test_everything_that_can_be_asked_for_is_asked_in_its_place() -> None:
    with serving(FakeServer()) as fake:
        async with connect(fake.url) as session:
            await session.pause()
            await session.send(VideoAt(0.0, b"chunk", key=True))
            await session.resume(Arm(countdown_s=3))
            await session.reset()
            await session.update(exercise="squat", outputs=Outputs(phases=False))
            await session.end()
    controls = ["counting.resume", "counting.reset", "session.update"]
    assert fake.live.log == ["counting.pause", 0, *controls]


async def test_callbacks_hear_what_they_asked_for_in_order() -> None:
    reps: list[int] = []
    slow: list[str] = []

    async def remember(message: CountingChangedMessage) -> None:
        await asyncio.sleep(0.01)
        slow.append(message.counting)

    with serving(FakeServer(cuts=[Cut(12)])) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            session.on(RepCountedMessage, lambda rep: reps.append(rep.count))
            session.on(CountingChangedMessage, remember)
            await session.pause()
            await session.resume()
            await send_all(session, 20)
    assert reps == [1, 2, 3, 4]
    assert slow == ["paused", "counting"]


async def test_a_callback_may_speak() -> None:
    with serving(FakeServer()) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            session.on(RepCountedMessage, lambda _: session.pause())
            for image in images(5):
                await session.send(image)
            while "counting.pause" not in fake.live.log:
                await asyncio.sleep(0.01)
            await session.end()


async def test_a_fault_in_a_callback_ends_the_session() -> None:
    def fail(_: RepCountedMessage) -> None:
        raise ZeroDivisionError

    async def talk(url: str) -> None:
        async with connect(url, LOSSLESS) as session:
            session.on(RepCountedMessage, fail)
            await send_all(session, 10)

    async def talk_and_leave(url: str) -> None:
        async with connect(url, LOSSLESS) as session:
            session.on(RepCountedMessage, fail)
            for image in images(5):
                await session.send(image)
            await asyncio.sleep(0.2)

    with serving(FakeServer()) as fake:
        for unlucky in (talk, talk_and_leave):
            with pytest.raises(ZeroDivisionError):
                await unlucky(fake.url)


async def test_messages_are_spread_out_as_the_server_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "BURST_S", 0.1)
    began = time.monotonic()
    with serving(FakeServer(limits={"max_messages_hz": 100})) as fake:
        async with connect(fake.url, LOSSLESS) as session:
            await send_all(session, 100)
        assert time.monotonic() - began < 0.5
        async with connect(fake.url) as session:
            await send_all(session, 100)
    assert time.monotonic() - began > 0.9


@pytest.mark.parametrize("given", ["key", "token"])
async def test_a_key_or_token_goes_in_the_header_of_every_connection(given: str) -> None:
    with serving(FakeServer(cuts=[Cut(3)])) as fake:
        who: Any = {given: "secret"}
        async with connect(fake.url, LOSSLESS, **who) as session:
            await send_all(session, 5)
    assert [one.headers["Authorization"] for one in fake.requests] == ["Bearer secret"] * 2


async def test_a_ticket_opens_one_connection() -> None:
    with serving(FakeServer(cuts=[Cut(3)])) as fake:
        async with connect(fake.url, LOSSLESS, ticket="abc") as session:
            with pytest.raises(LiveError, match="connection_lost"):
                await send_all(session, 5)
    (request,) = fake.requests
    offered = request.headers["Sec-WebSocket-Protocol"]
    assert offered == "blazereps.v1, blazereps.ticket.abc"


async def test_several_ways_to_say_who_one_is_are_refused() -> None:
    with pytest.raises(ValueError, match="not several"):
        async with connect("ws://127.0.0.1:1", key="a", token="b"):
            pass


async def test_who_cannot_begin_is_told_why() -> None:
    with pytest.raises(LiveError, match="cannot connect to") as caught:
        async with connect("ws://127.0.0.1:1/v1/live"):
            pass
    assert (caught.value.code, caught.value.recoverable) == ("cannot_connect", True)
    with (
        serving(FakeServer(refusals=[(401, "unauthorized")])) as fake,
        pytest.raises(LiveError, match="unauthorized: not now") as caught,
    ):
        async with connect(fake.url):
            pass
    assert not caught.value.recoverable
    cuts = [Cut(0, 4404, error="unknown_exercise")]
    with serving(FakeServer(cuts=cuts)) as fake:
        async with connect(fake.url) as session:
            with pytest.raises(LiveError, match="unknown_exercise"):
                await session.end()


async def test_leaving_early_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    with serving(FakeServer()) as fake:
        async with connect(fake.url) as session:
            pass
        with pytest.raises(LiveError, match="session_left"):
            await session.send(ImageAt(0.0, b""))
        async with connect(fake.url):
            await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before


async def test_who_does_not_wait_for_a_silent_server_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    with serving(FakeServer()) as fake, proxied(urlsplit(fake.url).netloc) as proxy:
        leaving = asyncio.create_task(leave_unanswered(proxy))
        await asyncio.wait([leaving], timeout=0.2)
        leaving.cancel()
        await asyncio.wait(asyncio.all_tasks() - before, timeout=5)
        assert asyncio.all_tasks() == before


async def test_a_camera_goes_on_while_the_network_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "SILENT_S", 0.05)
    with serving(FakeServer()) as fake, proxied(urlsplit(fake.url).netloc) as proxy:
        async with connect(f"ws://{proxy.address}/v1/live") as live:
            camera = images(20)
            await live.send(next(camera))
            proxy.silence()
            while live.ready:
                await live.send(next(camera))
            async with asyncio.timeout(5):
                while not live.ready:
                    await asyncio.sleep(0.01)
            for image in camera:
                assert live.ready
                await live.send(image)
            proxy.cut()
            await live.end()
    assert fake.live.log == list(range(20))


async def test_a_key_frame_is_asked_for_once_the_network_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "SILENT_S", 0.05)
    video = SessionStart(input="video", codec="vp8")
    with serving(FakeServer()) as fake, proxied(urlsplit(fake.url).netloc) as proxy:
        async with connect(f"ws://{proxy.address}/v1/live", video) as live:
            asked = list[KeyframeRequest]()
            live.on(KeyframeRequest, asked.append)
            proxy.silence()
            async with asyncio.timeout(5):
                while not asked:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            assert len(asked) == 1
            proxy.cut()
            await live.end()


async def test_a_network_that_is_slow_to_answer_is_none_that_is_silent_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "SILENT_S", 0.0001)  # no pong comes in time
    with serving(FakeServer()) as fake:
        async with connect(fake.url) as live:
            await asyncio.sleep(0.1)
            for image in images(5):
                await live.send(image)
            async with asyncio.timeout(5):
                await live.end()
    assert fake.live.log == list(range(5))


async def test_media_may_come_over_time() -> None:
    async def camera() -> AsyncIterator[Media]:
        for image in images(7):
            await asyncio.sleep(0.001)
            yield image

    with serving(FakeServer(cuts=[Cut(4)])) as fake:
        told = [message async for message in stream(fake.url, camera(), LOSSLESS)]
    assert isinstance(told[0], SessionCreated)
    assert isinstance(told[-1], SessionSummary)
    assert fake.live.log == list(range(7))


async def test_realtime_keeps_the_medias_own_pace() -> None:
    with serving(FakeServer()) as fake:
        told = stream(fake.url, images(5), LOSSLESS, realtime=True)
        times = [time.monotonic() async for message in told if isinstance(message, Ack)]
    assert all(0.05 < after - before < 0.3 for before, after in pairwise(times))


async def test_leaving_a_stream_early_stops_the_sender() -> None:
    before = asyncio.all_tasks()
    endless = (ImageAt(i / 10, b"jpeg") for i in count())
    with serving(FakeServer()) as fake:
        told = stream(fake.url, endless, LOSSLESS)
        async for message in told:
            if isinstance(message, Ack):
                break
        await told.aclose()
        assert asyncio.all_tasks() == before


async def test_a_live_source_is_told_that_the_session_is_over() -> None:
    async def film(session: LiveSession) -> None:
        for image in images(20_000):
            if session.ready:
                await session.send(image)
            await asyncio.sleep(0.001)

    for cut in (Cut(2, 4409, error="superseded"), Cut(2, 4408, error="idle")):
        with serving(FakeServer(cuts=[cut])) as fake:
            async with connect(fake.url) as session:
                with pytest.raises(LiveError, match=cut.error):
                    await film(session)
                with pytest.raises(LiveError, match=cut.error):
                    assert session.ready


async def test_a_live_source_skips_what_the_server_would_not_get_to() -> None:
    with serving(FakeServer()) as fake:
        async with connect(fake.url) as session:
            assert session.ready
            await session.send(ImageAt(0.0, b""))
            await session.end()
            assert not session.ready
        assert not session.ready
