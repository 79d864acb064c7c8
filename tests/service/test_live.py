"""The live protocol over a real socket."""

import json
import struct
import threading
import time
from contextlib import suppress

import httpx2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from service.wire import Header, Kind
from tests.service.conftest import Serve
from tests.service.fakes import (
    NOBODY,
    REP,
    SHALLOW_REP,
    TOP,
    FakeEngine,
    encoded,
    giant_png,
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
    assert created["config"]["outputs"] == {"landmarks": False, "phases": True, "state_hz": 2.0}
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


@pytest.mark.parametrize(("subject", "count"), [({"x": 0.2, "y": 0.5}, 0), ({"x": 0.8, "y": 1}, 1)])
def test_the_person_at_the_point_is_followed(
    address: str, subject: dict[str, float], count: int
) -> None:
    with talking(address) as talk:
        created = talk.start(exercise="squat", pacing="lossless", subject=subject)
        for seq, level in enumerate(REP):
            header = Header(Kind.IMAGE, seq, round(seq * STEP_S * 1e6))
            talk.say(header.pack() + png(np.hstack((picture(TOP), picture(level)))))
        summary = talk.end()
    assert created["config"]["subject"] == subject
    assert summary["counts"] == ({"squat": count} if count else {})


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"subject": {"x": 1.1, "y": 0}}, "subject.x"),
        ({"subject": {"x": 0.5}}, "subject.y"),
        ({"subject": {"x": 0.5, "y": None}}, "subject.y"),
        ({"subject": [0.5, 0.5]}, "subject"),
        ({"subject": {"x": 0.5, "y": 0.5}, "input": "landmarks"}, "subject"),
    ],
)
def test_a_wrong_point_is_refused_by_name(
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
    assert len(ids) == 7


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


def points(row: int = 0, value: object = 0.0) -> list[list[object]]:
    rows: list[list[object]] = [[1.0, 2.0, 3.0, 1.0] for _ in range(33)]
    rows[row][1] = value
    return rows


NAN_POINTS = json.dumps({"type": "landmarks", "seq": 5, "at_s": 0, "points": points(12, "NAN")})
IMAGE = Header(Kind.IMAGE, 5, 0).pack()
POSE = Header(Kind.LANDMARKS, 5, 0).pack()
BAD = {
    "not JSON": ("{", "invalid_json", None),
    "deep JSON": ("[" * 30_000, "invalid_json", None),
    "no type": ("{}", "unknown_type", "type"),
    "unknown type": ('{"type": "session.dance"}', "unknown_type", "type"),
    "unknown field": ('{"type": "ping", "colour": 1}', "invalid_message", "colour"),
    "second start": ('{"type": "session.start"}', "already_started", None),
    "huge text": (json.dumps({"type": "ping", "nonce": "x" * 70_000}), "message_too_large", None),
    "short header": (b"\x01\x01", "invalid_header", "header"),
    "wrong version": (b"\x09" + IMAGE[1:], "invalid_header", "version"),
    "wrong kind": (b"\x01\x07" + IMAGE[2:], "invalid_header", "kind"),
    "wrong flags": (b"\x01\x01\xff\xff" + IMAGE[4:], "invalid_header", "flags"),
    "late time": (IMAGE[:8] + b"\xff" * 8, "invalid_header", "capture_us"),
    "text as JPEG": (IMAGE + b"hello", "unsupported_format", "payload"),
    "truncated PNG": (IMAGE + encoded(200)[:60], "damaged", "payload"),
    "giant PNG": (IMAGE + giant_png(), "too_many_pixels", "payload"),
    "giant file": (IMAGE + encoded(0) + bytes(5_000_000), "too_many_bytes", "payload"),
    "empty image": (IMAGE, "unsupported_format", "payload"),
}
BAD_POSES = {
    "NaN in JSON": (NAN_POINTS.replace('"NAN"', "NaN"), "invalid_message", "points.12.1"),
    "NaN in binary": (
        POSE + struct.pack("<165f", *(float("nan") if i == 61 else 0.5 for i in range(165))),
        "invalid_landmarks",
        "points.12.1",
    ),
    "visibility of two": (
        POSE + struct.pack("<165f", *(2.0 if i == 3 else 0.5 for i in range(165))),
        "invalid_landmarks",
        "points.0.3",
    ),
    "odd size": (POSE + bytes(100), "invalid_landmarks", "payload"),
    "32 points": (
        json.dumps({"type": "landmarks", "seq": 5, "at_s": 0, "points": points()[1:]}),
        "invalid_message",
        "points",
    ),
    "ragged points": (
        json.dumps(
            {"type": "landmarks", "seq": 5, "at_s": 0, "points": [[1, 2, 3], *points()[1:]]}
        ),
        "invalid_landmarks",
        "points",
    ),
    "far away": (
        json.dumps({"type": "landmarks", "seq": 5, "at_s": 0, "points": points(3, 1e9)}),
        "invalid_landmarks",
        "points.3.1",
    ),
    "image instead": (IMAGE + encoded(200), "wrong_input", "kind"),
}


@pytest.mark.parametrize(("message", "code", "field"), BAD.values(), ids=BAD)
def test_a_bad_message_is_told_and_the_session_goes_on(
    address: str, message: str | bytes, code: str, field: str | None
) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        talk.say(message)
        error = talk.hear("error")
        assert (error["code"], error["field"], error["recoverable"]) == (code, field, True)
        assert error["message"]
        for seq, level in enumerate(REP):
            talk.image(seq, 1 + seq * STEP_S, level)
        assert talk.end()["counts"] == {"squat": 1}


@pytest.mark.parametrize(("message", "code", "field"), BAD_POSES.values(), ids=BAD_POSES)
def test_bad_landmarks_are_told_and_the_session_goes_on(
    address: str, message: str | bytes, code: str, field: str | None
) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        talk.say(message)
        error = talk.hear("error")
        assert (error["code"], error["field"], error["recoverable"]) == (code, field, True)
        for seq, level in enumerate(REP):
            talk.pose(seq, 1 + seq * STEP_S, level)
        assert talk.end()["counts"] == {"squat": 1}


def test_time_that_goes_backwards_is_refused_and_ignored(address: str) -> None:
    with talking(address) as talk:
        talk.start(pacing="lossless")
        talk.image(0, 2.0, 200)
        for seq, at_s in ((1, 1.0), (2, 2.0)):
            talk.image(seq, at_s, 200)
            error = talk.hear("error")
            assert (error["code"], error["seq"]) == ("time_went_backwards", seq)
            assert "is not after 2.000000 s" in error["message"]
        summary = talk.end()
    assert (summary["processed"], summary["refused"]) == (1, 2)


def test_rotation_and_mirroring_are_undone(address: str) -> None:
    with talking(address) as talk:
        talk.start(pacing="lossless", outputs={"landmarks": True})
        talk.image(0, 0.0, 200, rotation=90, mirrored=True)
        turned = talk.hear("landmarks")
        talk.end()
    assert (turned["width_px"], turned["height_px"]) == (48, 64)


@pytest.mark.parametrize(
    ("first", "code", "close_code"),
    [
        ('{"type": "ping"}', "start_expected", 1008),
        (IMAGE + encoded(200), "start_expected", 1008),
        ("{", "invalid_json", 1008),
        ('{"type": "session.start", "pacing": "fast"}', "invalid_message", 1008),
        ('{"type": "session.start", "exercise": "yoga"}', "unknown_exercise", 4404),
    ],
)
def test_the_first_message_must_start_the_session(
    address: str, first: str | bytes, code: str, close_code: int
) -> None:
    with talking(address) as talk:
        talk.say(first)
        error = talk.hear()
        assert (error["code"], error["recoverable"]) == (code, False)
        assert talk.close_code() == close_code


def test_an_unknown_exercise_names_the_known_ones(address: str) -> None:
    with talking(address) as talk:
        talk.say({"type": "session.start", "exercise": "yoga"})
        assert "squat, push_up" in talk.hear("error")["message"]


def test_a_message_beyond_the_socket_limit_closes_with_1009(serve: Serve) -> None:
    limits = {"max_frame_bytes": 50_000, "max_message_bytes": 100_000}
    with serve(**limits) as address, talking(address) as talk:
        talk.start()
        talk.say(IMAGE + bytes(200_000))
        assert talk.close_code() == 1009


def test_text_that_is_not_utf8_closes_with_1007(address: str) -> None:
    with talking(address) as talk:
        talk.start()
        talk.socket.send(b"\xff\xfe", text=True)
        assert talk.close_code() == 1007


def test_an_idle_session_is_closed(serve: Serve) -> None:
    with serve(idle_s=0.3) as address, talking(address) as talk:
        talk.start()
        error = talk.hear("error")
        assert (error["code"], error["recoverable"]) == ("idle", False)
        assert "0.3 s" in error["message"]
        assert talk.close_code() == 4408


def test_a_session_has_a_longest_life(serve: Serve) -> None:
    with serve(max_session_s=0.3) as address, talking(address) as talk:
        talk.start()
        assert talk.hear("error")["code"] == "session_too_long"
        assert talk.close_code() == 4408


def test_one_session_too_many_is_refused_before_the_upgrade(serve: Serve) -> None:
    with serve(max_sessions=1) as address:
        with talking(address) as talk:
            talk.start()
            with pytest.raises(InvalidStatus) as refusal, talking(address):
                pass
            talk.end()
        response = refusal.value.response
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert json.loads(response.body or b"")["code"] == "over_capacity"
        with talking(address) as talk:
            talk.start()
            talk.end()


def test_another_sites_page_may_not_connect(serve: Serve) -> None:
    with serve(allowed_origins={"https://app.example"}) as address:
        with (
            pytest.raises(InvalidStatus) as refusal,
            talking(address, origin="https://evil.example"),
        ):
            pass
        assert refusal.value.response.status_code == 403
        for origin in (f"http://{address}", "https://app.example"):
            with talking(address, origin=origin) as talk:
                talk.start()
                talk.end()


def test_a_fault_of_ours_is_told_without_its_details(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with talking(address) as talk:
        talk.start()
        talk.image(0, 0.0, 13)
        error = talk.hear("error")
        assert error["code"] == "internal"
        assert "a fault of the engine" not in error["message"]
        assert talk.close_code() == 1011
    assert "a fault of the engine" in caplog.text


def test_a_client_that_leaves_gives_its_seat_back(serve: Serve) -> None:
    with serve(max_sessions=1) as address:
        for _ in range(3):
            with talking(address) as talk:
                talk.start()
                talk.image(0, 0.0, 200)
            wait_until_ready(address)


def test_a_client_that_does_not_read_is_cut_off(serve: Serve) -> None:
    with serve(max_sessions=1, send_timeout_s=0.3) as address:
        with talking(address, max_queue=1, close_timeout=0) as talk, suppress(ConnectionClosed):
            talk.start(input="landmarks", outputs={"landmarks": True})
            for seq in range(100_000):
                talk.pose(seq, seq * STEP_S, 200)
            pytest.fail("the server took everything")
        wait_until_ready(address)


def wait_until_ready(address: str) -> None:
    for _ in range(100):
        if httpx2.get(f"http://{address}/readyz").status_code == 200:
            return
        time.sleep(0.05)
    raise AssertionError("the seat was never given back")
