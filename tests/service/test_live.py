"""The live protocol over a real socket."""

import threading
import time
from typing import Any

import httpx2
import pytest

from blazereps_client.wire import Header, Kind
from tests.service.conftest import Serve
from tests.service.fakes import (
    NOBODY,
    REP,
    SHALLOW_REP,
    TOP,
    FakeEngine,
    beside,
    encoded,
    grey_pose,
    picture,
    png,
)
from tests.service.talk import Talk, talking

STEP_S = 0.1


def play(talk: Talk, levels: tuple[int, ...], *, poses: bool = False) -> None:
    send = talk.pose if poses else talk.image
    for seq, level in enumerate(levels):
        send(seq, seq * STEP_S, level)


def test_frames_are_counted(address: str) -> None:
    with talking(address) as talk:
        created = talk.start(exercise="squat", pacing="lossless")
        play(talk, REP + REP)
        summary = talk.end()
        assert talk.close_code() == 1000
    assert created["exercises"] == ["squat"]
    assert created["config"]["outputs"] == {
        "landmarks": False,
        "phases": True,
        "guidance": True,
        "state_hz": 2.0,
    }
    assert created["limits"]["idle_s"] == 30
    reps = talk.of("rep.counted")
    assert [rep["counts"] for rep in reps] == [{"squat": 1}, {"squat": 2}]
    assert [rep["at_s"] for rep in reps] == pytest.approx([0.6, 1.4])
    assert (reps[0]["start_s"], reps[0]["bottom_s"], reps[0]["end_s"]) == (0.2, 0.3, 0.6)
    assert summary["counts"] == {"squat": 2}
    assert [rep["end_s"] for rep in summary["reps"]] == [rep["end_s"] for rep in reps]
    assert (summary["processed"], summary["dropped"], summary["refused"]) == (16, 0, 0)


@pytest.mark.parametrize("as_json", [False, True])
def test_landmarks_are_counted_and_never_dropped(address: str, as_json: bool) -> None:
    levels = (*REP, NOBODY, *REP)
    with talking(address) as talk:
        talk.start(input="landmarks", pacing="live")
        for seq, level in enumerate(levels):
            if as_json:
                points = grey_pose(level).image.tolist() if level else None
                talk.say({"type": "landmarks", "seq": seq, "at_s": seq * STEP_S, "points": points})
            else:
                talk.pose(seq, seq * STEP_S, level)
        summary = talk.end()
    assert summary["counts"] == {"squat": 2}
    assert (summary["processed"], summary["dropped"]) == (17, 0)
    assert len(talk.of("subject.lost")) == 1
    assert len(talk.of("subject.found")) == 2


def test_a_rejection_says_why(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        play(talk, SHALLOW_REP)
        summary = talk.end()
    (rejected,) = talk.of("rep.rejected")
    assert (rejected["reason"], rejected["counts"]) == ("too_shallow", {"squat": 0})
    assert summary["counts"] == {}
    assert summary["rejected"][0]["reason"] == "too_shallow"


@pytest.mark.parametrize(
    ("subject", "count"),
    [
        ({"x": 0.2, "y": 0.5}, 0),
        ({"x": 0.8, "y": 1}, 1),
        ({"x": 0.1, "y": 0, "width": 0.3, "height": 1}, 0),
        ({"x": 0.6, "y": 0, "width": 0.3, "height": 1}, 1),
    ],
)
def test_the_person_at_the_point_or_in_the_box_is_followed(
    address: str, subject: dict[str, float], count: int
) -> None:
    with talking(address) as talk:
        created = talk.start(exercise="squat", pacing="lossless", subject=subject)
        for seq, level in enumerate(REP):
            header = Header(Kind.IMAGE, seq, round(seq * STEP_S * 1e6))
            talk.say(header.pack() + png(beside(TOP, level)))
        summary = talk.end()
    assert created["config"]["subject"] == {"width": None, "height": None, **subject}
    assert summary["counts"] == ({"squat": count} if count else {})


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"subject": {"x": 1.1, "y": 0}}, "subject.x"),
        ({"subject": {"x": 0.5}}, "subject.y"),
        ({"subject": {"x": 0.5, "y": None}}, "subject.y"),
        ({"subject": [0.5, 0.5]}, "subject"),
        ({"subject": {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0}}, "subject.height"),
        ({"subject": {"x": 0.1, "y": 0.1, "width": 1.5, "height": 0.5}}, "subject.width"),
        ({"subject": {"x": 0.1, "y": 0.1, "width": 0.5}}, "subject.height"),
        ({"subject": {"x": 0.1, "y": 0.1, "height": 0.5}}, "subject.height"),
        ({"subject": {"x": 0.5, "y": 0.5}, "input": "landmarks"}, "subject"),
    ],
)
def test_a_wrong_subject_is_refused_by_name(
    address: str, settings: dict[str, object], field: str
) -> None:
    with talking(address) as talk:
        talk.say({"type": "session.start", **settings})
        error = talk.hear("error")
        assert (error["code"], error["field"]) == ("invalid_message", field)
        assert talk.close_code() == 1008


