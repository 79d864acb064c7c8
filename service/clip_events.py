"""REST: how far a clip is, as Server-Sent Events while it goes on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Final

import anyio
from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from service.access import MayRead
from service.clip_document import clip_info, counted_clip
from service.clip_store import UNFINISHED
from service.clips import ClipId
from service.errors import ALLOWED, ServiceError, problems
from service.state import State
from service.tables import Clip

router = APIRouter(prefix="/v1/clips", tags=["clips"])

POLL_S: Final = 0.5
HEARTBEAT_S: Final = 15.0
_EVENT: Final = {
    "type": "object",
    "properties": {
        "event": {"enum": ["progress", "succeeded", "failed", "cancelled"]},
        "id": {"type": "string", "description": "The clip's version", "examples": ["7"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "The clip, as in a list; in the last event as by itself",
        },
    },
}
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "`progress`, then `succeeded`, `failed` or `cancelled`",
        "content": {"text/event-stream": {"itemSchema": _EVENT}},
    },
    204: {"description": "All has been told: `EventSource` comes no more"},
}

Look = Callable[[], Awaitable[Clip]]
"""The clip as it is now; raises ServiceError `not_found` where it is gone."""


async def _place(state: State, caller: MayRead) -> AsyncIterator[None]:
    """For one more stream until it has ended; raises ServiceError `over_capacity`."""
    with state.event_streams.taken(caller):
        yield


@router.get(
    "/{clip_id}/events",
    response_class=StreamingResponse,
    responses=_EVENTS | problems(*ALLOWED, "not_found", "invalid_request", "over_capacity"),
    dependencies=[Depends(_place)],
)
async def follow_clip(
    clip_id: ClipId,
    state: State,
    caller: MayRead,
    last_event_id: Annotated[
        int, Header(ge=0, le=2**63 - 1, description="What was told last, if anything")
    ] = 0,
) -> Response:
    """Be told of each change of a clip until it is done with; ids of events are its versions.

    Every event's data is the clip, as in `GET /v1/clips`; the last one's has the result too. With
    `Last-Event-ID` nothing is told twice.
    """

    async def look() -> Clip:
        return await state.clips.get(caller, clip_id)

    clip = await look()
    if clip.version <= last_event_id and clip.status not in UNFINISHED:
        return Response(status_code=204)
    events = changes(clip, look, last_event_id, until=lambda: state.connections.draining)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return EventSourceResponse(events, headers=headers)


async def changes(
    clip: Clip,
    look: Look,
    told: int,
    *,
    until: Callable[[], bool],
    poll_s: float = POLL_S,
    heartbeat_s: float = HEARTBEAT_S,
) -> AsyncIterator[bytes]:
    """Each version of a clip after `told`, as far as one looks in time, until it is done with.

    Ends too where the clip is erased, and when `until` says so: whoever comes again goes on.
    """
    said_s = anyio.current_time()
    while not until():
        if clip.version > told:
            yield _event(clip)
            told, said_s = clip.version, anyio.current_time()
        elif anyio.current_time() - said_s >= heartbeat_s:
            yield KEEPALIVE_COMMENT
            said_s = anyio.current_time()
        if clip.status not in UNFINISHED:
            return
        await anyio.sleep(poll_s)
        try:
            clip = await look()
        except ServiceError:
            return


def _event(clip: Clip) -> bytes:
    if clip.status in UNFINISHED:
        event, told = "progress", clip_info(clip)
    else:
        event, told = clip.status, counted_clip(clip)
    return format_sse_event(event=event, data_str=told.model_dump_json(), id=str(clip.version))
