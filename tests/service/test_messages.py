"""Both unions: every message there and back, and nothing else."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from classifiers.events import Event, Phase, PhaseChanged, Reason, RepRejected
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


EXAMPLES: dict[object, object] = {
    str: "x",
    int: 1,
    float: 0.5,
    bool: True,
    Phase: "top",
    Reason: "too_fast",
    dict[str, int]: {"squat": 1},
    dict[str, float]: {"none": 0.5},
    dict[str, Phase]: {"squat": "top"},
    tuple[str, ...]: ["squat"],
    messages.SessionStart: {},
}


def example(model: type[BaseModel]) -> BaseModel:
    """One with every field filled that has no default."""
    fields = model.model_fields.items()
    required = {
        name: None if type(None) in typing.get_args(field.annotation) else nested(field.annotation)
        for name, field in fields
        if field.is_required()
    }
    return model.model_validate(required)


def nested(annotation: object) -> object:
    if annotation in EXAMPLES:
        return EXAMPLES[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return example(annotation)
    return []


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
