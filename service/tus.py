"""REST: uploads that are gone on with after they break off (tus 1.0.0, https://tus.io).

An upload is a clip with the status `uploading`, under the clip's id. How much of it the storage
has is where it goes on.
"""

from contextlib import nullcontext
from email.utils import format_datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response

from service.access import MayCount
from service.auth import Caller
from service.clip_erasure import erase_clip
from service.clip_intake import (
    begin,
    finish,
    gone,
    new_clip,
    or_nothing,
    receive,
)
from service.clip_media import video_of
from service.clip_options import options_of
from service.clip_store import Lost
from service.clips import ClipId
from service.errors import KEY_ONLY, ServiceError, problems
from service.responses import answers
from service.state import AppState, State
from service.tables import Clip
from service.tenants import now_utc
from service.tus_metadata import MAX_METADATA, read_metadata
from service.tus_protocol import CONTENT_TYPE, EXTENSIONS, PATH, demand_version
from service.uploads import upload_chunks

router = APIRouter(prefix=PATH, tags=["uploads"], responses=problems(*KEY_ONLY))

Length = Annotated[int | None, Header(ge=0, le=2**63 - 1, description="Bytes of the file")]
Offset = Annotated[int, Header(ge=0, le=2**63 - 1, description="Bytes that are stored")]
Defer = Annotated[str | None, Header(description="1: the length is said later")]
Metadata = Annotated[
    str | None,
    Header(
        max_length=MAX_METADATA,
        description="`filename`, and what `POST /v1/clips` takes in its query",
    ),
]
DEMANDS: Final = [Depends(demand_version)]
KNOWN: Final = problems("not_found", "gone", "unsupported_tus", "invalid_request")
LENGTH: Final = ("Upload-Length", "Upload-Defer-Length")
TOLD: Final = ("Upload-Offset", "Upload-Expires", "Content-Location")
BODY: Final[dict[str, Any]] = {
    "requestBody": {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.options(
    "", status_code=204, responses=answers(204, "What is spoken", "Tus-Extension", "Tus-Max-Size")
)
async def describe_uploads(state: State) -> Response:
    """Which version and extensions of tus are spoken, and how long a file may be."""
    limit = str(state.settings.max_clip_bytes)
    return Response(status_code=204, headers={"Tus-Extension": EXTENSIONS, "Tus-Max-Size": limit})


@router.post(
    "",
    status_code=201,
    response_class=Response,
    responses=answers(201, "`Location` says where to send it", "Location", *TOLD)
    | problems(
        *(*KEY_ONLY, "invalid_upload", "unknown_exercise", "unsupported_tus", "too_many_bytes"),
        *("wrong_content_type", "invalid_request", "queue_full", "quota_exceeded", "gone"),
        "over_capacity",
    ),
    dependencies=DEMANDS,
    openapi_extra=BODY,
)
async def begin_upload(
    request: Request,
    state: State,
    caller: MayCount,
    *,
    upload_length: Length = None,
    upload_defer_length: Defer = None,
    upload_metadata: Metadata = None,
) -> Response:
    """Begin an upload; its first bytes may be the body."""
    if (upload_length, upload_defer_length).count(None) != 1:
        raise _invalid("give Upload-Length, or else Upload-Defer-Length: 1", "upload-length")
    if upload_defer_length not in (None, "1"):
        raise _invalid("Upload-Defer-Length may be 1 and nothing else", "upload-defer-length")
    has_body = _has_body(request)
    if has_body:
        _demand_content_type(request)
    clip = new_clip(state, caller, options_of(read_metadata(upload_metadata)))
    clip.length = None if upload_length is None else _checked(state, upload_length)
    clip.upload_metadata = upload_metadata
    with state.uploads.taken(caller) if has_body else nullcontext():
        await begin(state, caller, clip)
        offset = 0
        if has_body:  # nobody has been told yet where it is: who cannot go on leaves nothing
            async with or_nothing(state, clip):
                offset = await _take(request, state, clip, 0, clip.length)
    headers = {"Location": f"{PATH}/{clip.id}", **_told(clip, offset, clip.length)}
    return Response(status_code=201, headers=headers)


@router.head(
    "/{upload_id}",
    response_class=Response,
    responses=answers(200, "Where to go on", *LENGTH, "Upload-Metadata", *TOLD) | KNOWN,
    dependencies=DEMANDS,
)
async def find_upload(upload_id: ClipId, state: State, caller: MayCount) -> Response:
    """How much of an upload is stored: where to go on."""
    clip = await _upload(state, caller, upload_id)
    offset = await _offset(state, clip)
    if clip.status == "uploading" and offset == clip.length:
        await finish(state, clip.id)  # the request with the last byte ended before it said so
    headers = _told(clip, offset, clip.length)
    if clip.length is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(clip.length)
    if clip.upload_metadata is not None:
        headers["Upload-Metadata"] = clip.upload_metadata
    return Response(headers=headers)


@router.patch(
    "/{upload_id}",
    status_code=204,
    responses=answers(204, "Stored", *TOLD)
    | KNOWN
    | problems("invalid_upload", "wrong_offset", "too_many_bytes", "wrong_content_type")
    | problems("over_capacity"),
    dependencies=DEMANDS,
    openapi_extra=BODY,
)
async def go_on(
    upload_id: ClipId,
    request: Request,
    state: State,
    caller: MayCount,
    *,
    upload_offset: Offset,
    upload_length: Length = None,
) -> Response:
    """Go on with an upload where it ends; with its last byte the clip waits to be counted."""
    _demand_content_type(request)
    clip = await _upload(state, caller, upload_id)
    length, offset = clip.length, clip.received
    if clip.status == "uploading":
        length = length if upload_length is None else _checked(state, upload_length)
        with state.uploads.taken(caller):
            offset = await _take(request, state, clip, upload_offset, length)
    elif upload_offset != offset:
        raise ServiceError("wrong_offset", f"the upload is complete, with {offset} bytes")
    return Response(status_code=204, headers=_told(clip, offset, length))


@router.delete(
    "/{upload_id}",
    status_code=204,
    response_description="Erased",
    responses=KNOWN | problems("upload_complete"),
    dependencies=DEMANDS,
)
async def end_upload(upload_id: ClipId, state: State, caller: MayCount) -> None:
    """Give an upload up and erase what there is of it."""
    clip = await _upload(state, caller, upload_id)
    if clip.status != "uploading":
        raise ServiceError("upload_complete", f"DELETE /v1/clips/{upload_id} erases the clip")
    await erase_clip(state.clips, state.storage, upload_id)


async def _upload(state: AppState, caller: Caller, upload_id: str) -> Clip:
    clip = await state.clips.get(caller, upload_id)
    late = clip.upload_expires_at is not None and clip.upload_expires_at <= now_utc()
    if clip.status == "cancelled" or (clip.status == "uploading" and late):
        raise gone(upload_id)
    return clip


async def _offset(state: AppState, clip: Clip) -> int:
    """Of a clip that is complete the video may be erased."""
    if clip.status != "uploading":
        return clip.received
    return await state.storage.size(video_of(clip.id))


async def _take(
    request: Request, state: AppState, clip: Clip, offset: int, length: int | None
) -> int:
    limit = state.settings.max_clip_bytes if length is None else length
    _, chunks = await upload_chunks(request, max_bytes=max(limit - offset, 0))
    if length is not None and length != clip.length:
        await state.storage.expect(video_of(clip.id), offset)
        await _announce(state, clip, length)
    end = await receive(state, clip, offset, chunks, limit)
    if end == length:
        await finish(state, clip.id)
    return end


async def _announce(state: AppState, clip: Clip, length: int) -> None:
    """The length of an upload that was begun without."""
    try:
        await state.clips.announce(clip.id, length)
    except Lost:
        fault = "another length was said before, or more is stored already"
        raise _invalid(fault, "upload-length") from None


def _checked(state: AppState, length: int) -> int:
    limit = state.settings.max_clip_bytes
    if length > limit:
        fault = f"a file may have {limit} bytes here, the limit"
        raise ServiceError("too_many_bytes", fault, field="upload-length")
    if not length:
        raise _invalid("the file has no bytes", "upload-length")
    return length


def _told(clip: Clip, offset: int, length: int | None) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(offset),
        "Content-Location": f"/v1/clips/{clip.id}",
        "Cache-Control": "no-store",
    }
    if offset != length and clip.upload_expires_at is not None:
        headers["Upload-Expires"] = format_datetime(clip.upload_expires_at, usegmt=True)
    return headers


def _has_body(request: Request) -> bool:
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _demand_content_type(request: Request) -> None:
    if request.headers.get("content-type") != CONTENT_TYPE:
        fault = f"what is sent of an upload has the content type {CONTENT_TYPE}"
        raise ServiceError("wrong_content_type", fault, field="content-type")


def _invalid(fault: str, field: str) -> ServiceError:
    return ServiceError("invalid_upload", fault, field=field)
