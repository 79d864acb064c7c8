"""What a live session refuses: bad messages, wrong times, too many, too long, too slow."""

import json
import socket
import sqlite3
import struct
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from blazereps_client.wire import Header, Kind
from service.chronicle import MAX_EVENTS
from service.errors import MAX_FAULTS
from tests.service.conftest import Serve
from tests.service.fakes import (
    REP,
    FakeEngine,
    encoded,
    giant_png,
)
from tests.service.talk import resume, talking
from tests.service.waiting import until

STEP_S = 0.1


def points(row: int = 0, value: object = 0.0) -> list[list[object]]:
    rows: list[list[object]] = [[1.0, 2.0, 3.0, 1.0] for _ in range(33)]
    rows[row][1] = value
    return rows


NAN_POINTS = json.dumps({"type": "landmarks", "seq": 5, "at_s": 0, "points": points(12, "NAN")})
IMAGE = Header(Kind.IMAGE, 5, 0).pack()
POSE = Header(Kind.LANDMARKS, 5, 0).pack()
WITHOUT_HEIGHT = "subject.height: a box has both width and height"
BAD = {
    "not JSON": ("{", "invalid_json", None),
    "deep JSON": ("[" * 30_000, "invalid_json", None),
    "no object": ("[]", "unknown_type", "type"),
    "nothing": ("null", "unknown_type", "type"),
    "no type": ("{}", "unknown_type", "type"),
    "unknown type": ('{"type": "session.dance"}', "unknown_type", "type"),
    "unknown field": ('{"type": "ping", "colour": 1}', "invalid_message", "colour"),
    "unknown fields": (
        json.dumps({"type": "ping"} | dict.fromkeys(map(str, range(MAX_FAULTS + 1)), 0)),
        "invalid_message",
        None,
    ),
    "truth as text": (
        '{"type": "session.update", "outputs": {"phases": "no"}}',
        "invalid_message",
        "outputs.phases",
    ),
    "truth as number": (
        '{"type": "session.update", "subject": {"x": true, "y": 1}}',
        "invalid_message",
        "subject.x",
    ),
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
    "time as text": (
        '{"type": "landmarks", "seq": 5, "at_s": "0", "points": null}',
        "invalid_message",
        "at_s",
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
            talk.image(10 + seq, 1 + seq * STEP_S, level)
        assert talk.end()["counts"] == {"squat": 1}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ('{"type": "session.dance"}', "a message is an object whose type is one of session.start,"),
        ('{"type": "session.update", "subject": {"x": 0, "y": 0, "width": 1}}', WITHOUT_HEIGHT),
    ],
)
def test_a_bad_message_is_told_in_the_protocols_words(
    address: str, message: str, told: str
) -> None:
    with talking(address) as talk:
        talk.start()
        talk.say(message)
        assert talk.hear("error")["message"].startswith(told)


@pytest.mark.parametrize(
    ("message", "seq"),
    [(b"\x01\x01\xff\xff\x07" + bytes(11), 7), (b"\x09" + bytes(15), None), (b"\x01", None)],
)
def test_a_wrong_header_is_told_with_its_number_where_that_can_be_read(
    address: str, message: bytes, seq: int | None
) -> None:
    with talking(address) as talk:
        talk.start()
        talk.say(message)
        assert talk.hear("error")["seq"] == seq
        assert talk.end()["refused"] == (seq is not None)


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


