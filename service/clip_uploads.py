"""REST: upload a clip in one request."""

from typing import Annotated

from anyio import CancelScope
from fastapi import APIRouter, Query, Request, Response

from service.access import MayCount
from service.clip_document import CountedClip, counted_clip
from service.clip_erasure import abandon_upload
from service.clip_intake import UNNAMED, begin, finish, new_clip, receive
from service.clip_options import ClipOptions
from service.clips import POLL_S
from service.errors import KEY_ONLY, ServiceError, problems
from service.idempotency import IdempotentRoute
from service.responses import answers
from service.state import State
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
    ),
    openapi_extra=upload_schema("video/mp4", "video/*", "application/octet-stream"),
)
async def upload_clip(
    request: Request,
    response: Response,
    state: State,
    caller: MayCount,
    options: Annotated[ClipOptions, Query()],
) -> CountedClip:
    """Upload a clip to be counted, as the raw body or as the multipart field `file`.

    What is wrong with the query, or announced to be too large, is refused before the body is read.
    An upload that is refused or breaks off leaves nothing behind.
    """
    clip = new_clip(state, caller, options)
    announced = request.headers.get("content-length")
    if announced == "0":
        raise _empty()
    limit = state.settings.max_clip_bytes
    name, chunks = await upload_chunks(request, max_bytes=limit)
    clip.name = options.name or name or UNNAMED
    if name is None and announced is not None:
        clip.length = int(announced)
    await begin(state, caller, clip)
    try:
        if not await receive(state, clip, 0, chunks, limit):
            raise _empty()
        await finish(state, clip.id)
    except BaseException:
        with CancelScope(shield=True):
            await abandon_upload(state.clips, state.storage, clip.id)
        raise
    response.headers["Location"] = f"/v1/clips/{clip.id}"
    response.headers["Retry-After"] = str(POLL_S)
    return counted_clip(await state.clips.get(caller, clip.id))


def _empty() -> ServiceError:
    return ServiceError("invalid_request", "the file has no bytes", field="file")
