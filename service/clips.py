"""REST: the clips that are known, one of them, and its end."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi import Path as InPath

from service.access import MayRead, MayWrite, user_meant
from service.clip_document import ClipInfo, CountedClip, clip_info, counted_clip
from service.clip_erasure import erase_clip
from service.clip_media import media_of
from service.clip_store import UNFINISHED, Status
from service.errors import ALLOWED, problems
from service.etags import etag_of, is_known
from service.pages import Cursor, Limit, Page, page_of, position, read_position
from service.responses import answers
from service.state import State
from service.tables import PLAIN, USER, Clip

router = APIRouter(prefix="/v1/clips", tags=["clips"], responses=problems(*ALLOWED))

POLL_S = 1
"""What `Retry-After` says until a clip is done with."""

ClipId = Annotated[str, InPath(pattern="^[0-9a-f]{32}$")]
IfNoneMatch = Annotated[str | None, Header(description="An `ETag` that one has")]
UNCHANGED = answers(304, "As the sender has it", "ETag")
MISSING = problems("not_found", "invalid_request")


@router.get(
    "",
    responses=answers(200, "A page of clips") | problems(*ALLOWED, "key_only", "invalid_request"),
)
async def list_clips(
    state: State,
    caller: MayRead,
    *,
    status: Annotated[Status | None, Query(description="Only those with this status")] = None,
    user: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=USER,
            pattern=PLAIN,
            description="Only this end user's, with a key",
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ClipInfo]:
    """The clips that the caller sees, the newest first, without their results."""
    meant = user_meant(caller, user)
    where = [] if status is None else [Clip.status == status]
    where += [] if meant is None else [Clip.user_id == meant]
    rows = await state.clips.page(caller, read_position(cursor), limit + 1, *where)
    return page_of(rows, limit, lambda row: position(row.created_at, row.id), clip_info)


@router.get(
    "/{clip_id}",
    response_model=CountedClip,
    responses=answers(200, "The clip as it is", "ETag", "Retry-After") | UNCHANGED | MISSING,
)
async def get_clip(
    clip_id: ClipId,
    response: Response,
    state: State,
    caller: MayRead,
    if_none_match: IfNoneMatch = None,
) -> CountedClip | Response:
    """How far a clip is, and its result when it is done; `Retry-After` until then."""
    clip = await state.clips.get(caller, clip_id)
    headers = {"ETag": etag_of(clip.version), "Cache-Control": "private, no-cache"}
    if clip.status in UNFINISHED:
        headers["Retry-After"] = str(POLL_S)
    if is_known(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return counted_clip(clip)


@router.post("/{clip_id}/cancel", responses=answers(200, "The clip as it is now") | MISSING)
async def cancel_clip(clip_id: ClipId, state: State, caller: MayWrite) -> CountedClip:
    """Stop uploading or counting a clip and erase its video; once it is done with it stays."""
    clip = await state.clips.cancel(caller, clip_id)
    if clip.status == "cancelled":
        await state.storage.erase(media_of(clip_id))
    return counted_clip(clip)


@router.delete("/{clip_id}", status_code=204, response_description="Erased", responses=MISSING)
async def remove_clip(clip_id: ClipId, state: State, caller: MayWrite) -> None:
    """Stop working on a clip, and erase it and everything made from it."""
    await state.clips.get(caller, clip_id)
    await erase_clip(state.clips, state.storage, clip_id)
