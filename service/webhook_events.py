"""What webhooks say: `{type, timestamp, data}`, where data names things and carries no media."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from blazereps_client.results import Document

_ID: Final = "0b8f6c0e6f0f4a0e8e0b5f6f5e1c2d3a"
User = Annotated[
    str | None,
    Field(
        description="Your name of the end user that it belongs to; null: the key's own",
        examples=["user-42"],
    ),
]
Counts = Annotated[
    dict[str, int],
    Field(description="By exercise, only those above zero", examples=[{"squat": 5}]),
]


class SucceededClip(Document):
    """A clip that was counted."""

    clip_id: str = Field(description="As in `GET /v1/clips/{id}`", examples=[_ID])
    user: User
    status: Literal["succeeded"] = "succeeded"
    counts: Counts


class FailedClip(Document):
    """A clip that could not be counted."""

    clip_id: str = Field(description="As in `GET /v1/clips/{id}`", examples=[_ID])
    user: User
    status: Literal["failed"] = "failed"
    code: str = Field(description="The code of its error", examples=["unsupported_codec"])


class EndedWorkout(Document):
    """A workout that is over: nothing of it will change."""

    workout_id: str = Field(examples=[_ID])
    user: User
    source: Literal["live", "clip"] = Field(
        description="Whether it was a live session or a clip", examples=["live"]
    )
    source_id: str = Field(description="The session's or the clip's id", examples=[_ID])
    counts: Counts


class TriedEndpoint(Document):
    """An endpoint that its owner tries."""

    endpoint_id: str = Field(examples=[_ID])


class _WebhookEvent(Document):
    """What all have."""

    timestamp: AwareDatetime = Field(
        description="When it happened, whenever it is delivered", examples=["2025-01-31T12:00:00Z"]
    )


class ClipSucceeded(_WebhookEvent):
    """A clip was counted."""

    type: Literal["clip.succeeded"] = "clip.succeeded"
    data: SucceededClip


class ClipFailed(_WebhookEvent):
    """A clip could not be counted."""

    type: Literal["clip.failed"] = "clip.failed"
    data: FailedClip


class WorkoutEnded(_WebhookEvent):
    """A live session or a clip became a workout."""

    type: Literal["workout.ended"] = "workout.ended"
    data: EndedWorkout


class EndpointTried(_WebhookEvent):
    """Nothing happened: the receiver is to show that it hears."""

    type: Literal["test"] = "test"
    data: TriedEndpoint


WebhookEvent = ClipSucceeded | ClipFailed | WorkoutEnded | EndpointTried
