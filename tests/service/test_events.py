"""Every kind of event, as it is told."""

import typing

import pytest

from classifiers.events import (
    Advice,
    Event,
    Grade,
    Guidance,
    HoldEnded,
    HoldStarted,
    Measure,
    Phase,
    PhaseChanged,
    Reason,
    RepCounted,
    RepRejected,
    SetEnded,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
    Unit,
    UnknownCounted,
)
from service.events import event_message


def test_an_event_becomes_its_message() -> None:
    event: Event = RepRejected("squat", 2, Reason.TOO_FAST, 1.0, 1.2, 0.3)
    told = event_message(event, event_id=5, at_s=1.3, counts={"squat": 2})
    assert told.model_dump(mode="json") == {
        "event_id": 5,
        "at_s": 1.3,
        "counts": {"squat": 2},
        "exercise": "squat",
        "count": 2,
        "reason": "too_fast",
        "start_s": 1.0,
        "end_s": 1.2,
        "depth": 0.3,
        "type": "rep.rejected",
    }
    phase = event_message(
        PhaseChanged("squat", Phase.UP, 2.0), event_id=6, at_s=2.1, counts={"squat": 2}
    )
    assert (phase.type, phase.at_s) == ("phase", 2.1)


MEASURE = Measure(84.21549, Unit.DEGREES, 0.98765)
TOLD: list[tuple[Event, dict[str, object]]] = [
    (
        RepCounted("squat", 3, 1, 1.8001, 2.9, 0.9, 0.99, Grade.DEEP, {"knee_bottom": MEASURE}),
        {
            "type": "rep.counted",
            "exercise": "squat",
            "count": 3,
            "start_s": 1.0,
            "bottom_s": 1.8,
            "end_s": 2.9,
            "down_s": 0.8,
            "up_s": 1.1,
            "depth": 0.9,
            "confidence": 0.99,
            "grade": "deep",
            "measures": {"knee_bottom": {"value": 84.215, "unit": "degrees", "certainty": 0.988}},
        },
    ),
    (
        SetEnded("squat", 2, 5, 1, 9.0004, None, 1.6, 0.7, 0.9, 1.02, 0.12345),
        {
            "type": "set.ended",
            "exercise": "squat",
            "number": 2,
            "reps": 5,
            "start_s": 1.0,
            "end_s": 9.0,
            "rest_s": None,
            "mean_rep_s": 1.6,
            "mean_down_s": 0.7,
            "mean_up_s": 0.9,
            "mean_depth": 1.02,
            "velocity_loss": 0.123,
        },
    ),
    (
        HoldStarted("plank", 4.00049, 7.0),
        {"type": "hold.started", "exercise": "plank", "start_s": 4.0},
    ),
    (
        HoldEnded("plank", 4, 35.2, 0.95),
        {
            "type": "hold.ended",
            "exercise": "plank",
            "start_s": 4.0,
            "end_s": 35.2,
            "held_s": 31.2,
            "confidence": 0.95,
        },
    ),
    (
        UnknownCounted(4, 5, 6.25, 0.8),
        {"type": "unknown.counted", "count": 4, "start_s": 5.0, "end_s": 6.25, "confidence": 0.8},
    ),
    (
        Guidance(Advice.STEP_BACK, "Step back: ankles out of view.", ("ankles",), None, 8.0),
        {
            "type": "guidance",
            "advice": "step_back",
            "text": "Step back: ankles out of view.",
            "parts": ["ankles"],
            "exercise": None,
        },
    ),
    (SubjectFound(8.0), {"type": "subject.found"}),
    (SubjectLost(8.0), {"type": "subject.lost"}),
    (SubjectSwitched(8.0), {"type": "subject.switched"}),
]


@pytest.mark.parametrize(("event", "said"), TOLD, ids=lambda one: type(one).__name__)
def test_every_kind_of_event_says_all_that_it_knows(event: Event, said: dict[str, object]) -> None:
    told = event_message(event, event_id=1, at_s=8.0, counts={"squat": 3})
    common = {"event_id": 1, "at_s": 8.0, "counts": {"squat": 3}}
    assert told.model_dump(mode="json") == common | said


def test_no_kind_of_event_is_left_out() -> None:
    """The two that are missing above have a test of their own."""
    kinds = {type(event) for event, _ in TOLD} | {RepRejected, PhaseChanged}
    assert kinds == set(typing.get_args(Event))
