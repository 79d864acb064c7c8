"""A clip as it is told: how it is to be counted, how far it is, and what it came to."""

from datetime import datetime
from typing import Any

from pydantic import Field

from blazereps_client.results import ClipResult
from service.clip_store import Status, Wanted
from service.errors import Problem
from service.tables import Clip

_AT = "2025-01-31T12:00:00Z"


class ClipInfo(Wanted):
    """An uploaded clip and how far it is."""

    id: str = Field(examples=["0b8f6c0e6f0f4a0e8e0b5f6f5e1c2d3a"])
    user: str | None = Field(description="For which end user it is", examples=["user-42"])
    name: str = Field(description="The file's name", examples=["squats.mp4"])
    status: Status = Field(examples=["succeeded"])
    progress: float = Field(
        description="0 to 1; it never goes backwards. 0 to the end where the video says no length",
        examples=[1.0],
    )
    attempts: int = Field(
        description="How often its counting was begun at one place: farther on it is 1 again",
        examples=[1],
    )
    length: int | None = Field(description="Bytes, as announced; null: not said", examples=[734003])
    received: int = Field(description="Bytes that are stored", examples=[734003])
    landmarks_bytes: int | None = Field(
        description="Of the file with the landmarks, where there is one", examples=[None]
    )
    recorded_at: datetime | None = Field(description="As the sender says", examples=[_AT])
    created_at: datetime = Field(examples=[_AT])
    finished_at: datetime | None = Field(examples=[_AT])
    video_erased_at: datetime | None = Field(
        description="Since when the video is kept no more", examples=[None]
    )


class CountedClip(ClipInfo):
    """With what was counted, or why it could not be."""

    result: ClipResult | None = Field(description="Once it has succeeded")
    error: Problem | None = Field(description="Once it has failed")


def clip_info(row: Clip) -> ClipInfo:
    """A clip without its result, which need not be loaded."""
    return ClipInfo.model_validate(_told(row))


def counted_clip(row: Clip) -> CountedClip:
    """A clip with its result."""
    return CountedClip.model_validate(_told(row) | {"result": row.result, "error": row.error})


def received_clip(row: Clip) -> CountedClip:
    """A clip as it was when its upload ended, whatever has become of it since."""
    nothing_yet = {"status": "queued", "result": None, "error": None}
    return CountedClip.model_validate(_told(row) | nothing_yet)


def _told(row: Clip) -> dict[str, Any]:
    columns = ClipInfo.model_fields.keys() - Wanted.model_fields.keys() - {"user"}
    return row.wanted | {name: getattr(row, name) for name in columns} | {"user": row.user_id}
