"""The same sessions without asyncio."""

import signal
import threading
import time
from collections.abc import Iterator
from itertools import count

import pytest

from blazereps_client import Arm, ImageAt, LiveError, Media, PoseAt, SessionStart, backoff
from blazereps_client.messages import (
    Ack,
    EventMessage,
    Pong,
    RepCountedMessage,
    ServerMessage,
    SessionCreated,
    SessionResumed,
    SessionSummary,
)
from blazereps_client.sync import LiveSession, connect, stream
from tests.clients.python.fake_server import Cut, FakeServer, serving

LOSSLESS = SessionStart(pacing="lossless")
LEAVES_S = 5


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)


def images(number: int) -> Iterator[Media]:
    return (ImageAt(i / 10, b"jpeg") for i in range(number))


def left_of(threads: set[threading.Thread]) -> set[threading.Thread]:
    """Which of them do not end, given a moment."""
    for thread in threads:
        thread.join(LEAVES_S)
    return {thread for thread in threads if thread.is_alive()}


@pytest.fixture
def heeded() -> Iterator[None]:
    """Interrupts, which whoever is started in the background may have been told to ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    """As Ctrl-C does."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def send_all(session: LiveSession, number: int) -> SessionSummary:
    for image in images(number):
        session.send(image)
    return session.end()


def test_a_session_from_start_to_summary() -> None:
    with serving(FakeServer()) as fake, connect(fake.url, LOSSLESS, key="secret") as session:
        assert session.ready
        assert session.created.exercises == ("squat",)
        assert [session.send(image) for image in images(3)] == [0, 1, 2]
        assert session.send_batch([PoseAt(i, None) for i in range(1, 4)]) == range(3, 6)
        session.ping("hello")
        summary = session.end()
        told = [*session]
    assert (summary.counts, summary.processed) == ({"squat": 1}, 6)
    assert told[-1] == session.summary == summary
    assert [one.nonce for one in told if isinstance(one, Pong)] == ["hello"]
    assert (session.counts, session.state, session.given_up) == ({"squat": 1}, None, 0)
    assert session.config.pacing == "lossless"
    assert fake.requests[0].headers["Authorization"] == "Bearer secret"


def test_everything_that_can_be_asked_for_is_asked_in_its_place() -> None:
    with serving(FakeServer()) as fake, connect(fake.url) as session:
        session.pause()
        session.send(ImageAt(0.0, b""))
        session.resume(Arm(countdown_s=3))
        session.reset()
        session.update(exercise="squat")
        session.end()
    controls = ["counting.resume", "counting.reset", "session.update"]
    assert fake.live.log == ["counting.pause", 0, *controls]


def test_a_lost_session_is_resumed_where_it_was() -> None:
    with (
        serving(FakeServer(cuts=[Cut(12), Cut(5, 1012), Cut(0)])) as fake,
        connect(fake.url, LOSSLESS) as session,
    ):
        summary = send_all(session, 40)
        told = [*session]
    assert fake.live.log == list(range(40))
    assert summary.counts == {"squat": 8}
    events = [message.event_id for message in told if isinstance(message, EventMessage)]
    assert events == list(range(1, 9))
    assert [one.epoch for one in told if isinstance(one, SessionResumed)] == [2, 3, 4]


def test_what_ends_a_session_is_raised() -> None:
    with (
        serving(FakeServer(cuts=[Cut(2, 4409, error="superseded")])) as fake,
        connect(fake.url, LOSSLESS) as session,
        pytest.raises(LiveError, match="superseded") as caught,
    ):
        send_all(session, 10)
    assert caught.value.close_code == 4409
    with pytest.raises(LiveError, match="cannot connect"), connect("ws://127.0.0.1:1/v1/live"):
        pass


def test_one_thread_sends_while_another_iterates() -> None:
    told: list[ServerMessage] = []
    with serving(FakeServer(cuts=[Cut(7)])) as fake, connect(fake.url, LOSSLESS) as session:
        listening = threading.Thread(target=lambda: told.extend(session))
        listening.start()
        summary = send_all(session, 20)
        listening.join()
    assert told[-1] == summary


def test_callbacks_may_speak() -> None:
    reps: list[int] = []

    def hear(rep: RepCountedMessage) -> None:
        reps.append(rep.count)
        if rep.count == 1:
            session.pause()

    with serving(FakeServer()) as fake, connect(fake.url, LOSSLESS) as session:
        session.on(RepCountedMessage, hear)
        for image in images(10):
            session.send(image)
        while "counting.pause" not in fake.live.log:
            time.sleep(0.01)
        session.end()
    assert reps == [1, 2]


