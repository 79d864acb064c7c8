"""What a live session says of how it went, over a real socket, from frames and from landmarks."""

import time
from typing import Any

import pytest

from tests.service.fakes import HELD, HOLD, REP, REST, SHALLOW_REP, TOP, WAVES
from tests.service.talk import Talk, talking

STEP_S = 0.1


def play(talk: Talk, levels: tuple[int, ...], kind: str) -> None:
    for seq, level in enumerate(levels):
        (talk.image if kind == "frames" else talk.pose)(seq, seq * STEP_S, level)


def told(
    address: str, levels: tuple[int, ...], kind: str = "frames", **settings: Any
) -> tuple[Talk, dict[str, Any]]:
    with talking(address) as talk:
        talk.start(**{"exercise": "squat", "input": kind, "pacing": "lossless"} | settings)
        play(talk, levels, kind)
        return talk, talk.end()


def of_result(message: dict[str, Any]) -> dict[str, Any]:
    """Without what only events have."""
    return {k: v for k, v in message.items() if k not in ("type", "event_id", "at_s", "counts")}


kinds = pytest.mark.parametrize("kind", ["frames", "landmarks"])


@kinds
def test_a_repetition_says_how_it_was_done(address: str, kind: str) -> None:
    talk, summary = told(address, (*REP, TOP, 120, 30, 120, TOP), kind)
    reps = talk.of("rep.counted")
    assert [rep["grade"] for rep in reps] == ["full", "deep"]
    assert [rep["measures"] for rep in reps] == [
        {"knee_bottom": {"value": 83.333, "unit": "degrees", "certainty": 0.75}},
        {"knee_bottom": {"value": 50.0, "unit": "degrees", "certainty": 0.75}},
    ]
    assert summary["reps"] == [of_result(rep) for rep in reps]


@kinds
def test_sets_end_by_rest_and_by_the_end(address: str, kind: str) -> None:
    talk, summary = told(address, REP + REP + REST + REP, kind)
    first, second = talk.of("set.ended")
    assert first["at_s"] == pytest.approx(2.5)
    assert of_result(first) == {
        "exercise": "squat",
        "number": 1,
        "reps": 2,
        "start_s": 0.2,
        "end_s": 1.4,
        "rest_s": None,
        "mean_rep_s": 0.4,
        "mean_down_s": 0.1,
        "mean_up_s": 0.3,
        "mean_depth": 0.75,
        "velocity_loss": 0.0,
    }
    assert (second["number"], second["rest_s"], second["velocity_loss"]) == (2, 1.5, None)
    assert summary["sets"] == [of_result(first), of_result(second)]


@kinds
def test_a_hold_is_timed_and_not_counted(address: str, kind: str) -> None:
    talk, summary = told(address, HOLD, kind)
    (started,), (ended,) = talk.of("hold.started"), talk.of("hold.ended")
    assert of_result(started) == {"exercise": "squat", "start_s": 0.1}
    assert started["at_s"] == pytest.approx(0.3)
    assert of_result(ended) == {
        "exercise": "squat",
        "start_s": 0.1,
        "end_s": 0.6,
        "held_s": 0.5,
        "confidence": 0.9,
    }
    assert summary["holds"] == [of_result(ended)]
    assert summary["counts"] == {}


def test_a_hold_that_goes_on_is_in_the_state(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless", outputs={"state_hz": 10})
        play(talk, HOLD[:4], "frames")
        while talk.hear("ack")["seq"] < 3:
            pass
        time.sleep(0.11)
        talk.image(4, 0.43215, HELD)
        assert talk.hear("state")["holds"] == {"squat": 0.332}
        time.sleep(0.11)
        talk.image(5, 0.5, TOP)
        assert talk.hear("state")["holds"] == {}
        talk.end()


def test_a_hold_that_goes_on_at_the_end_is_told(address: str) -> None:
    talk, summary = told(address, HOLD[:5])
    assert [hold["end_s"] for hold in talk.of("hold.ended")] == [0.4]
    assert len(summary["holds"]) == 1


@kinds
def test_unknown_movement_is_counted_when_asked_for(address: str, kind: str) -> None:
    talk, summary = told(address, WAVES + REP, kind, unknown=True)
    first, second = talk.of("unknown.counted")
    assert (first["counts"], second["counts"]) == (
        {"squat": 0, "unknown": 1},
        {"squat": 0, "unknown": 2},
    )
    assert of_result(first) == {"count": 1, "start_s": 0.1, "end_s": 0.3, "confidence": 0.8}
    assert summary["unknown"] == [of_result(first), of_result(second)]
    assert summary["counts"] == {"squat": 1, "unknown": 2}
    (created,) = talk.of("session.created")
    assert created["exercises"] == ["squat", "unknown"]
    assert created["config"]["unknown"] is True


def test_unknown_movement_is_not_counted_unless_asked_for(address: str) -> None:
    talk, summary = told(address, WAVES + REP)
    assert not talk.of("unknown.counted")
    assert (summary["unknown"], summary["counts"]) == ([], {"squat": 1})
    assert talk.of("rep.counted")[0]["counts"] == {"squat": 1}


@kinds
def test_guidance_says_what_would_help(address: str, kind: str) -> None:
    talk, summary = told(address, SHALLOW_REP, kind)
    (guidance,) = talk.of("guidance")
    hint = {"advice": "go_deeper", "text": "Go deeper.", "parts": ["hips"], "exercise": "squat"}
    assert of_result(guidance) == hint
    assert summary["guidance"] == [hint | {"at_s": 0.3}]


def test_every_event_bears_its_capture_time_as_it_was_sent(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        for seq, level in enumerate(SHALLOW_REP):
            talk.pose(seq, seq * STEP_S + 0.000456, level)
        summary = talk.end()
    events = {one["type"]: one["at_s"] for one in talk.heard if "event_id" in one}
    assert {"phase", "rep.rejected", "guidance", "subject.found"} <= events.keys()
    assert {round(at_s * 1e6) % 1000 for at_s in events.values()} == {456}
    assert summary["guidance"][0]["at_s"] == 0.3


def test_guidance_can_be_left_out(address: str) -> None:
    talk, summary = told(address, SHALLOW_REP, outputs={"guidance": False})
    assert not talk.of("guidance")
    assert len(summary["guidance"]) == 1
    ids = [message["event_id"] for message in talk.heard if "event_id" in message]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("field", ["unknown", "outputs.guidance"])
def test_a_wrong_choice_is_refused_by_name(address: str, field: str) -> None:
    outer, _, inner = field.partition(".")
    with talking(address) as talk:
        talk.say({"type": "session.start", outer: {inner: "perhaps"} if inner else "perhaps"})
        error = talk.hear("error")
        assert (error["code"], error["field"]) == ("invalid_message", field)
        assert talk.close_code() == 1008
