"""REST: upload a clip, follow its job, read its result, erase it."""

import tempfile
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from blazereps_client.messages import Subject
from blazereps_client.results import ClipResult, Document
from pose_engine.clips import ClipError
from service.access import MayCount, MayRead, MayWrite
from service.core import Core
from service.count import count_clip
from service.errors import Problem, ServiceError, media_error, problems
from service.exercises import new_session
from service.idempotency import IdempotentRoute
from service.jobs import ClipJob, Report, Status
from service.quotas import take_clip
from service.settings import Settings
from service.state import State
from service.subject import FORM, focus_of, read_subject
from service.tenants import now_utc
from service.uploads import save_upload, upload_schema

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
    await take_clip(state.database, caller, now_utc())
    folder = Path(await to_thread.run_sync(tempfile.mkdtemp, "", "blazereps-"))
    fps = fps or state.settings.clip_fps
    job = ClipJob(uuid.uuid4().hex, folder, "clip", exercise, fps, caller.owner, unknown, whom)
    try:
        with job.path.open("wb") as file:
            name = await save_upload(request, file, max_bytes=state.settings.max_clip_bytes)
        job = replace(job, clip=name or job.clip)
        state.jobs.submit(job)
    except BaseException:
        job.remove()
        raise
    response.headers["Location"] = f"/v1/clips/{job.id}"
    response.headers["Retry-After"] = str(POLL_S)
    return _counted(job)


@router.get("", response_model=Clips)
async def list_clips(state: State, caller: MayRead) -> Clips:
    """Every clip of the caller that is known, the newest first."""
    jobs = state.jobs.newest(caller.owner)
    return Clips(clips=tuple(Clip.model_validate(job) for job in jobs))


@router.get("/{clip_id}", response_model=CountedClip, responses=problems("not_found"))
async def get_clip(clip_id: str, response: Response, state: State, caller: MayRead) -> CountedClip:
    """How far a clip is, and its result when it is done."""
    job = state.jobs.get(clip_id, caller.owner)
    if job is None:
        raise _unknown(clip_id)
    if job.finished_s is None:
        response.headers["Retry-After"] = str(POLL_S)
    return _counted(job)


@router.delete("/{clip_id}", status_code=204, responses=problems("not_found"))
async def erase_clip(clip_id: str, state: State, caller: MayWrite) -> None:
    """Stop counting a clip, and erase it and everything made from it."""
    if not state.jobs.erase(clip_id, caller.owner):
        raise _unknown(clip_id)


def count_job(job: ClipJob, report: Report, *, core: Core, settings: Settings) -> ClipResult:
    """Do the work of a job; raises ServiceError."""
    try:
        return count_clip(
            job.path,
            core,
            name=job.clip,
            exercise=job.exercise,
            unknown=job.unknown,
            fps=job.fps,
            limits=settings.clip_limits,
            focus=focus_of(job.subject),
            report=report,
        )
    except ClipError as error:
        raise media_error(error) from error


def _unknown(clip_id: str) -> ServiceError:
    return ServiceError("not_found", f"there is no clip {clip_id}; results are not kept for ever")


def _counted(job: ClipJob) -> CountedClip:
    summary = Clip.model_validate(job)
    error = job.error.problem if job.error else None
    return CountedClip(**dict(summary), result=job.result, error=error)
