"""What webhooks say."""

import json
from datetime import UTC, datetime

import pytest

from service.webhook_events import (
    ClipFailed,
    ClipSucceeded,
    EndedWorkout,
    EndpointTried,
    FailedClip,
    SucceededClip,
    TriedEndpoint,
    WebhookEvent,
    WorkoutEnded,
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
    text = event.model_dump_json()
    body = json.loads(text)
    assert body == {"type": event.type, "timestamp": "2025-01-31T12:00:00Z", "data": body["data"]}
    assert type(event).model_validate_json(text) == event


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
