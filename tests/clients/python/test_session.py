"""Sessions over asyncio against a server that is cut at will."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
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
    backoff,
    connect,
    inbox,
    pace,
    session,
    stream,
)
from blazereps_client.messages import (
    Ack,
    CountingChangedMessage,
    EventMessage,
    KeyframeRequest,
    Pong,
    RepCountedMessage,
    ServerMessage,
    SessionCreated,
    SessionResumed,
    SessionSummary,
)
from tests.clients.python.fake_server import REP_EVERY, Cut, FakeServer, serving
from tests.service.proxy import Proxy, proxied

pytestmark = pytest.mark.anyio
LOSSLESS = SessionStart(pacing="lossless")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)


def images(number: int) -> Iterator[Media]:
    return (ImageAt(i / 10, b"jpeg") for i in range(number))


async def send_all(session: LiveSession, number: int) -> SessionSummary:
    for image in images(number):
        await session.send(image)
    return await session.end()


async def send_for_ever(session: LiveSession) -> None:
    for i in count():
        await session.send(ImageAt(i / 10, b"jpeg"))


async def leave_unanswered(proxy: Proxy) -> None:
    async with connect(f"ws://{proxy.address}/v1/live"):
        proxy.silence()


def events(told: list[ServerMessage]) -> list[int]:
    return [message.event_id for message in told if isinstance(message, EventMessage)]


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
    assert 1 <= time.monotonic() - began < 3


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
    assert time.monotonic() - began < 5


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
        for image in images(1000):
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
