"""The session without sockets: whatever is cut, nothing is lost, doubled or told twice."""

import json
from collections import deque
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazereps_client import messages
from blazereps_client.errors import LiveError
from blazereps_client.media import ImageAt, PoseAt, VideoAt
from blazereps_client.messages import FROM_CLIENT, ServerMessage, SessionStart
from blazereps_client.protocol import MAX_FAULTS, MAX_UNDER_WAY, LiveProtocol
from blazereps_client.wire import WireError, unpack
from tests.clients.python.fake_server import (
    LIMITS,
    REP_EVERY,
    Held,
    fatal,
    refused,
    rep_counted,
    seqs,
    summary,
)

CREATED = {"type": "session.created", "session_id": "s", "resume_token": "t", "epoch": 1}
RESUMED = {"type": "session.resumed", "session_id": "s", "epoch": 2, "counting": "counting"}
FACTS: dict[str, Any] = {
    "exercises": ["squat"],
    "config": {"type": "session.start"},
    "limits": LIMITS,
}
NOTHING_DONE: dict[str, Any] = {"resumed_at_seq": None, "last_event_id": 0, "counts": {"squat": 0}}


class Wires:
    """A client and a server, and what is on its way between them."""

    def __init__(self, store_every: int, **bounds: int) -> None:
        self.client = LiveProtocol(SessionStart(), **bounds)
        self.told: list[ServerMessage] = []
        self.live, self.stored = Held(), Held()
        self._store_every = store_every
        self._up: deque[str | bytes] = deque()
        self._down: deque[dict[str, Any]] = deque()
        self._at_s = 0.0
        self.client.first()
        self._hear(CREATED | FACTS)

    def send(self) -> None:
        self.client.send(ImageAt(self._next_s(), b"jpeg"))
        self._pump()

    def batch(self, size: int) -> None:
        self.client.send_batch([PoseAt(self._next_s(), None) for _ in range(size)])
        self._pump()

    def say(self, kind: str) -> None:
        self.client.say(FROM_CLIENT.validate_python({"type": kind}))  # type: ignore[arg-type]
        self._pump()

    def up(self, count: int) -> None:
        for _ in range(min(count, len(self._up))):
            self._work(self._up.popleft())

    def down(self, count: int) -> None:
        for _ in range(min(count, len(self._down))):
            self._hear(self._down.popleft())
            self._pump()

    def cut(self) -> None:
        assert self.client.lost(None).recoverable
        self._up.clear()
        self._down.clear()
        self.live = self.stored.copy()
        first = json.loads(self.client.first())
        assert first["type"] == "session.resume"
        counts = {"squat": self.live.reps}
        facts = {"resumed_at_seq": self.live.seq, "last_event_id": len(self.live.told)}
        self._down.append(RESUMED | FACTS | facts | {"counts": counts})
        self._down.extend(self.live.told[first["last_event_id"] :])

    def settle(self) -> None:
        while self._up or self._down:
            self.up(1)
            self.down(1)

    def _next_s(self) -> float:
        self._at_s += 0.1
        return self._at_s

    def _pump(self) -> None:
        while (data := self.client.next_to_send()) is not None:
            self._up.append(data)

    def _work(self, data: str | bytes) -> None:
        if isinstance(data, str):
            self._tell(self.live.say(FROM_CLIENT.validate_json(data)))
            return
        for seq in seqs(data):
            assert self.live.seq is None or seq > self.live.seq, "nothing is sent twice"
            self._tell(self.live.observe(seq))
            if len(self.live.log) % self._store_every == 0:
                self.stored = self.live.copy()
            self._down.append(ack(seq, self.stored.seq))

    def _tell(self, event: dict[str, Any] | None) -> None:
        if event is not None:
            self.stored = self.live.copy()
            self._down.append(event)

    def _hear(self, message: dict[str, Any]) -> None:
        heard = self.client.receive(json.dumps(message))
        if heard is not None:
            self.told.append(heard)


def ack(seq: int, stored_seq: int | None, credit: int = 8) -> dict[str, Any]:
    return {"type": "ack", "seq": seq, "credit": credit, "stored_seq": stored_seq}


CONTROLS = ("counting.pause", "counting.resume", "counting.reset", "session.update")
steps = st.lists(
    st.one_of(
        st.just(("send",)),
        st.tuples(st.just("batch"), st.sampled_from([1, 2, 3, 7, 70])),
        st.tuples(st.just("say"), st.sampled_from(CONTROLS)),
        st.tuples(st.sampled_from(["up", "down"]), st.integers(1, 6)),
        st.just(("cut",)),
    ),
    max_size=40,
)


