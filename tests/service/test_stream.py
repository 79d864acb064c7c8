"""A stream without a socket: steps in, messages out."""

import json
from dataclasses import replace

import pytest

from blazereps_client.messages import (
    Ack,
    Arm,
    CountingPause,
    ErrorMessage,
    EventMessage,
    KeyframeRequest,
    Outputs,
    SessionStart,
    SessionSummary,
    SessionUpdate,
    State,
)
from pose_engine.landmarks import Focus
from service.core import Core
from service.media import Chunk, Observation, Picture
from service.stream import ACK_EVERY_S, VideoLost
from tests.pose_engine.fakes import encoded_video
from tests.service.fakes import (
    REP,
    FakeEngine,
    FakeLibrary,
    FakeTracker,
    encoded,
    grey_pose,
)
from tests.service.streams import MemorySessions, landmarks, moment, new_stream

NOW = moment(100)


def seen(seq: int, level: int = 200, received_s: float = 100.0) -> Observation:
    return Observation(seq, seq / 10, received_s, grey_pose(level))


def test_acks_are_throttled_only_while_something_waits() -> None:
    stream = new_stream(landmarks(outputs=Outputs(state_hz=0)))
    times = (100.0, 100.01, 100.02, 100.0 + ACK_EVERY_S, 100.11)
    waiting = (3, 2, 0, 2, 1)
    acked = [
        any(isinstance(m, Ack) for m in stream.observe(seen(i), moment(now_s, waiting=left)))
        for i, (now_s, left) in enumerate(zip(times, waiting, strict=True))
    ]
    assert acked == [True, False, True, False, False]


def test_a_command_acknowledges_what_came_before_it() -> None:
    stream = new_stream(landmarks(outputs=Outputs(state_hz=0)))
    stream.observe(seen(0), moment(100, waiting=2))
    assert not any(isinstance(m, Ack) for m in stream.observe(seen(1), moment(100.01, waiting=1)))
    changed, ack = stream.obey(CountingPause(), moment(100.02))
    assert isinstance(changed, EventMessage)
    assert isinstance(ack, Ack)
    assert (ack.seq, ack.stored_seq) == (1, 1)
    error, again = stream.obey(SessionUpdate(exercise="nothing"), moment(100.03))
    assert isinstance(error, ErrorMessage)
    assert (error.code, error.recoverable) == ("unknown_exercise", True)
    assert isinstance(again, Ack)


def test_at_rest_all_is_stored_and_said_once() -> None:
    stream = new_stream(landmarks(outputs=Outputs(state_hz=0)))
    stream.observe(seen(0), moment(100))
    stream.pass_over(seen(1), moment(100.1))
    (ack,) = stream.rest(moment(101))
    assert isinstance(ack, Ack)
    assert (ack.seq, ack.stored_seq) == (1, 1)
    assert stream.rest(moment(102)) == []


def test_somebody_else_is_picked_as_often_as_one_likes() -> None:
    chosen: list[Focus | None] = []

    class Tracker(FakeTracker):
        def choose(self, focus: Focus | None, /) -> None:
            chosen.append(focus)

    class Engine(FakeEngine):
        def tracker(self, *, focus: Focus | None = None) -> FakeTracker:
            return Tracker(self, focus)

    stream = new_stream(SessionStart(exercise="squat"), core=Core(Engine(), FakeLibrary()))
    updates = ({"subject": None}, {"subject": {"x": 0.5, "y": 0.5}}, {"exercise": "squat"})
    for number, update in enumerate(updates):
        for seq in (2 * number, 2 * number + 1):
            stream.observe(Observation(seq, seq / 10, 100, Picture(encoded(200), 0, False)), NOW)
            for _ in range(2):  # the second time as it is sent again after a break
                stream.obey(SessionUpdate.model_validate(update), NOW)
    assert chosen == [None, None, (0.5, 0.5), (0.5, 0.5)]


def test_state_keeps_to_its_rate() -> None:
    stream = new_stream(landmarks(outputs=Outputs(state_hz=2)))
    stated = [
        100 + i / 10
        for i in range(21)
        if any(isinstance(m, State) for m in stream.observe(seen(i), moment(100 + i / 10)))
    ]
    assert stated == pytest.approx([100, 100.5, 101, 101.5, 102])


def test_the_books_balance() -> None:
    stream = new_stream(landmarks(outputs=Outputs()))
    stream.observe(seen(0), moment(100.25, dropped=3, refused=1))
    broken = Observation(1, 0.1, 100.0, Picture(b"no picture", 0, False))
    answer = stream.observe(broken, moment(100.5, dropped=4, refused=2))
    error, ack = answer[0], answer[-1]
    assert isinstance(error, ErrorMessage)
    assert (error.code, error.seq, error.recoverable) == ("unsupported_format", 1, True)
    assert isinstance(ack, Ack)
    assert (ack.processed, ack.dropped, ack.refused, ack.queue_ms) == (1, 4, 3, 500)


