"""How many clips a key may upload on one day."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert  # SQLite says it in the same words
from sqlalchemy.ext.asyncio import AsyncSession

from service.database import Database
from service.errors import ServiceError
from service.tables import Usage
from service.tenants import now_utc


async def take_clip(session: AsyncSession, key_id: str, now: datetime, quota: int) -> None:
    """Count a clip for a key, on its day in UTC, in the caller's transaction.

    Raises ServiceError `quota_exceeded` where there were `quota` already.
    """
    day = now.astimezone(UTC).date()
    first = insert(Usage).values(key_id=key_id, day=day, clips=1)
    counted = first.on_conflict_do_update(
        index_elements=[Usage.key_id, Usage.day],
        set_={Usage.clips: Usage.clips + 1},
        where=Usage.clips < quota,
    ).returning(Usage.clips)
    if quota == 0 or await session.scalar(counted) is None:
        limit = f"the key may upload {quota} clips a day (UTC)"
        raise ServiceError("quota_exceeded", limit, retry_after_s=_until_midnight_s(now))


async def forget_usage(database: Database, clock: Callable[[], datetime] = now_utc) -> None:
    """Erase what was counted on days that are over."""
    async with database.write() as session:
        await session.execute(delete(Usage).where(Usage.day < clock().astimezone(UTC).date()))


def _until_midnight_s(now: datetime) -> int:
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return math.ceil((datetime.combine(tomorrow, time(), UTC) - now).total_seconds())
