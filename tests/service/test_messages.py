"""Both unions: every message there and back, and nothing else."""

import typing
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

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
from service import messages
from service.messages import FROM_CLIENT, FROM_SERVER, event_message


def members(adapter_type: object) -> list[type[BaseModel]]:
    return list(typing.get_args(typing.get_args(adapter_type)[0]))


finite = st.floats(-1e6, 1e6)
rows = st.lists(finite, min_size=3, max_size=3)
client_messages = st.one_of(
    st.builds(messages.SessionStart, exercise=st.text(max_size=64)),
    st.builds(
        messages.Landmarks,
        seq=st.integers(0, 2**32 - 1),
        at_s=st.floats(0, 1e9),
        points=st.none() | st.lists(rows, min_size=33, max_size=33),
        world=st.none() | st.lists(rows, min_size=33, max_size=33),
    ),
    st.builds(messages.Ping, nonce=st.text(max_size=64)),
    st.builds(messages.SessionEnd),
)


@given(client_messages)
def test_every_client_message_comes_back(message: BaseModel) -> None:
    assert FROM_CLIENT.validate_json(message.model_dump_json()) == message


@pytest.mark.parametrize("model", members(messages.ServerMessage), ids=lambda m: m.__name__)
def test_every_server_message_comes_back(model: type[BaseModel]) -> None:
    message = example(model)
    assert FROM_SERVER.validate_json(message.model_dump_json()) == message


SIMPLE: dict[object, object] = {str: "x", int: 1, float: 0.5, bool: True}


def example(model: type[BaseModel]) -> BaseModel:
    """One with every field filled."""
    return model.model_validate(filled(model))


def filled(annotation: object) -> object:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: filled(field.annotation) for name, field in annotation.model_fields.items()}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    if origin is typing.Literal:
        return inner[0]
    if origin is dict:
        return {"squat": filled(inner[1])}
    if origin in (list, tuple):
        return [filled(inner[0])]
    return SIMPLE[annotation] if annotation in SIMPLE else filled(inner[0])


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


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "session.start", "outputs": {"state_hz": 11}}',
        '{"type": "session.start", "outputs": {"colour": true}}',
        '{"type": "session.start", "input": "video"}',
        '{"type": "landmarks", "seq": -1, "at_s": 0, "points": null}',
        '{"type": "landmarks", "seq": 4294967296, "at_s": 0, "points": null}',
        '{"type": "landmarks", "seq": 1, "at_s": Infinity, "points": null}',
        '{"type": "landmarks", "seq": 1, "at_s": -1, "points": null}',
    ],
)
def test_what_is_out_of_range_is_refused(text: str) -> None:
    adapter: TypeAdapter[typing.Any] = FROM_CLIENT
    with pytest.raises(ValidationError):
        adapter.validate_json(text)