def test_whatever_is_told_or_kept_knows_what_was_refused() -> None:
    store = MemorySessions()
    stream = new_stream(landmarks(outputs=Outputs(state_hz=0)), store)
    stream.observe(seen(0), moment(100.25))
    *_, commanded = stream.obey(CountingPause(), moment(100.5, refused=1))
    (rested,) = stream.rest(moment(101, refused=2))
    for refused, ack in enumerate((commanded, rested), 1):
        assert isinstance(ack, Ack)
        assert (ack.refused, ack.queue_ms) == (refused, 250)
    stream.leave(moment(102, refused=3, dropped=4))
    flow = json.loads(store.kept["a"].state)["flow"]
    assert (flow["refused"], flow["dropped"], flow["queue_ms"]) == (3, 4, 250)
    *_, summary = stream.finish(moment(103, refused=3, dropped=4))
    assert isinstance(summary, SessionSummary)
    assert summary.queue_ms == 250


def test_a_key_frame_is_asked_for_once_and_again_where_it_may_be_lost() -> None:
    stream = new_stream(SessionStart(input="video", codec="h264", pacing="lossless"))
    pieces = encoded_video("h264", [200] * 12)  # a key frame each fourth
    asked: list[int] = []

    def take(*seqs: int, rubbish: bool = False) -> None:
        for seq in seqs:
            data, at_us, key = pieces[seq]
            chunk = Chunk(b"" if rubbish else data, 0, False, key)
            answer = stream.observe(Observation(seq, at_us / 1e6, 100, chunk), NOW)
            asked.extend(seq for m in answer if isinstance(m, KeyframeRequest))

    take(1, 2, 3)
    assert asked == [1]
    take(4, 5)
    for _ in range(2):
        assert isinstance(stream.obey(VideoLost(), NOW)[0], KeyframeRequest)
    take(6, 7)
    take(8, rubbish=True)
    take(9, 10)
    assert asked == [1, 8]


def test_a_picture_that_is_passed_over_is_done_with_and_not_read() -> None:
    stream = new_stream(SessionStart(exercise="squat", outputs=Outputs(state_hz=0)))
    passed = 0
    for seq in range(30):
        whole = Observation(seq, seq / 15, 100, Picture(encoded(200), 0, False))
        broken = replace(whole, seen=Picture(b"no picture", 0, False))
        if stream.may_pass_over(whole):
            answer, passed = stream.pass_over(broken, moment(100)), passed + 1
        else:
            answer = stream.observe(whole, moment(100))
        ack = answer[-1]
        assert isinstance(ack, Ack)
        assert (ack.seq, ack.processed, ack.passed_over) == (seq, seq + 1, passed)
        assert ack.refused == 0
    assert 5 < passed < 20


def test_state_is_of_the_last_picture_even_where_it_is_passed_over() -> None:
    arm = Arm(countdown_s=3)
    stream = new_stream(SessionStart(exercise="squat", outputs=Outputs(state_hz=10), arm=arm))
    for seq in range(30):
        whole = Observation(seq, seq / 15, 100, Picture(encoded(200), 0, False))
        step = stream.pass_over if stream.may_pass_over(whole) else stream.observe
        (state,) = (one for one in step(whole, moment(100 + seq)) if isinstance(one, State))
        assert state.at_s == stream.duration_s == whole.at_s
        assert state.countdown_s == pytest.approx(3 - whole.at_s, abs=0.001)
    assert state.passed_over


def test_landmarks_are_never_passed_over() -> None:
    stream = new_stream(landmarks(outputs=Outputs()))
    for seq in range(30):
        assert not stream.may_pass_over(seen(seq))
        stream.observe(seen(seq), moment(100))


def test_a_damaged_picture_does_not_count_as_nobody() -> None:
    stream = new_stream(landmarks(outputs=Outputs()))
    for seq, level in enumerate(REP):
        stream.observe(seen(2 * seq, level), moment(100))
        broken = Picture(encoded(200)[:50], 0, False)
        stream.observe(Observation(2 * seq + 1, seq / 10 + 0.05, 100, broken), moment(100))
    *events, summary = stream.finish(moment(101))
    assert [event.type for event in events] == ["set.ended"]
    assert isinstance(summary, SessionSummary)
    assert (summary.counts, summary.processed, summary.refused) == ({"squat": 1}, 8, 8)
