"""REST: the landmarks of a clip, where they were wanted."""

from typing import Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from service.access import MayRead
from service.clip_media import landmark_file_of
from service.clip_store import UNFINISHED, Wanted
from service.clips import UNCHANGED, ClipId, IfNoneMatch
from service.errors import ALLOWED, ServiceError, problems
from service.etags import etag_of, is_known
from service.state import State
from service.tables import Clip

router = APIRouter(prefix="/v1/clips", tags=["clips"])

NPZ: Final = "application/zip"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "NumPy's NPZ: `at_s` (n,), `points` (n, 33, 5) and `world` (n, 33, 3)",
        "content": {NPZ: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/{clip_id}/landmarks",
    response_class=StreamingResponse,
    responses=_FILE
    | UNCHANGED
    | problems(*ALLOWED, "not_found", "no_landmarks", "invalid_request"),
)
async def get_landmarks(
    clip_id: ClipId, state: State, caller: MayRead, if_none_match: IfNoneMatch = None
) -> Response:
    """The landmarks of each frame that was taken, as an NPZ, where `landmarks` was asked for."""
    clip = await state.clips.get(caller, clip_id)
    if clip.landmarks_bytes is None:
        raise ServiceError("no_landmarks", _why_none(clip))
    etag = etag_of(f"{clip.epoch}-{clip.landmarks_bytes}")
    if is_known(etag, if_none_match):
        return Response(status_code=304, headers={"ETag": etag})
    try:
        size, pieces = await state.storage.open(landmark_file_of(clip_id))
    except LookupError as error:
        raise ServiceError("no_landmarks", "they were erased") from error
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{clip_id}.npz"',
    }
    return StreamingResponse(pieces, headers=headers, media_type=NPZ)


def _why_none(clip: Clip) -> str:
    if not Wanted.model_validate(clip.wanted).landmarks:
        return "they were not asked for: upload with landmarks=true"
    if clip.status in UNFINISHED:
        return "the clip is not counted yet"
    return "the clip was not counted" if clip.status != "succeeded" else "they were erased"
