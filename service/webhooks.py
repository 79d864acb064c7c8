"""REST: where a tenant is told of what has happened, and what became of telling it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from pydantic import Field

from blazereps_client.results import Document
from service.access import MayKeepWebhooks
from service.deliveries import Status
from service.errors import KEY_ONLY, problems
from service.etags import IfMatch, etag_of
from service.idempotency import TOLD_ONCE, IdempotentRoute, Once
from service.outbound import MAX_URL_CHARS
from service.pages import Cursor, Limit, Page, page_of, position, read_position
from service.sent import Sent
from service.state import State
from service.tables import Endpoint

router = APIRouter(
    prefix="/v1/webhooks",
    tags=["webhooks"],
    responses=problems(*KEY_ONLY),
    route_class=IdempotentRoute,
)

MISSING: Final = problems("not_found", "invalid_request")
MATCHED: Final = MISSING | problems("precondition_failed", "precondition_required")
_TAGGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "ETag": {"description": "For If-Match", "schema": {"type": "string"}, "example": '"1"'}
        }
    }
}
_AT: Final = "2025-01-31T12:00:00Z"
_ID: Final = "0b8f6c0e6f0f4a0e8e0b5f6f5e1c2d3a"

EndpointId = Annotated[str, InPath(pattern="^[0-9a-f]{32}$", examples=[_ID])]
DeliveryId = Annotated[str, InPath(pattern="^msg_[0-9a-f]{32}$", examples=[f"msg_{_ID}"])]
Url = Annotated[
    str,
    Field(min_length=1, max_length=MAX_URL_CHARS, examples=["https://hooks.example/blazereps"]),
]
Told = Literal["clip.succeeded", "clip.failed", "workout.ended"]
Events = Annotated[
    tuple[Told, ...],
    Field(min_length=1, max_length=3, examples=[["clip.succeeded", "workout.ended"]]),
]


class NewEndpoint(Document):
    """An endpoint to be added."""

    url: Url = Field(description="Where the messages are posted to")
    events: Events = Field(description="What it is told of")


class EndpointChange(Document):
    """What is to be changed of an endpoint; the rest stays."""

    url: Url | None = None
    events: Events | None = None
    enabled: bool | None = Field(
        default=None,
        description="`false` fails what waits for it; `true` switches it on again",
        examples=[True],
    )


class EndpointInfo(NewEndpoint):
    """An endpoint, without its secret."""

    id: str = Field(examples=[_ID])
    enabled: bool = Field(description="Whether anything is sent to it", examples=[True])
    disabled_at: datetime | None = Field(examples=[None])
    disabled_why: str | None = Field(examples=[None])
    previous_until: datetime | None = Field(
        description="Until when messages are signed with a secret before, too", examples=[None]
    )
    created_at: datetime = Field(examples=[_AT])


class ShownEndpoint(EndpointInfo):
    """An endpoint with its secret: shown this once."""

    secret: str = Field(
        description="What its messages are signed with", examples=["whsec_C2FVsBQIhrscChlQIMV+b5s…"]
    )


class SecretRotation(Document):
    """How the secret of an endpoint is changed."""

    overlap_s: Annotated[
        float,
        Field(
            ge=0,
            le=30 * 86400,
            description="For how long messages are signed with the secret before, too",
            examples=[86400],
        ),
    ] = 86400


class DeliveryInfo(Document):
    """One message on its way to one endpoint."""

    id: str = Field(description="The message's `webhook-id`", examples=[f"msg_{_ID}"])
    event: str = Field(description="Its type", examples=["clip.succeeded"])
    status: Status = Field(examples=["delivered"])
    attempts: int = Field(description="How often it was tried", examples=[1])
    next_at: datetime | None = Field(
        description="When it is tried next, at the latest; null: no more", examples=[None]
    )
    created_at: datetime = Field(examples=[_AT])


class AttemptInfo(Document):
    """One try; with neither status nor fault it is under way, or was cut off."""

    number: int = Field(examples=[1])
    at: datetime = Field(examples=[_AT])
    seconds: float | None = Field(description="How long it took", examples=[0.12])
    status_code: int | None = Field(description="What was answered", examples=[204])
    fault: str | None = Field(description="Why nothing was answered", examples=[None])
    excerpt: str | None = Field(description="The beginning of the answer's body", examples=[""])


class ShownDelivery(DeliveryInfo):
    """A message with its body and its tries."""

    body: str = Field(
        description="As it is sent",
        examples=[f'{{"timestamp":"{_AT}","type":"test","data":{{"endpoint_id":"{_ID}"}}}}'],
    )
    tries: tuple[AttemptInfo, ...]


@router.post(
    "",
    status_code=201,
    responses=problems("too_many", "invalid_request"),
    dependencies=[TOLD_ONCE],
)
async def add_endpoint(
    wanted: Sent[NewEndpoint], caller: MayKeepWebhooks, state: State, response: Response, once: Once
) -> ShownEndpoint:
    """Add an endpoint; its secret is shown once."""
    keep = once(EndpointInfo.model_validate)
    endpoint = await state.endpoints.add(caller.tenant, wanted.url, wanted.events, keep)
    response.headers["Location"] = f"/v1/webhooks/{endpoint.id}"
    return _shown(endpoint, response)


@router.get("")
async def list_endpoints(caller: MayKeepWebhooks, state: State) -> Page[EndpointInfo]:
    """The tenant's endpoints, at most 10, the newest first."""
    rows = await state.endpoints.all(caller.tenant)
    return Page(items=tuple(map(EndpointInfo.model_validate, rows)), next_cursor=None)