@given(steps, st.integers(1, 10))
def test_whatever_is_cut_all_media_arrives_once_and_all_events_are_told_once(
    steps: list[tuple[Any, ...]], store_every: int
) -> None:
    wires = play(steps, store_every)
    done = [one for one in wires.live.log if isinstance(one, int)]
    assert done == list(range(sent(steps)))
    events = [one for one in wires.told if isinstance(one, messages.EventMessage)]
    assert [event.event_id for event in events] == list(range(1, len(wires.live.told) + 1))
    reps = [one.count for one in events if isinstance(one, messages.RepCountedMessage)]
    assert reps == list(range(1, len(done) // REP_EVERY + 1))
    assert wires.client.counts == {"squat": len(reps)}
    assert wires.client.given_up == 0


@given(steps, st.integers(1, 10))
def test_what_else_is_said_keeps_its_place_and_may_be_said_again(
    steps: list[tuple[Any, ...]], store_every: int
) -> None:
    heard = gaps(play(steps, store_every).live.log)
    for place, said in gaps(said_in(steps)).items():
        assert heard[place][-len(said) :] == said


@given(steps, st.integers(1, 10), st.integers(1, 4))
def test_beyond_the_bounds_the_oldest_is_given_up_and_counted(
    steps: list[tuple[Any, ...]], store_every: int, most: int
) -> None:
    wires = play(steps, store_every, max_kept_messages=most)
    done = [one for one in wires.live.log if isinstance(one, int)]
    assert done == sorted(set(done))
    assert wires.client.given_up == sent(steps) - len(done)


def play(steps: list[tuple[Any, ...]], store_every: int, **bounds: int) -> Wires:
    wires = Wires(store_every, **bounds)
    for name, *arguments in steps:
        getattr(wires, name)(*arguments)
    wires.settle()
    return wires


def sent(steps: list[tuple[Any, ...]]) -> int:
    return sum((1, *rest)[-1] for name, *rest in steps if name in ("send", "batch"))


def said_in(steps: list[tuple[Any, ...]]) -> list[int | str]:
    log: list[int | str] = []
    for name, *rest in steps:
        if name == "say":
            log.append(rest[0])
        elif name in ("send", "batch"):
            log += [0] * (rest[0] if rest else 1)
    return log


def gaps(log: list[int | str]) -> dict[int, list[int | str]]:
    """What was said after so many observations."""
    counted, places = 0, []
    for one in log:
        counted += isinstance(one, int)
        places.append((counted, one))
    controls = (place for place in places if isinstance(place[1], str))
    return {key: [said for _, said in group] for key, group in groupby(controls, lambda p: p[0])}


def opened(**start: Any) -> LiveProtocol:
    protocol = LiveProtocol(SessionStart(**start))
    config = SessionStart(**start).model_dump()
    protocol.receive(json.dumps(CREATED | FACTS | {"config": config}))
    return protocol


def hear(protocol: LiveProtocol, *told: dict[str, Any]) -> None:
    for message in told:
        protocol.receive(json.dumps(message))


def test_the_first_message_starts_and_later_ones_resume() -> None:
    protocol = LiveProtocol(SessionStart(exercise="squat"))
    assert FROM_CLIENT.validate_json(protocol.first()) == SessionStart(exercise="squat")
    hear(protocol, CREATED | FACTS)
    event = rep_counted(1) | {"event_id": 4, "at_s": 1.0, "counts": {"squat": 1}}
    hear(protocol, event)
    protocol.lost(1006)
    again = FROM_CLIENT.validate_json(protocol.first())
    assert again == messages.SessionResume(session_id="s", resume_token="t", last_event_id=4)
    hear(protocol, RESUMED | FACTS | NOTHING_DONE)
    assert protocol.receive(json.dumps(event)) is None


@pytest.mark.parametrize(
    ("code", "recoverable"),
    [
        (None, True),
        (1001, True),
        (1005, True),
        (1006, True),
        (1011, True),
        (1012, True),
        (1013, True),
        (1000, False),
        (1008, False),
        (1009, False),
        (4401, False),
        (4404, False),
        (4408, True),
        (4409, False),
        (4429, True),
    ],
)
def test_the_close_code_tells_whether_to_resume(code: int | None, recoverable: bool) -> None:
    lost = opened().lost(code)
    assert (lost.recoverable, lost.code) == (recoverable, "connection_lost")
    assert lost.close_code == (code or 1006)


def test_a_loss_is_explained_in_the_servers_words() -> None:
    protocol = opened()
    assert protocol.receive(json.dumps(fatal("idle"))) is None
    lost = protocol.lost(4408)
    assert (lost.code, lost.message, lost.close_code) == ("idle", "for idle", 4408)


def test_after_a_limit_it_is_resumed_once_to_be_ended_and_hear_its_summary() -> None:
    protocol = opened()
    protocol.send(ImageAt(0.0, b""))
    hear(protocol, fatal("idle"))
    assert protocol.lost(4408).recoverable
    hear(protocol, RESUMED | FACTS | NOTHING_DONE)
    with pytest.raises(LiveError, match="idle"):
        protocol.send(ImageAt(1.0, b""))
    protocol.next_to_send()
    assert json.loads(protocol.next_to_send() or "") == {"type": "session.end"}
    assert not protocol.lost(4408).recoverable
    ended_by = protocol.conclude(1000)
    assert ended_by is not None
    assert (ended_by.code, ended_by.close_code, ended_by.recoverable) == ("idle", 4408, False)


def test_before_a_session_there_is_nothing_to_end_after_a_limit() -> None:
    assert not LiveProtocol(SessionStart()).lost(4408).recoverable


def test_a_message_that_always_makes_the_server_fail_is_not_sent_for_ever() -> None:
    protocol = opened()
    for _ in range(MAX_FAULTS):
        assert protocol.lost(1011).recoverable
        hear(protocol, RESUMED | FACTS | NOTHING_DONE, ack(0, None), fatal("internal"))
    assert protocol.lost(1011).code == "internal"


def test_faults_with_progress_between_them_are_survived() -> None:
    protocol = opened()
    for seq in range(2 * MAX_FAULTS):
        assert protocol.lost(1011).recoverable
        hear(protocol, RESUMED | FACTS | NOTHING_DONE, ack(seq, None))


def test_what_cannot_be_sent_is_refused_and_takes_no_number() -> None:
    protocol = opened()
    with pytest.raises(ValueError, match="33 rows"):
        protocol.send(PoseAt(0.0, [[0, 0, 0]]))
    assert protocol.send(PoseAt(0.0, None)) == 0


def test_what_is_larger_than_a_message_may_be_is_refused_and_takes_no_number() -> None:
    protocol = LiveProtocol(SessionStart())
    hear(protocol, CREATED | FACTS | {"limits": LIMITS | {"max_message_bytes": 100}})
    with pytest.raises(WireError, match="100 bytes, not 101"):
        protocol.send(ImageAt(0.0, bytes(85)))
    with pytest.raises(WireError, match="100 bytes, not 112"):
        protocol.send_batch([PoseAt(float(at_s), None) for at_s in range(6)])
    assert protocol.send(ImageAt(0.0, bytes(84))) == 0


def test_of_a_batch_all_is_taken_or_none() -> None:
    protocol = LiveProtocol(SessionStart(input="landmarks"))
    hear(protocol, CREATED | FACTS | {"limits": LIMITS | {"max_message_bytes": 1100}})
    nobody = [PoseAt(float(at_s), None) for at_s in range(64)]
    seen = [PoseAt(float(at_s), [[0, 0, 0]] * 33) for at_s in (64, 65)]
    with pytest.raises(WireError, match="1100 bytes"):
        protocol.send_batch([*nobody, *seen])
    assert protocol.next_to_send() is None
    assert protocol.send_batch([*nobody, seen[0]]) == range(65)


def test_after_the_end_nothing_more_is_taken_but_a_ping() -> None:
    protocol = opened()
    protocol.say(messages.SessionEnd())
    with pytest.raises(LiveError, match="session_ended"):
        protocol.send(ImageAt(0.0, b""))
    protocol.say(messages.Ping())


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"type": "ack"}'])
def test_what_is_no_message_is_an_error(text: str) -> None:
    with pytest.raises(LiveError, match="invalid_answer"):
        opened().receive(text)


def test_what_a_newer_server_says_is_passed_over_and_its_words_are_handed_on() -> None:
    protocol = opened()
    assert protocol.receive('{"type": "telepathy", "event_id": 1}') is None
    rep = rep_counted(1) | {"event_id": 2, "at_s": 0.0, "counts": {"squat": 1}}
    told = protocol.receive(json.dumps(rep | {"grade": "superb", "mood": {"value": 1}}))
    assert isinstance(told, messages.RepCountedMessage)
    assert told.grade == "superb"  # type: ignore[comparison-overlap]  # of a newer server
    assert protocol.counts == {"squat": 1}


def test_it_is_ready_while_few_observations_are_under_way() -> None:
    protocol = opened()
    assert protocol.ready
    protocol.send(ImageAt(0.0, b""))
    assert not protocol.ready, "it has not been sent yet"
    protocol.next_to_send()
    assert protocol.ready, "one is worked on, one may wait"
    protocol.send(ImageAt(0.1, b""))
    protocol.next_to_send()
    assert not protocol.ready
    hear(protocol, ack(1, None, credit=1))
    assert protocol.ready


def test_what_was_refused_is_not_under_way() -> None:
    protocol = opened()
    for at_s in (0.0, 0.1):
        protocol.send(ImageAt(at_s, b""))
        protocol.next_to_send()
    assert not protocol.ready
    hear(protocol, refused(1))
    assert protocol.ready


@pytest.mark.parametrize(
    ("code", "ready"), [("invalid_landmarks", True), ("time_went_backwards", False)]
)
def test_of_a_batch_that_was_refused_as_a_whole_nothing_is_under_way(
    code: str, ready: bool
) -> None:
    protocol = opened(input="landmarks")
    protocol.send_batch([PoseAt(n, None) for n in range(40)])
    protocol.next_to_send()
    hear(protocol, refused(0) | {"code": code})
    assert protocol.ready is ready


def test_live_frames_that_were_held_up_are_marked_late_until_the_server_has_caught_up() -> None:
    protocol = opened()
    for number in range(3):
        protocol.send(ImageAt(number / 10, b""))
    assert late(protocol) == [False] * 3
    for _ in range(2):
        protocol.lost(1006)
        assert protocol.ready, "what is taken meanwhile is caught up with"
        hear(protocol, RESUMED | FACTS | NOTHING_DONE | {"resumed_at_seq": 0})
        assert late(protocol) == [True] * 2
    protocol.send(ImageAt(0.3, b""))  # while they are on their way
    assert (protocol.ready, protocol.behind, late(protocol)) == (True, False, [True])
    hear(protocol, ack(3, None))
    protocol.send(ImageAt(0.4, b""))
    assert late(protocol) == [False]


def test_as_many_come_late_as_were_held_up_and_no_more() -> None:
    protocol = resumed_with(3)
    for number in range(3, 8):
        protocol.send(ImageAt(number / 10, b""))
    assert late(protocol) == [True] * 6 + [False] * 2
    assert not protocol.ready


def test_of_many_late_frames_some_are_under_way_at_a_time() -> None:
    protocol = resumed_with(40)
    assert allowed(protocol) == [*range(16)]
    assert not protocol.unsent
    hear(protocol, ack(0, None))
    assert allowed(protocol) == [16]
    hear(protocol, ack(9, None))
    assert allowed(protocol) == [*range(17, 26)]


def test_a_sender_waits_where_too_much_is_late() -> None:
    protocol = resumed_with(20, max_kept_messages=20)
    allowed(protocol)
    for number in range(20, 36):
        protocol.send(ImageAt(number / 10, b""))
    assert (protocol.ready, protocol.behind) == (True, False)
    protocol.send(ImageAt(3.6, b""))
    assert (protocol.ready, protocol.behind) == (False, True)


def test_live_frames_that_come_while_nothing_is_heard_are_late_once_something_is() -> None:
    protocol = opened()
    for number in range(3):
        protocol.send(ImageAt(number / 10, b""))
    assert (late(protocol), protocol.ready) == ([False] * 3, False)
    protocol.stalled(True)
    for number in range(3, 5):
        assert protocol.ready
        protocol.send(ImageAt(number / 10, b""))
    assert (protocol.behind, protocol.unsent, late(protocol)) == (False, False, [])
    protocol.stalled(False)
    assert (protocol.unsent, late(protocol)) == (True, [True] * 2)


def test_what_comes_while_nothing_is_heard_outlasts_its_connection() -> None:
    protocol = opened()
    protocol.stalled(True)
    protocol.send(ImageAt(0.0, b""))
    protocol.lost(1006)
    hear(protocol, RESUMED | FACTS | NOTHING_DONE)
    assert late(protocol) == [True]


def test_who_catches_up_already_does_not_become_later_where_nothing_is_heard() -> None:
    protocol = resumed_with(3)
    allowed(protocol)
    hear(protocol, ack(1, None))
    protocol.stalled(True)
    protocol.send(ImageAt(0.3, b""))
    assert allowed(protocol) == [3]


@pytest.mark.parametrize("settings", [{"pacing": "lossless"}, {"input": "landmarks"}])
def test_what_holds_the_sender_back_is_sent_though_nothing_is_heard(
    settings: dict[str, str],
) -> None:
    protocol = opened(**settings)
    protocol.stalled(True)
    protocol.send(ImageAt(0.0, b""))
    assert allowed(protocol) == [0]


def test_a_camera_is_ready_once_all_that_is_lost_is_given_up() -> None:
    protocol = opened(input="video", codec="h264")
    for number in range(9):
        protocol.send(VideoAt(number / 10, b"", key=not number))
        protocol.next_to_send()
    protocol.lost(1006)
    hear(protocol, RESUMED | FACTS | NOTHING_DONE | {"resumed_at_seq": 5})
    assert not protocol.unsent, "what is left needs what is lost"
    assert protocol.ready


def resumed_with(count: int, **bounds: int) -> LiveProtocol:
    """A live session with so many frames that are to be sent again."""
    protocol = LiveProtocol(SessionStart(), **bounds)
    hear(protocol, CREATED | FACTS)
    for number in range(count):
        protocol.send(ImageAt(number / 10, b""))
        protocol.next_to_send()
    protocol.lost(1006)
    hear(protocol, RESUMED | FACTS | NOTHING_DONE)
    return protocol


def late(protocol: LiveProtocol) -> list[bool]:
    """Of each media message that may be sent now."""
    messages = [*iter(protocol.next_to_send, None)]
    return [unpack(one)[0].late for one in messages if isinstance(one, bytes)]


def allowed(protocol: LiveProtocol) -> list[int]:
    """The numbers of what may be sent now."""
    messages = [*iter(protocol.next_to_send, None)]
    return [seq for one in messages if isinstance(one, bytes) for seq in seqs(one)]


@pytest.mark.parametrize(("pacing", "waits"), [("live", False), ("lossless", True)])
def test_while_the_connection_is_lost_only_lossless_waits(pacing: str, waits: bool) -> None:
    protocol = opened(pacing=pacing)
    protocol.send(ImageAt(0.0, b""))
    assert protocol.behind
    protocol.lost(1006)
    assert protocol.behind == waits
    assert protocol.next_to_send() is None


@pytest.mark.parametrize(
    ("settings", "waits"), [({"pacing": "live"}, False), ({"pacing": "lossless"}, True)]
)
def test_where_nothing_is_dropped_only_so_much_is_under_way(
    settings: dict[str, str], waits: bool
) -> None:
    protocol = opened(**settings)
    for n in range(MAX_UNDER_WAY):
        assert not protocol.behind
        protocol.send(ImageAt(n / 10, b""))
        protocol.next_to_send()
    assert not protocol.unsent
    assert protocol.behind == waits
    hear(protocol, ack(0, None, credit=1))
    assert not protocol.behind


def test_a_ping_is_not_repeated() -> None:
    protocol = opened()
    protocol.say(messages.Ping(nonce="once"))
    assert protocol.next_to_send() is not None
    protocol.lost(1006)
    hear(protocol, RESUMED | FACTS | NOTHING_DONE)
    assert protocol.next_to_send() is None


def test_video_goes_on_at_a_key_frame() -> None:
    protocol = opened(input="video", codec="h264")
    for seq in range(7):
        if seq == 5:
            protocol.say(messages.CountingPause())
        protocol.send(VideoAt(seq / 10, b"chunk", key=seq in (0, 6)))
    while protocol.next_to_send() is not None:
        pass
    protocol.lost(1006)
    hear(protocol, RESUMED | FACTS | NOTHING_DONE | {"resumed_at_seq": 2})
    pause, key, nothing = (protocol.next_to_send() for _ in range(3))
    assert isinstance(pause, str)
    assert isinstance(key, bytes)
    assert (seqs(key), nothing, protocol.given_up) == ([6], None, 3)


def test_the_summary_is_kept() -> None:
    protocol = opened()
    hear(protocol, summary(Held(reps=3)))
    assert protocol.summary is not None
    assert protocol.summary.counts == {"squat": 3}


def test_state_and_config_are_the_servers_last_word() -> None:
    protocol = opened()
    config = SessionStart(exercise="plank").model_dump()
    state = {"type": "state", "at_s": 1, "counts": {"squat": 2}, "phases": {}, "holds": {}}
    state |= {"confidences": {}, "subject": True, "counting": "paused", "countdown_s": None}
    hear(protocol, {"type": "session.updated", "config": config, "exercises": ["plank"]}, state)
    assert protocol.config.exercise == "plank"
    assert protocol.state is not None
    assert (protocol.state.counting, protocol.counts) == ("paused", {"squat": 2})
