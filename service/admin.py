"""REST: tenants and their keys, and what was done with them; needs a key with the scope `admin`."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import AfterValidator, Field

from blazereps_client.messages import WHOLE
from blazereps_client.results import Document
from service.access import MayAdministrate
from service.errors import KEY_ONLY, problems
from service.idempotency import TOLD_ONCE, IdempotentRoute, Once
from service.moments import IsoMoment
from service.pages import Cursor, Limit, Page, page_of, position, read_place, read_position
from service.sent import Sent
from service.state import State
from service.tenants import PRINTABLE, TENANT_NAME, Scope

router = APIRouter(
    prefix="/v1", tags=["admin"], responses=problems(*KEY_ONLY), route_class=IdempotentRoute
)

MISSING: Final = problems("not_found", "invalid_request")

TenantId = Annotated[str, InPath(pattern=TENANT_NAME, examples=["acme"])]
KeyId = Annotated[str, InPath(pattern="^[0-9a-f]{32}$")]
Days = Annotated[float | None, Field(ge=0, le=36525, examples=[30])]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is beyond the calendar in UTC") from error


Moment = Annotated[IsoMoment, AfterValidator(_in_utc)]


class Retention(Document):
    """How long what is kept, in days; null: as the server's settings say."""

    video_days: Days = None
    landmarks_days: Days = None
    results_days: Days = None


class NewTenant(Retention):
    """A tenant to be added."""

    id: Annotated[str, Field(pattern=TENANT_NAME, examples=["acme"])]


class TenantInfo(NewTenant):
    """A tenant."""

    created_at: datetime = Field(examples=["2025-01-31T12:00:00Z"])


class NewKey(Document):
    """A key to be added."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=PRINTABLE, examples=["app"])]
    scopes: Annotated[
        tuple[Scope, ...], Field(min_length=1, max_length=7, examples=[["count", "read"]])
    ]
    expires_at: Moment | None = Field(default=None, examples=["2026-01-31T12:00:00Z"])
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000), WHOLE] | None = None
    clips_per_day: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] | None = None


class KeyInfo(NewKey):
    """A key, without what opens the door."""

    id: str
    created_at: datetime = Field(examples=["2025-01-31T12:00:00Z"])


class ShownKey(KeyInfo):
    """A key, with what opens the door: shown this once."""

    key: str = Field(examples=["br_7mK…"])


class Rotation(Document):
    """How a key is rotated."""

    overlap_s: Annotated[
        float,
        Field(ge=0, le=30 * 86400, description="For how long the secret before is good still"),
    ] = 86400


class ActInfo(Document):
    """An administrative act."""

    id: str
    at: datetime = Field(examples=["2025-01-31T12:00:00Z"])
    tenant_id: str | None = Field(examples=["acme"])
    actor: str = Field(description="`key:` and its id, or `command`", examples=["command"])
    act: str = Field(examples=["key.added"])
    target: str = Field(description="The id of what it concerned", examples=["acme"])
    detail: dict[str, Any]


@router.post("/tenants", status_code=201, responses=problems("already_exists", "invalid_request"))
async def add_tenant(
    wanted: Sent[NewTenant], caller: MayAdministrate, state: State, once: Once
) -> TenantInfo:
    """Add a tenant."""
    days, keep = wanted.model_dump(exclude={"id"}), once(TenantInfo.model_validate)
    tenant = await state.tenants.add(wanted.id, caller.actor, keep, **days)
    return TenantInfo.model_validate(tenant)


@router.get("/tenants", responses=problems("invalid_request"))
async def list_tenants(
    _: MayAdministrate, state: State, limit: Limit = 50, cursor: Cursor = None
) -> Page[TenantInfo]:
    """List the tenants by name."""
    rows = await state.tenants.after(read_place(cursor) or "", limit + 1)
    return page_of(rows, limit, lambda row: row.id, TenantInfo.model_validate)


@router.get("/tenants/{tenant_id}", responses=MISSING)
async def get_tenant(tenant_id: TenantId, _: MayAdministrate, state: State) -> TenantInfo:
    """One tenant."""
    return TenantInfo.model_validate(await state.tenants.get(tenant_id))


@router.put("/tenants/{tenant_id}/retention", responses=MISSING)
async def change_retention(
    tenant_id: TenantId, wanted: Sent[Retention], caller: MayAdministrate, state: State
) -> TenantInfo:
    """Say how long its video, landmarks and results are kept from now on."""
    days = wanted.model_dump()
    return TenantInfo.model_validate(await state.tenants.change(tenant_id, caller.actor, **days))


@router.delete("/tenants/{tenant_id}", status_code=204, responses=MISSING)
async def remove_tenant(tenant_id: TenantId, caller: MayAdministrate, state: State) -> None:
    """Erase a tenant: its keys, clips, workouts and webhooks. The audit log stays."""
    await state.tenants.remove(tenant_id, caller.actor)


@router.post(
    "/tenants/{tenant_id}/keys",
    status_code=201,
    responses=MISSING | problems("too_many"),
    dependencies=[TOLD_ONCE],
)
async def add_key(
    tenant_id: TenantId, wanted: Sent[NewKey], caller: MayAdministrate, state: State, once: Once
) -> ShownKey:
    """Add a key to a tenant; it is shown once."""
    keep = once(KeyInfo.model_validate)
    key, secret = await state.tenants.add_key(
        tenant_id, caller.actor, **wanted.model_dump(), keep=keep
    )
    return ShownKey(**dict(KeyInfo.model_validate(key)), key=secret)


@router.get("/tenants/{tenant_id}/keys", responses=MISSING)
async def list_keys(tenant_id: TenantId, _: MayAdministrate, state: State) -> Page[KeyInfo]:
    """Its keys, at most 100, the newest first."""
    keys = await state.tenants.keys(tenant_id)
    return Page(items=tuple(map(KeyInfo.model_validate, keys)), next_cursor=None)


@router.post(
    "/tenants/{tenant_id}/keys/{key_id}/rotate", responses=MISSING, dependencies=[TOLD_ONCE]
)
async def rotate_key(
    tenant_id: TenantId,
    key_id: KeyId,
    caller: MayAdministrate,
    state: State,
    *,
    wanted: Sent[Rotation],
    once: Once,
) -> ShownKey:
    """Another secret for a key, shown once; the one before is good for a while."""
    keep = once(KeyInfo.model_validate)
    key, secret = await state.tenants.rotate(
        tenant_id, key_id, caller.actor, overlap_s=wanted.overlap_s, keep=keep
    )
    return ShownKey(**dict(KeyInfo.model_validate(key)), key=secret)


@router.delete("/tenants/{tenant_id}/keys/{key_id}", status_code=204, responses=MISSING)
async def revoke_key(
    tenant_id: TenantId, key_id: KeyId, caller: MayAdministrate, state: State
) -> None:
    """Let nobody in with a key, or a token that it made; after 5 seconds at the latest."""
    await state.tenants.revoke(tenant_id, key_id, caller.actor)


@router.get("/audit", responses=problems("invalid_request"))
async def list_acts(
    _: MayAdministrate,
    state: State,
    tenant_id: Annotated[str | None, Field(pattern=TENANT_NAME)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ActInfo]:
    """What was done with tenants and keys, the newest first."""
    rows = await state.tenants.acts(tenant_id, read_position(cursor), limit + 1)
    return page_of(rows, limit, lambda row: position(row.at, row.id), ActInfo.model_validate)
