"""What webhooks say."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from service.webhook_events import (
    MAX_BYTES,
    ClipFailed,
    ClipSucceeded,
    EndedWorkout,
    EndpointTried,
    FailedClip,
    SucceededClip,
    TriedEndpoint,
    WebhookEvent,
    WebhookType,
    WorkoutEnded,
    body_of,
    read_event,
)

AT = datetime(2025, 1, 31, 12, tzinfo=UTC)
SQUATS = {"squat": 5}
CLIP = SucceededClip(clip_id="1", user="ann", counts=SQUATS)
ENDED = EndedWorkout(workout_id="1", user="ann", source="live", source_id="2", counts=SQUATS)
EVENTS: tuple[WebhookEvent, ...] = (
    ClipSucceeded(timestamp=AT, data=CLIP),
    ClipFailed(timestamp=AT, data=FailedClip(clip_id="1", user=None, code="damaged")),
    WorkoutEnded(timestamp=AT, data=ENDED),
    EndpointTried(timestamp=AT, data=TriedEndpoint(endpoint_id="1")),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_the_body_has_three_fields_and_is_read_back(event: WebhookEvent) -> None:
    body = json.loads(body_of(event))
    assert body == {"type": event.type, "timestamp": "2025-01-31T12:00:00Z", "data": body["data"]}
    assert read_event(body_of(event)) == event


def test_every_type_is_known() -> None:
    assert {event.type for event in EVENTS} == set(get_args(WebhookType))


def test_a_body_is_bounded() -> None:
    many = {f"exercise-{i}": i for i in range(2000)}
    with pytest.raises(ValueError, match=f"at most {MAX_BYTES} bytes"):
        body_of(ClipSucceeded(timestamp=AT, data=CLIP.model_copy(update={"counts": many})))


@pytest.mark.parametrize(
    "change",
    [{"type": "clip.lost"}, {"timestamp": "2025-01-31T12:00:00"}, {"data": {}}, {"more": 1}],
)
def test_what_is_no_event_is_refused(change: dict[str, Any]) -> None:
    body = json.loads(body_of(EVENTS[0])) | change
    with pytest.raises(ValidationError):
        read_event(json.dumps(body).encode())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_every_field_has_an_example_that_is_valid(event: WebhookEvent) -> None:
    model = type(event.data)
    examples = {
        name: field.examples[0]
        for name, field in model.model_fields.items()
        if field.examples is not None
    }
    assert examples.keys() | {"status"} == model.model_fields.keys() | {"status"}
    assert model.model_validate(examples).model_dump() == {**event.data.model_dump(), **examples}