@router.get("/{endpoint_id}", responses=MISSING | _TAGGED)
async def get_endpoint(
    endpoint_id: EndpointId, caller: MayKeepWebhooks, state: State, response: Response
) -> EndpointInfo:
    """One endpoint; `ETag` is its version, for If-Match."""
    return _tagged(await state.endpoints.get(caller.tenant, endpoint_id), response)


@router.patch("/{endpoint_id}", responses=MATCHED | _TAGGED)
async def change_endpoint(
    endpoint_id: EndpointId,
    wanted: Sent[EndpointChange],
    caller: MayKeepWebhooks,
    state: State,
    response: Response,
    *,
    if_match: IfMatch = None,
) -> EndpointInfo:
    """Change where it is, what it is told of, or whether it is on."""
    change = wanted.model_dump(exclude_none=True)
    endpoint = await state.endpoints.change(caller.tenant, endpoint_id, if_match, **change)
    return _tagged(endpoint, response)


@router.delete("/{endpoint_id}", status_code=204, responses=MATCHED)
async def remove_endpoint(
    endpoint_id: EndpointId, caller: MayKeepWebhooks, state: State, if_match: IfMatch = None
) -> None:
    """Erase an endpoint with its deliveries; nothing is sent to it any more."""
    await state.endpoints.remove(caller.tenant, endpoint_id, if_match)


@router.post("/{endpoint_id}/rotate", responses=MISSING | _TAGGED, dependencies=[TOLD_ONCE])
async def rotate_secret(
    endpoint_id: EndpointId,
    wanted: Sent[SecretRotation],
    caller: MayKeepWebhooks,
    state: State,
    response: Response,
    *,
    once: Once,
) -> ShownEndpoint:
    """Another secret, shown once; messages are signed with the one before too, for a while."""
    keep = once(EndpointInfo.model_validate)
    endpoint = await state.endpoints.rotate(
        caller.tenant, endpoint_id, overlap_s=wanted.overlap_s, keep=keep
    )
    return _shown(endpoint, response)


@router.post("/{endpoint_id}/test", status_code=202, responses=MISSING | problems("switched_off"))
async def try_endpoint(
    endpoint_id: EndpointId, caller: MayKeepWebhooks, state: State, once: Once
) -> DeliveryInfo:
    """Send it a `test` now: the delivery, which tells what becomes of it."""
    keep = once(DeliveryInfo.model_validate)
    row = await state.endpoints.test(caller.tenant, endpoint_id, keep)
    return DeliveryInfo.model_validate(row)


@router.get("/{endpoint_id}/deliveries", responses=MISSING)
async def list_deliveries(
    endpoint_id: EndpointId,
    caller: MayKeepWebhooks,
    state: State,
    *,
    status: Annotated[Status | None, Query(description="Only those that are so")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DeliveryInfo]:
    """What was told it in the last 30 days, the newest first."""
    rows = await state.endpoints.deliveries(
        caller.tenant, endpoint_id, status, read_position(cursor), limit + 1
    )
    return page_of(
        rows, limit, lambda row: position(row.created_at, row.id), DeliveryInfo.model_validate
    )


@router.get("/{endpoint_id}/deliveries/{delivery_id}", responses=MISSING)
async def get_delivery(
    endpoint_id: EndpointId, delivery_id: DeliveryId, caller: MayKeepWebhooks, state: State
) -> ShownDelivery:
    """One delivery with its body and its tries."""
    row, tries = await state.endpoints.delivery(caller.tenant, endpoint_id, delivery_id)
    return ShownDelivery(
        **dict(DeliveryInfo.model_validate(row)),
        body=row.body,
        tries=tuple(map(AttemptInfo.model_validate, tries)),
    )


@router.post(
    "/{endpoint_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    responses=MISSING | problems("switched_off"),
)
async def redeliver(
    endpoint_id: EndpointId,
    delivery_id: DeliveryId,
    caller: MayKeepWebhooks,
    state: State,
    once: Once,
) -> DeliveryInfo:
    """Send it again now, under the same `webhook-id`, whatever became of it."""
    keep = once(DeliveryInfo.model_validate)
    row = await state.endpoints.redeliver(caller.tenant, endpoint_id, delivery_id, keep)
    return DeliveryInfo.model_validate(row)


def _tagged(endpoint: Endpoint, response: Response) -> EndpointInfo:
    response.headers["ETag"] = etag_of(endpoint.version)
    return EndpointInfo.model_validate(endpoint)


def _shown(endpoint: Endpoint, response: Response) -> ShownEndpoint:
    return ShownEndpoint(**dict(_tagged(endpoint, response)), secret=endpoint.secret)