def test_numbers_that_come_twice_or_out_of_order_are_refused_and_ignored(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        for seq, level in enumerate(REP):
            for sent in (2 * seq, 2 * seq, max(0, 2 * seq - 1)):
                talk.image(sent, 1 + sent * STEP_S, level)
        summary = talk.end()
    assert {error["code"] for error in talk.of("error")} == {"seq_went_backwards"}
    assert (summary["counts"], summary["processed"]) == ({"squat": 1}, len(REP))
    assert summary["refused"] == 2 * len(REP)


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


def test_who_was_too_loud_or_too_quiet_can_come_back(serve: Serve) -> None:
    with serve(idle_s=0.5, max_messages_hz=10) as address:
        with talking(address) as talk:
            created = talk.start(exercise="squat", input="landmarks")
            for seq, level in enumerate(REP):
                talk.pose(seq, seq * STEP_S, level)
            assert talk.close_code() == 4408
        with talking(address) as talk:
            resume(talk, created)
            with suppress(ConnectionClosed):
                for _ in range(60):
                    talk.say({"type": "ping"})
            assert talk.close_code() == 4429
        with talking(address) as talk:
            assert resume(talk, created)["counts"] == {"squat": 1}
            assert talk.end()["counts"] == {"squat": 1}


def test_a_session_has_a_longest_life_and_its_summary_then(serve: Serve) -> None:
    with serve(max_session_s=2) as address:
        with talking(address) as talk:
            created = talk.start(exercise="squat", input="landmarks")
            for seq, level in enumerate(REP):
                talk.pose(seq, seq * STEP_S, level)
            summary = talk.hear("session.summary")
            assert (summary["counts"], summary["processed"]) == ({"squat": 1}, len(REP))
            assert talk.hear()["code"] == "session_too_long"
            assert talk.close_code() == 4408
        with talking(address) as talk:
            resume(talk, created)
            assert talk.hear("session.summary") == summary
            assert talk.close_code() == 1000
        (workout,) = httpx2.get(f"http://{address}/v1/workouts").json()["items"]
        assert (workout["id"], workout["counts"]) == (created["session_id"], {"squat": 1})


def test_what_waits_when_a_session_is_too_old_is_counted(serve: Serve) -> None:
    engine = FakeEngine()
    with serve(engine, max_session_s=2) as address, talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        engine.gate.clear()
        for seq, level in enumerate(REP):
            talk.image(seq, seq * STEP_S, level)
        time.sleep(2.2)
        engine.gate.set()
        assert talk.hear("session.summary")["counts"] == {"squat": 1}
        assert talk.close_code() == 4408


@pytest.mark.parametrize("command", ["counting.pause", "ping"])
def test_a_session_that_has_told_so_much_ends(serve: Serve, tmp_path: Path, command: str) -> None:
    with serve(data=tmp_path) as address:
        with talking(address) as talk:
            created = talk.start(exercise="squat", input="landmarks")
            for seq, level in enumerate(REP):
                talk.pose(seq, seq * STEP_S, level)
            talk.hear("rep.counted")
        until(lambda: httpx2.get(f"http://{address}/readyz").json()["free_sessions"] == 32)
        left = 1 if command == "counting.pause" else 0
        with sqlite3.connect(tmp_path / "sessions.db") as database:
            change = "UPDATE session SET state = json_set(state, '$.chronicle.last_event_id', ?)"
            database.execute(change, (MAX_EVENTS - left,))
        with talking(address) as talk:
            resume(talk, created)
            talk.say({"type": command})
            assert talk.hear("session.summary")["counts"] == {"squat": 1}
            error = talk.hear("error")
            assert (error["code"], error["recoverable"]) == ("session_too_long", False)
            assert f"{MAX_EVENTS} events" in error["message"]
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
        for origin in ("https://evil.example", "http://[::1", "null"):
            with pytest.raises(InvalidStatus) as refusal, talking(address, origin=origin):
                pass
            assert refusal.value.response.status_code == 403
        for origin in (f"http://{address}", "https://app.example"):
            with talking(address, origin=origin) as talk:
                talk.start()
                talk.end()


def test_another_path_is_not_found(address: str) -> None:
    for path in ("/live", "/v1/live/", "/page/live"):
        with pytest.raises(InvalidStatus) as refusal, connect(f"ws://{address}{path}"):
            pass
        response = refusal.value.response
        assert (response.status_code, json.loads(response.body)["code"]) == (404, "not_found")


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


def test_a_connection_that_is_only_half_there_gives_its_seat_back(serve: Serve) -> None:
    """As of a phone that has lost its network: it neither sends nor closes nor answers a close."""
    with serve(max_sessions=1, idle_s=0.3) as address:
        host, port = address.split(":")
        silent = socket.create_connection((host, int(port)))
        silent.sendall(
            f"GET /v1/live HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        assert silent.recv(12) == b"HTTP/1.1 101"
        wait_until_ready(address)
        silent.close()


def test_a_client_that_does_not_read_is_cut_off(serve: Serve) -> None:
    with serve(max_sessions=1, send_timeout_s=0.3) as address:
        with talking(address, max_queue=1, close_timeout=0) as talk, suppress(ConnectionClosed):
            talk.start(input="landmarks", outputs={"landmarks": True})
            for seq in range(100_000):
                talk.pose(seq, seq * STEP_S, 200)
            pytest.fail("the server took everything")
        wait_until_ready(address)


def wait_until_ready(address: str) -> None:
    until(lambda: httpx2.get(f"http://{address}/readyz").status_code == 200, 5)
