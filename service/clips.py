"""REST: upload a clip, follow its job, read its result, erase it."""

import uuid
from datetime import datetime
from typing import Annotated, Any, cast

from anyio import CancelScope
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from blazereps_client.messages import Subject
from blazereps_client.results import ClipResult, Document
from service.access import MayCount, MayRead, MayWrite
from service.clip_store import Status, Wanted
from service.errors import Problem, problems
from service.exercises import new_session
from service.idempotency import IdempotentRoute
from service.quotas import take_clip
from service.state import State
from service.subject import FORM, read_subject
from service.tables import Clip as Row
from service.tenants import now_utc
from service.uploads import upload_chunks, upload_schema

router = APIRouter(prefix="/v1/clips", tags=["clips"], route_class=IdempotentRoute)

POLL_S = 1
"""What `Retry-After` says until a job is done."""


class Clip(Document):
    """An uploaded clip and how far its counting is."""

    id: str = Field(examples=["0b8f6c0e6f0f4a0e8e0b5f6f5e1c2d3a"])
    clip: str = Field(description="The file's name", examples=["squats.mp4"])
    exercise: str = Field(examples=["auto"])
    unknown: bool = Field(
        description="Whether repeated movement that is no known exercise is counted",
        examples=[False],
    )
    fps: float = Field(description="Frames a second taken at most", examples=[15])
    subject: Subject | None = Field(description="Whom to count: at a point, or in a box")
    status: Status = Field(examples=["succeeded"])
    progress: float = Field(description="0 to 1", examples=[1.0])
    created_at: datetime = Field(examples=["2025-01-31T12:00:00Z"])


class CountedClip(Clip):
    """With what was counted, or why it could not be."""

    result: ClipResult | None = Field(description="Once it has succeeded")
    error: Problem | None = Field(description="Once it has failed")


class Clips(Document):
    """All clips that are known, the newest first."""

    clips: tuple[Clip, ...]


@router.post(
    "",
    status_code=202,
    response_model=CountedClip,
    response_description="Queued; `Location` says where to ask",
    responses=problems(
        "too_many_bytes", "unknown_exercise", "invalid_request", "queue_full", "quota_exceeded"
    ),
    openapi_extra=upload_schema("video/mp4", "video/*", "application/octet-stream"),
)
async def upload_clip(
    request: Request,
    response: Response,
    state: State,
    caller: MayCount,
    *,
    exercise: Annotated[str, Query(max_length=64)] = "auto",
    unknown: Annotated[
        bool, Query(description="Count repeated movement that is no known exercise too")
    ] = False,
    fps: Annotated[float | None, Query(gt=0, le=60)] = None,
    subject: Annotated[str | None, Query(max_length=128, description=FORM)] = None,
) -> CountedClip:
    """Upload a clip to be counted, as the raw body or as the multipart field `file`."""
    # An unknown exercise or a wrong subject is refused before the upload.
    new_session(state.core.library, exercise, unknown=unknown)
    whom = read_subject(subject)
    clip = Row(
        id=uuid.uuid4().hex,
        tenant_id=caller.tenant,
        user_id=caller.user,
        key_id=caller.key_id,
        name="clip",
        wanted=Wanted(
            exercise=exercise, unknown=unknown, fps=fps or state.settings.clip_fps, subject=whom
        ).model_dump(mode="json"),
        created_at=now_utc(),
        status="uploading",
    )
    await take_clip(state.database, caller, now_utc())
    await state.clips.begin(clip, max_waiting=state.settings.max_queued_clips)
    limit = state.settings.max_clip_bytes
    try:
        _, chunks = await upload_chunks(request, max_bytes=limit)
        await state.storage.append(f"{clip.id}/media", 0, chunks, limit)
        clip = await state.clips.complete(clip.id)
    except BaseException:
        with CancelScope(shield=True):
            await state.storage.erase(clip.id)
            await state.clips.cancel(caller, clip.id)
        raise
    state.runner.wake()
    response.headers["Location"] = f"/v1/clips/{clip.id}"
    response.headers["Retry-After"] = str(POLL_S)
    return _counted(clip, None)


@router.get("", response_model=Clips)
async def list_clips(state: State, caller: MayRead) -> Clips:
    """Every clip of the caller that is known, the newest first."""
    rows = await state.clips.page(caller, None, 200)
    return Clips(clips=tuple(_clip(row) for row in rows))


@router.get("/{clip_id}", response_model=CountedClip, responses=problems("not_found"))
async def get_clip(clip_id: str, response: Response, state: State, caller: MayRead) -> CountedClip:
    """How far a clip is, and its result when it is done."""
    clip = await state.clips.get(caller, clip_id)
    if clip.finished_at is None:
        response.headers["Retry-After"] = str(POLL_S)
    return _counted(clip, clip.result)


@router.delete("/{clip_id}", status_code=204, responses=problems("not_found"))
async def erase_clip(clip_id: str, state: State, caller: MayWrite) -> None:
    """Stop counting a clip, and erase it and everything made from it."""
    await state.clips.cancel(caller, clip_id)
    await state.storage.erase(clip_id)


def _clip(row: Row) -> Clip:
    wanted = Wanted.model_validate(row.wanted)
    return Clip(
        id=row.id,
        clip=row.name,
        exercise=wanted.exercise,
        unknown=wanted.unknown,
        fps=wanted.fps,
        subject=wanted.subject,
        status=cast(Status, row.status),
        progress=row.progress,
        created_at=row.created_at,
    )


def _counted(row: Row, result: dict[str, Any] | None) -> CountedClip:
    return CountedClip.model_validate(dict(_clip(row)) | {"result": result, "error": row.error})
