"""Both unions: every message there and back, and nothing else."""

import json
import typing
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import TypeAliasType

from blazereps_client import messages
from blazereps_client.messages import FROM_CLIENT, FROM_SERVER


def members(adapter_type: object) -> list[type[BaseModel]]:
    return list(typing.get_args(typing.get_args(adapter_type)[0]))


finite = st.floats(-1e6, 1e6)
rows = st.lists(finite, min_size=3, max_size=3)
arms = st.none() | st.builds(messages.Arm, countdown_s=st.floats(0.1, 60))
observed = {
    "seq": st.integers(0, 2**32 - 1),
    "at_s": st.floats(0, 1e9),
    "points": st.none() | st.lists(rows, min_size=33, max_size=33),
    "world": st.none() | st.lists(rows, min_size=33, max_size=33),
}
client_messages = st.one_of(
    st.builds(messages.SessionStart, exercise=st.text(max_size=64), arm=arms),
    st.builds(
        messages.SessionResume,
        session_id=st.text(max_size=64),
        resume_token=st.text(max_size=128),
        last_event_id=st.integers(0),
    ),
    st.builds(messages.SessionUpdate, exercise=st.none() | st.text(max_size=64)),
    st.builds(messages.CountingPause),
    st.builds(messages.CountingResume, arm=arms),
    st.builds(messages.CountingReset, arm=arms),
    st.builds(messages.Landmarks, **observed),
    st.builds(
        messages.LandmarksBatch,
        observations=st.lists(st.builds(messages.Observed, **observed), min_size=1, max_size=3),
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


SIMPLE: dict[object, object] = {
    str: "x",
    int: 1,
    float: 0.5,
    bool: True,
    datetime: "2026-01-01T00:00:00Z",
    messages.SessionStart: messages.SessionStart(input="video", codec="h264"),
    messages.Arm: messages.Arm(ready_s=1),
}


def example(model: type[BaseModel]) -> BaseModel:
    """One with every field filled."""
    return model.model_validate(filled(model))


def filled(annotation: object) -> object:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in SIMPLE:
        return SIMPLE[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: filled(field.annotation) for name, field in annotation.model_fields.items()}
    if isinstance(annotation, TypeAliasType):
        return filled(annotation.__value__)
    if origin is dict:
        return {"squat": filled(inner[1])}
    if origin in (list, tuple):
        return [filled(inner[0])]
    return inner[0] if origin is typing.Literal else filled(inner[0])


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "landmarks.batch", "observations": [0] * 30_000},
        {"type": "landmarks", "seq": 1, "at_s": 0, "points": [0] * 33},
        {"type": "landmarks", "seq": 1, "at_s": 0, "points": [["x"] * 1000] * 33},
        {"type": "landmarks", "seq": 1, "at_s": 0, "points": None, "world": [0] * 33},
        {"type": "landmarks", "seq": 1, "at_s": 0, "points": None, "world": [["x"] * 1000] * 33},
    ],
)
def test_of_many_wrong_elements_one_is_enough(wrong: dict[str, object]) -> None:
    adapter: TypeAdapter[typing.Any] = FROM_CLIENT
    with pytest.raises(ValidationError) as refused:
        adapter.validate_json(json.dumps(wrong))
    assert refused.value.error_count() <= 3  # in each list one, and that it is too long
