"""What a client may want in mid-session, and the other ways that media come in."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from blazereps_client.wire import Header, Kind, pack_batch, pack_landmarks
from service.landmarks import pack_pose
from tests.pose_engine.fakes import encoded_video as video
from tests.service.conftest import Serve
from tests.service.fakes import REP, TOP, FakeEngine, beside, grey_pose, png
from tests.service.talk import Talk, resume, talking

STEP_S = 0.1


def play(talk: Talk, levels: Iterable[int], first: int = 0) -> None:
    for seq, level in enumerate(levels, first):
        talk.pose(seq, seq * STEP_S, level)


def say(talk: Talk, message_type: str, **fields: Any) -> None:
    talk.say({"type": message_type, **fields})


def test_nothing_counts_while_paused(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        play(talk, REP)
        say(talk, "counting.pause")
        play(talk, REP, 10)
        say(talk, "counting.resume")
        play(talk, REP, 20)
        summary = talk.end()
    assert summary["counts"] == {"squat": 2}
    assert summary["processed"] == 3 * len(REP)
    changed = [message["counting"] for message in talk.of("counting.changed")]
    assert changed == ["paused", "counting"]


def test_a_movement_that_is_paused_is_given_up(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        play(talk, REP[:4])
        say(talk, "counting.pause")
        say(talk, "counting.resume")
        play(talk, REP[6:], 10)
        assert talk.end()["counts"] == {}
    assert [message["reason"] for message in talk.of("rep.rejected")] == ["incomplete"]


def test_what_is_under_way_is_over_before_counts_go_back_to_zero(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        play(talk, REP[:4])
        say(talk, "counting.reset")
        summary = talk.end()
    told = [m["type"] for m in talk.heard if m["type"] in ("rep.rejected", "counting.changed")]
    assert told == ["rep.rejected", "counting.changed"]
    assert summary["rejected"] == []


def test_counts_go_back_to_zero(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        play(talk, REP)
        say(talk, "counting.reset")
        assert talk.hear("counting.changed")["counts"] == {"squat": 0}
        play(talk, REP, 10)
        summary = talk.end()
    assert (summary["counts"], len(summary["reps"])) == ({"squat": 1}, 1)
    ids = [message["event_id"] for message in talk.heard if "event_id" in message]
    assert ids == sorted(set(ids))


def test_a_countdown_comes_before_anything_counts(address: str) -> None:
    with talking(address) as talk:
        talk.start(
            exercise="squat", input="landmarks", arm={"countdown_s": 1}, outputs={"state_hz": 10}
        )
        play(talk, REP)
        state = talk.hear("state")
        assert (state["counting"], state["countdown_s"]) == ("arming", 1.0)
        play(talk, REP, 10)
        summary = talk.end()
    assert summary["counts"] == {"squat": 1}
    (changed,) = talk.of("counting.changed")
    assert (changed["counting"], changed["at_s"]) == ("counting", pytest.approx(1.0))


def test_or_somebody_who_is_ready(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks", arm={"ready_s": 0.5})
        play(talk, REP)  # never at the top for half a second
        play(talk, (TOP,) * 8, 10)
        play(talk, REP, 20)
        assert talk.end()["counts"] == {"squat": 1}


def test_another_exercise_is_counted_from_here_on(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        play(talk, REP)
        say(talk, "session.update", exercise="push_up")
        updated = talk.hear("session.updated")
        assert updated["config"]["exercise"] == "push_up"
        assert updated["exercises"] == ["squat", "push_up"]
        play(talk, REP, 10)
        assert talk.end()["counts"] == {"squat": 1, "push_up": 1}


def test_other_outputs_and_another_person(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless", subject={"x": 0.2, "y": 0.5})
        for seq, level in enumerate((*REP, *REP)):
            header = Header(Kind.IMAGE, seq, round(seq * STEP_S * 1e6))
            if seq == len(REP):
                say(talk, "session.update", subject={"x": 0.8, "y": 0.5}, outputs={"phases": False})
            talk.say(header.pack() + png(beside(TOP, level)))
        assert talk.end()["counts"] == {"squat": 1}
    assert talk.of("phase") == []


@pytest.mark.parametrize(
    ("update", "code", "field"),
    [
        ({"exercise": "yoga"}, "unknown_exercise", "exercise"),
        ({"subject": {"x": 0.5, "y": 0.5}}, "invalid_message", "subject"),
        ({"input": "frames"}, "invalid_message", "input"),
    ],
)
def test_a_wrong_update_changes_nothing(
    address: str, update: dict[str, Any], code: str, field: str
) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        say(talk, "session.update", **update)
        error = talk.hear("error")
        assert (error["code"], error["field"], error["recoverable"]) == (code, field, True)
        play(talk, REP)
        assert talk.end()["counts"] == {"squat": 1}


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "binary"])
def test_several_observations_come_in_one_message(address: str, as_json: bool) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        if as_json:
            observations = [
                {"seq": n, "at_s": n * STEP_S, "points": grey_pose(level).image.tolist()}
                for n, level in enumerate(REP)
            ]
            say(talk, "landmarks.batch", observations=observations)
        else:
            packed = [
                (n, round(n * STEP_S * 1e6), pack_pose(grey_pose(level)))
                for n, level in enumerate(REP)
            ]
            talk.say(pack_batch(packed))
        summary = talk.end()
    assert (summary["counts"], summary["processed"]) == ({"squat": 1}, len(REP))


def test_of_a_batch_each_observation_is_checked(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        seqs = (0, 1, 1, 2)
        talk.say(pack_batch([(seq, seq * 100_000, b"") for seq in seqs]))
        summary = talk.end()
    assert [error["code"] for error in talk.of("error")] == ["seq_went_backwards"]
    assert (summary["processed"], summary["refused"]) == (3, 1)


NOBODY_PACKED = bytes(16)
FAR = [[2e6, 2.0, 3.0, 1.0, 1.0], *[[1.0] * 5] * 32]
FAR_X = "observations.1.points.0.0"


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b"", "observations.0"),
        (b"\1\0", "observations.0"),
        (NOBODY_PACKED + bytes(4) + b"\7" + bytes(11), "observations.1.content"),
        (NOBODY_PACKED + bytes(4) + b"\0\0\1\0" + bytes(8), "observations.1"),
        (NOBODY_PACKED + bytes(8) + b"\xff" * 8, "observations.1.capture_us"),
        (NOBODY_PACKED + bytes(4) + b"\1" + bytes(11) + bytes(659), "observations.1"),
        (NOBODY_PACKED + bytes(4) + b"\1" + bytes(11) + pack_landmarks(FAR), FAR_X),
    ],
)
def test_a_broken_batch_is_refused_whole(address: str, payload: bytes, field: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        talk.say(Header(Kind.BATCH, 5, 0).pack() + payload)
        error = talk.hear("error")
        assert (error["code"], error["seq"], error["field"]) == ("invalid_landmarks", 5, field)
        assert error["message"].startswith("observations.")
        summary = talk.end()
    assert (summary["processed"], summary["refused"]) == (0, 1)


def test_a_batch_as_json_is_refused_like_a_packed_one(address: str) -> None:
    observations = [
        {"seq": 5 + n, "at_s": n, "points": points} for n, points in enumerate([None, FAR])
    ]
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        say(talk, "landmarks.batch", observations=observations)
        error = talk.hear("error")
        assert (error["code"], error["seq"], error["field"]) == ("invalid_landmarks", 5, FAR_X)
        summary = talk.end()
    assert (summary["processed"], summary["refused"]) == (0, 1)


def test_normalized_landmarks_are_multiplied_by_their_picture(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks", outputs={"landmarks": True})
        points = [[0.5, 0.25, 0.1]] * 33
        say(talk, "landmarks", seq=0, at_s=0, points=points, size=[640, 480])
        assert talk.hear("landmarks")["points"][0] == [320, 120, 64, 1]


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_encoded_video_is_counted(address: str, codec: str) -> None:
    pieces = video(codec, [*REP])
    with talking(address) as talk:
        talk.start(exercise="squat", input="video", codec=codec, pacing="lossless")
        for seq, (data, at_us, key) in enumerate(pieces):
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key).pack() + data)
        summary = talk.end()
    assert (summary["counts"], summary["processed"]) == ({"squat": 1}, len(REP))


def test_video_of_somebody_still_is_decoded_and_passed_over(address: str) -> None:
    levels = [TOP] * 40 + list(REP)
    with talking(address) as talk:
        talk.start(exercise="squat", input="video", codec="h264", pacing="lossless")
        for seq, (data, at_us, key) in enumerate(video("h264", levels)):
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key).pack() + data)
        summary = talk.end()
    assert summary["counts"] == {"squat": 1}
    assert (summary["processed"], summary["refused"]) == (48, 0)
    assert summary["passed_over"] > 10


def test_after_damage_a_key_frame_is_asked_for(address: str) -> None:
    pieces = video("h264", [TOP] * 8)
    with talking(address) as talk:
        talk.start(
            exercise="squat",
            input="video",
            codec="h264",
            pacing="lossless",
            outputs={"landmarks": True},
        )
        for seq, (data, at_us, key) in enumerate(pieces):
            sent = b"\0\0\0\1\xff rubbish" if seq == 2 else data
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key).pack() + sent)
        summary = talk.end()
    assert [(error["code"], error["seq"]) for error in talk.of("error")] == [("damaged", 2)]
    assert len(talk.of("keyframe.request")) == 1
    assert [message["seq"] for message in talk.of("landmarks")] == [0, 1, 4, 5, 6, 7]
    assert (summary["processed"], summary["refused"]) == (7, 1)


def test_video_that_begins_without_a_key_frame_asks_for_one(address: str) -> None:
    pieces = video("h264", [TOP] * 4)
    with talking(address) as talk, talking(address) as again:
        created = talk.start(input="video", codec="h264", pacing="lossless")
        for seq, (data, at_us, key) in enumerate(pieces[:2]):
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key).pack() + data)
            talk.hear("ack")
        assert not talk.of("keyframe.request")
        resume(again, created, 99)
        for seq, (data, at_us, _) in enumerate(pieces[2:], 2):
            again.say(Header(Kind.VIDEO, seq, at_us).pack() + data)
        again.end()
    assert len(again.of("keyframe.request")) == 1


def overrun(talk: Talk, engine: FakeEngine, pieces: Sequence[tuple[bytes, int, bool]]) -> None:
    """More video than fits comes while one frame is looked at, until a key frame is asked for."""
    engine.gate.clear()
    for seq, (data, at_us, key) in enumerate(pieces):
        talk.say(Header(Kind.VIDEO, seq, at_us, key=key).pack() + data)
    say(talk, "ping")
    talk.hear("pong")
    engine.gate.set()
    talk.hear("keyframe.request")


def test_live_video_that_does_not_fit_is_given_up_to_the_next_key_frame(serve: Serve) -> None:
    pieces = video("h264", [TOP] * 40)
    engine = FakeEngine()
    with serve(engine, queue_frames=4) as address, talking(address) as talk:
        talk.start(exercise="squat", input="video", codec="h264")
        overrun(talk, engine, pieces[:36])
        for seq, (data, at_us, key) in enumerate(pieces[36:], 36):
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key).pack() + data)
            time.sleep(0.05)
        summary = talk.end()
    assert summary["dropped"] > 20
    assert summary["processed"] + summary["dropped"] == 40
    assert summary["refused"] == 0


def test_of_live_video_the_newest_is_looked_at_before_what_is_given_up(serve: Serve) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    with serve(engine, queue_frames=4) as address, talking(address) as talk:
        talk.start(exercise="squat", input="video", codec="h264", outputs={"landmarks": True})
        for seq, (data, at_us, key) in enumerate(video("h264", [TOP] * 7)):
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key).pack() + data)
            assert engine.entered.wait(5)
        say(talk, "ping")
        talk.hear("pong")
        engine.gate.set()
        summary = talk.end()
    assert [message["seq"] for message in talk.of("landmarks")] == [0, 4]
    assert (summary["processed"], summary["dropped"]) == (2, 5)


def test_live_video_goes_on_at_a_key_frame_that_comes_late(serve: Serve) -> None:
    pieces = video("h264", [TOP] * 40)
    engine = FakeEngine()
    with serve(engine, queue_frames=4) as address, talking(address) as talk:
        talk.start(exercise="squat", input="video", codec="h264", outputs={"landmarks": True})
        overrun(talk, engine, pieces[:36])
        for seq, (data, at_us, key) in enumerate(pieces[36:], 36):
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key, late=key).pack() + data)
            time.sleep(0.05)
        talk.end()
    assert [message["seq"] for message in talk.of("landmarks")][-4:] == [36, 37, 38, 39]


def test_live_video_that_comes_late_is_all_looked_at(serve: Serve) -> None:
    with serve(FakeEngine(delay_s=0.01), queue_frames=4) as address, talking(address) as talk:
        talk.start(exercise="squat", input="video", codec="h264", adaptive=False)
        for seq, (data, at_us, key) in enumerate(video("h264", REP * 5)):
            talk.say(Header(Kind.VIDEO, seq, at_us, key=key, late=True).pack() + data)
        summary = talk.end()
    assert (summary["processed"], summary["dropped"]) == (40, 0)
    assert summary["counts"] == {"squat": 5}


@pytest.mark.parametrize(
    "settings", [{"input": "video"}, {"codec": "h264"}, {"input": "video", "codec": "mjpeg"}]
)
def test_video_and_its_codec_go_together(address: str, settings: dict[str, str]) -> None:
    with talking(address) as talk:
        say(talk, "session.start", **settings)
        error = talk.hear("error")
        assert (error["code"], error["field"]) == ("invalid_message", "codec")


def test_a_client_that_floods_is_closed(serve: Serve) -> None:
    with serve(max_messages_hz=10) as address, talking(address) as talk:
        talk.start()
        for _ in range(60):
            say(talk, "ping")
        assert talk.close_code() == 4429
    assert talk.of("error")[-1]["code"] == "flood"
    assert len(talk.of("pong")) == pytest.approx(40, abs=3)


def test_a_frame_that_is_refused_is_one_message(serve: Serve) -> None:
    with serve(max_messages_hz=10) as address, talking(address) as talk:
        talk.start()
        for _ in range(35):
            talk.image(0, 0, 200)
        say(talk, "ping")
        talk.hear("pong")
        assert {error["code"] for error in talk.of("error")} == {"seq_went_backwards"}


def test_lossless_media_is_no_flood(serve: Serve) -> None:
    with serve(max_messages_hz=1) as address, talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        play(talk, REP * 3)
        assert talk.end()["counts"] == {"squat": 3}


def test_a_pace_that_the_server_cannot_keep_is_said(serve: Serve) -> None:
    with serve(FakeEngine(delay_s=0.1)) as address, talking(address) as talk:
        talk.start(exercise="squat", adaptive=False)
        for seq in range(220):
            talk.image(seq, seq / 40, TOP)
            time.sleep(1 / 40)
            if seq % 20 == 19:
                talk.hear("ack")
        advice = talk.hear("rate.advice")
    assert advice["reason"] == "overloaded"
    assert 3 <= advice["fps"] <= 10
