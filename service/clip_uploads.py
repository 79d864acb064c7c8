"""REST: upload a clip in one request."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.access import MayCount
from service.clip_document import CountedClip, received_clip
from service.clip_intake import (
    UNNAMED,
    begin,
    finish,
    new_clip,
    or_nothing,
    receive,
)
from service.clip_options import ClipOptions
from service.clips import POLL_S
from service.database import Keep
from service.errors import KEY_ONLY, ServiceError, problems
from service.idempotency import IdempotentRoute, Once
from service.responses import answers
from service.state import AppState, State
from service.tables import Clip
from service.uploads import upload_chunks, upload_schema

router = APIRouter(prefix="/v1/clips", tags=["clips"], route_class=IdempotentRoute)


@router.post(
    "",
    status_code=202,
    responses=answers(202, "It waits to be counted", "Location", "Retry-After")
    | problems(
        *KEY_ONLY,
        "too_many_bytes",
        "unknown_exercise",
        "invalid_request",
        "gone",
        "queue_full",
        "quota_exceeded",
        "over_capacity",
    ),
    openapi_extra=upload_schema("video/mp4", "video/*", "application/octet-stream"),
)
async def upload_clip(
    request: Request,
    response: Response,
    state: State,
    caller: MayCount,
    *,
    options: Annotated[ClipOptions, Query()],
    once: Once,
) -> CountedClip:
    """Upload a clip to be counted, as the raw body or as the multipart field `file`.

    What is wrong with the query, or announced to be too large, is refused before the body is read.
    An upload that is refused or breaks off leaves nothing behind.
    """
    clip = new_clip(state, caller, options, in_one=True)
    announced = request.headers.get("content-length")
    if announced == "0":
        raise _empty()
    response.headers["Location"] = f"/v1/clips/{clip.id}"
    response.headers["Retry-After"] = str(POLL_S)
    limit = state.settings.max_clip_bytes
    with state.uploads.taken(caller):
        name, chunks = await upload_chunks(request, max_bytes=limit)
        clip.name = options.name or name or UNNAMED
        if name is None and announced is not None:
            clip.length = int(announced)
        await begin(state, caller, clip)
        return received_clip(await _take(state, clip, chunks, limit, once(received_clip)))


async def _take(
    state: AppState,
    clip: Clip,
    chunks: AsyncIterator[bytes],
    max_bytes: int,
    keep: Keep[Clip],
) -> Clip:
    async with or_nothing(state, clip):
        if not await receive(state, clip, 0, chunks, max_bytes, in_one=True):
            raise _empty()
        return await finish(state, clip.id, keep)


def _empty() -> ServiceError:
    return ServiceError("invalid_request", "the file has no bytes", field="file")
