"""How many clips a key may upload on one day."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert  # SQLite says it in the same words

from service.auth import Caller
from service.database import Database
from service.errors import ServiceError
from service.tables import Usage
from service.tenants import now_utc


async def take_clip(database: Database, caller: Caller, now: datetime) -> None:
    """Count a clip for the caller's key, on its day in UTC.

    Raises ServiceError `quota_exceeded` where there were `Caller.clips_per_day` already. A key
    without such a quota is not counted.
    """
    quota = caller.clips_per_day
    if quota is None:
        return
    day = now.astimezone(UTC).date()
    first = insert(Usage).values(key_id=caller.key_id, day=day, clips=1)
    counted = first.on_conflict_do_update(
        index_elements=[Usage.key_id, Usage.day],
        set_={Usage.clips: Usage.clips + 1},
        where=Usage.clips < quota,
    ).returning(Usage.clips)
    async with database.write() as session:
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