def test_a_fault_in_a_callback_ends_the_session() -> None:
    def fail(_: RepCountedMessage) -> None:
        raise ZeroDivisionError

    def talk(url: str) -> None:
        with connect(url, LOSSLESS) as session:
            session.on(RepCountedMessage, fail)
            send_all(session, 10)

    with serving(FakeServer()) as fake, pytest.raises(ZeroDivisionError):
        talk(fake.url)


def test_leaving_stops_everybody_else() -> None:
    faults: list[str] = []

    def listen() -> None:
        try:
            list(session)
        except LiveError as error:
            faults.append(error.code)

    threads = set(threading.enumerate())
    with serving(FakeServer()) as fake:
        with connect(fake.url) as session:
            listening = threading.Thread(target=listen)
            listening.start()
            time.sleep(0.1)
        listening.join()
        with pytest.raises(LiveError, match="session_left"):
            session.send(ImageAt(0.0, b""))
    assert faults == ["session_left"]
    assert not left_of(set(threading.enumerate()) - threads)


def test_a_stream_goes_from_created_to_summary() -> None:
    with serving(FakeServer(cuts=[Cut(4)])) as fake:
        told = [*stream(fake.url, images(7), LOSSLESS, key="secret")]
    assert isinstance(told[0], SessionCreated)
    assert isinstance(told[-1], SessionSummary)
    assert fake.live.log == list(range(7))
    assert {one.headers["Authorization"] for one in fake.requests} == {"Bearer secret"}


def test_a_fault_in_the_media_is_raised_after_the_summary() -> None:
    def broken() -> Iterator[Media]:
        yield from images(5)
        raise ValueError("the camera was unplugged")

    heard: list[ServerMessage] = []
    with serving(FakeServer()) as fake, pytest.raises(ValueError, match="unplugged"):
        heard.extend(stream(fake.url, broken(), LOSSLESS))
    assert isinstance(heard[-1], SessionSummary)


def test_leaving_a_stream_early_stops_the_sender() -> None:
    threads = set(threading.enumerate())
    endless = (ImageAt(i / 10, b"jpeg") for i in count())
    with serving(FakeServer()) as fake:
        for message in stream(fake.url, endless, LOSSLESS):
            if isinstance(message, Ack):
                break
    assert not left_of(set(threading.enumerate()) - threads)


@pytest.mark.usefixtures("heeded")
def test_an_interrupt_leaves_a_stream_at_once() -> None:
    def camera() -> Iterator[Media]:
        yield from images(3)
        time.sleep(0.2)  # all is told: who iterates waits
        interrupt()

    threads = set(threading.enumerate())
    with serving(FakeServer()) as fake, pytest.raises(KeyboardInterrupt):
        list(stream(fake.url, camera(), LOSSLESS))
    assert not left_of(set(threading.enumerate()) - threads)


def iterate_interrupted(url: str) -> None:
    with connect(url) as session:
        threading.Timer(0.2, interrupt).start()
        list(session)


@pytest.mark.usefixtures("heeded")
def test_an_interrupt_leaves_a_session_at_once() -> None:
    threads = set(threading.enumerate())
    with serving(FakeServer()) as fake, pytest.raises(KeyboardInterrupt):
        iterate_interrupted(fake.url)
    assert not left_of(set(threading.enumerate()) - threads)


@pytest.mark.usefixtures("heeded")
def test_a_session_goes_on_after_an_interrupt() -> None:
    with serving(FakeServer()) as fake, connect(fake.url, LOSSLESS) as session:
        threading.Timer(0.2, interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            list(session)
        assert send_all(session, 5).counts == {"squat": 1}


@pytest.fixture
def silent() -> Iterator[tuple[Iterator[Media], threading.Event]]:
    """Two pictures, then nothing until the event."""
    over = threading.Event()

    def queue() -> Iterator[Media]:
        yield from images(2)
        over.wait()

    giving_up = threading.Timer(2 * LEAVES_S, over.set)
    giving_up.start()
    yield queue(), over
    giving_up.cancel()
    over.set()


def test_silent_media_keep_nobody_from_the_error(
    silent: tuple[Iterator[Media], threading.Event],
) -> None:
    media, over = silent
    with (
        serving(FakeServer(cuts=[Cut(2, 4408, error="idle")])) as fake,
        pytest.raises(LiveError, match="idle"),
    ):
        list(stream(fake.url, media, LOSSLESS))
    assert not over.is_set()


def test_silent_media_keep_nobody_from_leaving(
    silent: tuple[Iterator[Media], threading.Event],
) -> None:
    media, over = silent
    with serving(FakeServer()) as fake:
        for message in stream(fake.url, media, LOSSLESS):
            if isinstance(message, Ack) and message.seq == 1:
                break
    assert not over.is_set()