def test_a_switch_of_person_is_told_and_ends_the_movement(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        for seq, (level, blue) in enumerate(zip(REP, [0] * 6 + [30] * 2, strict=True)):
            pixels = picture(level)
            pixels[:, :, 2] += blue
            talk.say(Header(Kind.IMAGE, seq, round(seq * STEP_S * 1e6)).pack() + png(pixels))
        summary = talk.end()
    assert [message["at_s"] for message in talk.of("subject.switched")] == [pytest.approx(0.6)]
    assert [message["reason"] for message in talk.of("rep.rejected")][:1] == ["subject_lost"]
    assert summary["counts"] == {}


def test_what_is_pending_at_the_end_is_told(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        play(talk, REP[:4])
        summary = talk.end()
    assert [message["reason"] for message in talk.of("rep.rejected")] == ["incomplete"]
    assert summary["rejected"][0]["end_s"] == pytest.approx(0.3)


def test_event_ids_increase_by_one(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        play(talk, REP + SHALLOW_REP)
        talk.end()
    ids = [message["event_id"] for message in talk.heard if "event_id" in message]
    assert ids == list(range(1, len(ids) + 1))
    assert len(ids) == 9


def test_outputs_are_chosen(address: str) -> None:
    with talking(address) as talk:
        talk.start(pacing="lossless", outputs={"landmarks": True, "phases": False, "state_hz": 0})
        play(talk, (*REP, NOBODY))
        talk.end()
    drawn = talk.of("landmarks")
    assert [message["seq"] for message in drawn] == list(range(9))
    assert (drawn[0]["width_px"], drawn[0]["height_px"]) == (64, 48)
    assert drawn[0]["points"][32] == [200.0, 200.0, 200.0, 1.0]
    assert drawn[8]["points"] is None
    assert not talk.of("phase", "state")


def test_state_is_throttled_and_absolute(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless", outputs={"state_hz": 10})
        play(talk, REP * 10)
        while talk.hear("ack")["seq"] < 79:
            pass
        time.sleep(0.11)
        talk.image(80, 9.0, 200)
        talk.end()
    states = talk.of("state")
    assert 2 <= len(states) < 40
    assert states[-1]["counts"] == {"squat": 10}
    assert states[-1]["phases"] == {"squat": "top"}
    assert states[-1]["subject"] is True
    assert states[-1]["confidences"] == {"squat_up": 1.0, "none": 0.0}


def test_acks_are_cumulative(address: str) -> None:
    with talking(address) as talk:
        talk.start(pacing="lossless")
        talk.image(7, 0.0, 200)
        ack = talk.hear("ack")
        assert (ack["seq"], ack["processed"], ack["dropped"], ack["credit"]) == (7, 1, 0, 8)
        assert ack["queue_ms"] >= 0
        talk.end()


def test_live_keeps_the_newest_frame_and_reports_the_others(serve: Serve) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    with serve(engine) as address, talking(address) as talk:
        talk.start(pacing="live", outputs={"landmarks": True})
        talk.image(0, 0.0, 200)
        assert engine.entered.wait(5)
        for seq in range(1, 20):
            talk.image(seq, seq * STEP_S, 200)
        ping(talk)  # so all twenty have been read
        engine.gate.set()
        summary = talk.end()
    assert [message["seq"] for message in talk.of("landmarks")] == [0, 19]
    assert (summary["processed"], summary["dropped"]) == (2, 18)
    assert talk.of("ack")[-1]["dropped"] == 18


def test_live_frames_that_come_late_are_all_looked_at(serve: Serve) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    with (
        serve(engine, queue_frames=4, max_messages_hz=1) as address,
        talking(address) as talk,
    ):
        talk.start(pacing="live", outputs={"landmarks": True})
        for seq, level in enumerate(REP * 3):
            header = Header(Kind.IMAGE, seq, round(seq * STEP_S * 1e6), late=True)
            talk.say(header.pack() + encoded(level))
        assert engine.entered.wait(5)
        engine.gate.set()
        summary = talk.end()
    assert [message["seq"] for message in talk.of("landmarks")] == [*range(24)]
    assert (summary["processed"], summary["dropped"]) == (24, 0)
    assert summary["counts"] == {"squat": 3}


@pytest.mark.parametrize(
    ("wishes", "looked_at"),
    [
        ({}, False),
        ({"outputs": {"landmarks": True}}, True),
        ({"adaptive": False}, True),
    ],
)
def test_pictures_of_somebody_still_are_passed_over_unless_each_is_wanted(
    address: str, wishes: dict[str, Any], looked_at: bool
) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless", **wishes)
        for seq in range(60):
            talk.image(seq, seq / 15, TOP)
        for seq, level in enumerate(REP, 60):
            talk.image(seq, seq / 15, level)
        summary = talk.end()
    assert (summary["processed"], summary["counts"]) == (68, {"squat": 1})
    assert (summary["passed_over"] == 0) == looked_at
    assert summary["passed_over"] in range(20, 40) or looked_at
    assert talk.of("ack")[-1]["seq"] == 67


def test_while_others_are_worked_on_the_newest_frame_is_kept(serve: Serve) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    with (
        serve(engine, inference_workers=1) as address,
        talking(address) as other,
        talking(address) as talk,
    ):
        other.start(pacing="live")
        other.image(0, 0.0, 200)
        assert engine.entered.wait(5)
        talk.start(pacing="live", outputs={"landmarks": True})
        for seq in range(10):
            talk.image(seq, seq * STEP_S, 200)
            ping(talk)
        engine.gate.set()
        summary = talk.end()
    assert [message["seq"] for message in talk.of("landmarks")] == [9]
    assert (summary["processed"], summary["dropped"]) == (1, 9)


def test_lossless_drops_nothing_however_slow(serve: Serve) -> None:
    with serve(FakeEngine(delay_s=0.01), queue_frames=2) as address, talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        play(talk, REP * 5)
        summary = talk.end()
    assert (summary["processed"], summary["dropped"]) == (40, 0)
    assert summary["counts"] == {"squat": 5}


def test_lossless_holds_the_sender_back(serve: Serve) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    noise = bytes(1_000_000)
    sent = 0
    with serve(engine, queue_frames=2) as address, talking(address) as talk:
        talk.start(pacing="lossless")

        def flood() -> None:
            nonlocal sent
            for seq in range(100):
                talk.say(Header(Kind.IMAGE, seq, seq + 1).pack() + encoded(200) + noise)
                sent = seq

        sender = threading.Thread(target=flood)
        sender.start()
        time.sleep(0.5)
        held_at = sent
        engine.gate.set()
        while talk.hear("ack")["seq"] < 99:
            pass
        sender.join()
        assert talk.end()["processed"] == 100
    assert held_at < 90


def test_the_event_loop_never_waits_for_inference(serve: Serve) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    with serve(engine) as address, talking(address) as busy, talking(address) as other:
        busy.start()
        busy.image(0, 0.0, 200)
        assert ping(busy) < 0.5
        other.start(input="landmarks")
        assert ping(other) < 0.5
        assert httpx2.get(f"http://{address}/healthz").status_code == 200
        engine.gate.set()
        busy.end()


def ping(talk: Talk) -> float:
    began = time.monotonic()
    talk.say({"type": "ping", "nonce": "n1"})
    assert talk.hear("pong")["nonce"] == "n1"
    return time.monotonic() - began
