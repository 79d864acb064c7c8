"""REST: an end user is erased completely, and the receipt of that."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Path as InPath
from pydantic import Field

from blazereps_client.results import Document
from service.access import MayErase, MayReadReceipts
from service.errors import KEY_ONLY, problems
from service.state import State
from service.tables import PLAIN, USER

router = APIRouter(prefix="/v1", tags=["workouts"], responses=problems(*KEY_ONLY))


class Erased(Document):
    """How many of what were erased."""

    workouts: int = Field(examples=[12])
    sets: int = Field(examples=[60])
    clips: int = Field(examples=[3])
    live_sessions: int = Field(default=0, examples=[1])
    deliveries: int = Field(examples=[15])
    answers: int = Field(examples=[0])


class ReceiptInfo(Document):
    """That an end user, or a tenant, was erased."""

    id: str = Field(examples=["0b8f6c0e6f0f4a0e8e0b5f6f5e1c2d3a"])
    user_digest: str | None = Field(
        description="SHA-256, in hex, of your name for him; null: a whole tenant"
    )
    requested_at: datetime = Field(examples=["2025-01-31T12:00:00Z"])
    completed_at: datetime | None = Field(
        description="When nothing was left; null until then", examples=["2025-01-31T12:00:00Z"]
    )
    erased: Erased


@router.delete(
    "/users/{user:path}",
    status_code=202,
    response_description="Nothing can be read any more; `completed_at` says when all is gone",
    responses=problems("invalid_request"),
)
async def erase_user(
    user: Annotated[
        str, InPath(min_length=1, max_length=USER, pattern=PLAIN, examples=["user-42"])
    ],
    caller: MayErase,
    state: State,
    response: Response,
) -> ReceiptInfo:
    """Erase an end user: workouts, clips with their media, live sessions, what is told of him."""
    receipt = await state.erasure.erase(caller.tenant, user)
    response.headers["Location"] = f"/v1/erasures/{receipt.id}"
    return ReceiptInfo.model_validate(receipt)


@router.get("/erasures/{erasure_id}", responses=problems("not_found", "invalid_request"))
async def get_erasure(
    erasure_id: Annotated[str, InPath(pattern="^[0-9a-f]{32}$")],
    caller: MayReadReceipts,
    state: State,
) -> ReceiptInfo:
    """The receipt of an erasure; with the scope `admin` any tenant's."""
    tenant = None if "admin" in caller.scopes else caller.tenant
    return ReceiptInfo.model_validate(await state.erasure.receipt(tenant, erasure_id))
