"""Receipts of erasures: the rows of an end user, or of a tenant, go with the receipt's coming."""

import hashlib
import json
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.clip_media import media_of
from service.errors import ServiceError
from service.tables import Answered, Clip, Delivery, Endpoint, Receipt, Tenant, Workout, WorkoutSet

SETTLE: Final = timedelta(minutes=5)
"""For so long who was just writing media may go on: longer than a request to the storage takes."""
_BUSY: Final = ("uploading", "running")

_Kept = Clip | Workout | Delivery | Answered


def digest_of_user(user: str) -> str:
    """The SHA-256 in hex by which a receipt says whom it is about."""
    return hashlib.sha256(user.encode()).hexdigest()


async def request_erasure(
    session: AsyncSession, tenant_id: str, user: str | None, now: datetime
) -> Receipt:
    """Erase the rows of a user, or with None those of a whole tenant but for the tenant itself.

    In the caller's transaction, with a receipt that names what else must go. Who keeps something
    new of theirs meanwhile does so before, or sees the receipt. Raises ServiceError `not_found`.
    """
    # Not a lock that rows with foreign keys to the tenant wait for: whoever ends a clip holds it,
    # and adds such rows, while its erasure here waits for the clip.
    there = select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True)
    if await session.scalar(there) is None:
        raise ServiceError("not_found", f"there is no tenant {tenant_id}")
    busy, clips = await _clips(session, tenant_id, user, now)
    # Before their deliveries, in which order whoever records what came of one takes them.
    await session.execute(
        select(Endpoint.id)
        .where(Endpoint.tenant_id == tenant_id)
        .order_by(Endpoint.id)  # as who tells them of something
        .with_for_update()
    )
    receipt = Receipt(
        id=uuid.uuid4().hex,
        tenant_id=tenant_id,
        user_id=user,
        user_digest=None if user is None else digest_of_user(user),
        media=[media_of(clip_id) for clip_id in clips],
        settles_at=now + SETTLE if busy else now,
        requested_at=now,
        completed_at=None,
        erased=await _erase_rows(session, tenant_id, user) | {"clips": len(clips)},
    )
    session.add(receipt)
    return receipt


async def was_erased(
    session: AsyncSession, tenant_id: str, user: str | None, *, since: datetime
) -> bool:
    """Whether a user, or the whole tenant, was erased since then, or is no more.

    Until the transaction's end nobody can erase either.
    """
    there = select(Tenant.id).where(Tenant.id == tenant_id)
    if await session.scalar(there.with_for_update(read=True)) is None:
        return True
    him = [] if user is None else [Receipt.user_digest == digest_of_user(user)]
    query = select(Receipt.id).where(
        Receipt.tenant_id == tenant_id,
        or_(Receipt.user_digest.is_(None), *him),
        Receipt.requested_at >= since,
    )
    return await session.scalar(query.limit(1)) is not None


async def _clips(
    session: AsyncSession, tenant_id: str, user: str | None, now: datetime
) -> tuple[bool, list[str]]:
    """Erase the rows of clips: whether somebody may still write media of one, and their ids."""
    gone = delete(Clip).where(*_theirs(Clip, tenant_id, user))
    told = gone.returning(Clip.id, Clip.status, Clip.finished_at)  # results may be large, and many
    clips = (await session.execute(told, execution_options={"synchronize_session": False})).all()
    busy = any(
        clip.status in _BUSY
        or (clip.status == "cancelled" and clip.finished_at and clip.finished_at > now - SETTLE)
        for clip in clips
    )
    return busy, [clip.id for clip in clips]


async def _erase_rows(session: AsyncSession, tenant_id: str, user: str | None) -> dict[str, Any]:
    """Of the other tables, and how many there were."""
    theirs = select(Workout.id).where(*_theirs(Workout, tenant_id, user))
    of_sets = select(func.count()).where(WorkoutSet.workout_id.in_(theirs))
    erased = {"sets": await session.scalar(of_sets) or 0}
    tables: dict[str, type[_Kept]] = {
        "workouts": Workout,
        "deliveries": Delivery,
        "answers": Answered,
    }
    for name, table in tables.items():
        gone = await session.execute(delete(table).where(*_theirs(table, tenant_id, user)))
        assert isinstance(gone, CursorResult)
        erased[name] = gone.rowcount
    if user is not None:
        erased["answers"] += await _erase_told(session, tenant_id, user)
    return erased


async def _erase_told(session: AsyncSession, tenant_id: str, user: str) -> int:
    """Answers that the tenant itself was given of a user: how many there were."""
    named = Answered.body.contains(to_json(user).decode(), autoescape=True)  # in any case
    query = select(Answered).where(Answered.tenant_id == tenant_id, named)
    told = [one for one in await session.scalars(query) if _user_in(one.body) == user]
    for one in told:
        await session.delete(one)
    return len(told)


def _user_in(answer: str | None) -> object:
    return json.loads(answer or "{}").get("user")


def _theirs(
    table: type[_Kept], tenant_id: str, user: str | None
) -> tuple[ColumnElement[bool], ...]:
    tenant = table.tenant_id == tenant_id
    return (tenant,) if user is None else (tenant, table.user_id == user)
