"""From the first byte of an upload to a clip that waits to be counted."""

import uuid
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from anyio import CancelScope, move_on_after

from service.access import user_meant
from service.auth import Caller
from service.clip_erasure import abandon_upload
from service.clip_media import media_of, video_of
from service.clip_options import ClipOptions
from service.clip_store import Lost, Wanted
from service.database import Keep, keep_nothing
from service.errors import ServiceError
from service.library import new_session
from service.places import share_of
from service.state import AppState
from service.storage import FAULTS
from service.subject import read_subject
from service.tables import Clip
from service.tenants import now_utc

UNNAMED: Final = "clip"
PART: Final = timedelta(hours=1)
"""For each part of an upload in one request: nobody else goes on with what is left of it where the
process is killed, or the database is away as it is to be erased."""


def new_clip(
    state: AppState, caller: Caller, options: ClipOptions, *, in_one: bool = False
) -> Clip:
    """One whose upload may begin, not kept yet.

    `in_one`: whether all of it comes in one request. Raises ServiceError `unknown_exercise`,
    `invalid_request` or `key_only`.
    """
    new_session(state.core.library, options.exercise, unknown=options.unknown)
    wanted = Wanted(
        exercise=options.exercise,
        unknown=options.unknown,
        fps=options.fps or state.settings.clip_fps,
        adaptive=state.settings.clip_adaptive if options.adaptive is None else options.adaptive,
        subject=read_subject(options.subject),
        landmarks=options.landmarks,
    )
    now = now_utc()
    return Clip(
        id=uuid.uuid4().hex,
        tenant_id=caller.tenant,
        user_id=user_meant(caller, options.user),
        key_id=caller.key_id,
        name=options.name or UNNAMED,
        wanted=wanted.model_dump(mode="json"),
        recorded_at=options.recorded_at,
        created_at=now,
        upload_expires_at=_expires_at(state, now, in_one=in_one),
        status="uploading",
    )


async def begin(state: AppState, caller: Caller, clip: Clip) -> None:
    """Keep one whose upload begins.

    Raises ServiceError `queue_full`, `quota_exceeded`, `gone` or `unauthorized`.
    """
    settings, of_tenant = state.settings, state.settings.max_queued_clips_per_tenant
    await state.clips.begin(
        clip,
        max_waiting=settings.max_queued_clips,
        max_of_tenant=of_tenant,
        max_of_user=None if caller.user is None else share_of(of_tenant, settings.user_share),
        quota=caller.clips_per_day,
    )


async def receive(
    state: AppState,
    clip: Clip,
    offset: int,
    chunks: AsyncIterable[bytes],
    max_bytes: int,
    *,
    in_one: bool = False,
) -> int:
    """Store what comes of a clip from `offset` on, and give where it ends then.

    `in_one`: whether all of it comes in this request. Raises ServiceError `gone` where the upload
    was given up meanwhile, or takes too long, and as `Storage.append` does.
    """

    async def stored(received: int) -> None:
        expires_at = _expires_at(state, clip.created_at, in_one=in_one)
        await state.clips.receive(clip.id, received, expires_at)

    left = _expires_at(state, clip.created_at) - now_utc()
    try:
        with move_on_after(left.total_seconds()):
            return await state.storage.append(video_of(clip.id), offset, chunks, max_bytes, stored)
    except Lost:
        return (await _after_all(state, clip.id)).received
    except FAULTS:  # also where its folder was erased while a part was written
        await _after_all(state, clip.id)
        raise
    raise gone(clip.id)


def _expires_at(state: AppState, began: datetime, *, in_one: bool = False) -> datetime:
    """When an upload expires that began then, and has stored a part, if any, just now."""
    latest = began + timedelta(seconds=state.settings.upload_expires_s)
    return min(latest, now_utc() + PART) if in_one else latest


@asynccontextmanager
async def or_nothing(state: AppState, clip: Clip) -> AsyncIterator[None]:
    """What was received of a clip is erased where something in the context fails."""
    try:
        yield
    except BaseException:
        with CancelScope(shield=True):
            await abandon_upload(state.clips, state.storage, clip.id)
        raise


async def finish(state: AppState, clip_id: str, keep: Keep[Clip] = keep_nothing) -> Clip:
    """All of it is stored: have it counted. Gives it without its result.

    Raises ServiceError `gone` as `receive` does.
    """
    try:
        clip = await state.clips.complete(clip_id, keep)
    except Lost:
        clip = await _after_all(state, clip_id)
        async with state.database.write() as session:
            await keep(session, clip)
    state.runner.wake()
    return clip


async def _after_all(state: AppState, clip_id: str) -> Clip:
    """What became of an upload that is over: another request may have ended it well."""
    clip = await state.clips.find(clip_id)
    if clip is None or clip.status == "cancelled":
        await state.storage.erase(media_of(clip_id))  # what was stored since it was given up
        raise gone(clip_id)
    return clip


def gone(clip_id: str) -> ServiceError:
    """The upload was given up."""
    return ServiceError("gone", f"the upload of clip {clip_id} was given up, or took too long")
