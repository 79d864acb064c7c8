"""Answers that are given again: by the tenant, end user and Idempotency-Key of their request."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import anyio
from sqlalchemy import ColumnElement, delete, or_, update
from sqlalchemy.dialects.postgresql import insert  # SQLite says it in the same words
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from service.auth import Caller
from service.database import Database
from service.errors import ServiceError
from service.tables import Answered
from service.tenants import now_utc

KEEP: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=60)
"""After so long without a sign of life a request is no longer under way: its process died."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `fingerprint` tells it from another under the same key."""

    caller: Caller
    key: str
    fingerprint: str
    status: int
    """Of its answer, unless it fails."""
    holder: str = field(default_factory=lambda: uuid.uuid4().hex)
    """This try of it: whoever takes its place is another."""

    @property
    def place(self) -> dict[str, str]:
        """Where its answer lies. No end user has the empty name."""
        user, tenant = self.caller.user or "", self.caller.tenant
        return {"tenant_id": tenant, "user_id": user, "key": self.key}


class Answers:
    """Rows of answers, and of requests that are under way."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = now_utc,
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._database, self._clock, self._lease = database, clock, lease

    async def claim(self, asked: Asked) -> Answered | None:
        """What was answered before; None: this request is to be answered.

        Raises ServiceError `idempotency_mismatch`, `idempotency_in_progress`, `told_once` where it
        was answered with what is not kept, and `unauthorized` where the tenant was just removed.
        """
        try:
            async with self._database.write() as session:
                if await session.scalar(self._taking(asked)) is not None:
                    return None
                found = await session.get(Answered, asked.place)
        except IntegrityError:
            raise ServiceError("unauthorized", "the tenant is gone") from None
        if found is None:  # given up a moment ago
            raise _under_way()
        if found.fingerprint != asked.fingerprint:
            fault = "another request has had this key within 24 hours"
            raise ServiceError("idempotency_mismatch", fault, field="Idempotency-Key")
        if found.status is None:
            raise _under_way()
        if found.body is None:
            fault = "it was done before; its answer held a secret, which is not kept"
            raise ServiceError("told_once", fault)
        return found

    async def renew(self, asked: Asked) -> None:
        """Say that it is still under way."""
        until = self._clock() + self._lease
        async with self._database.write() as session:
            renewed = update(Answered).where(*_held(asked)).values(leased_until=until)
            await session.execute(renewed)

    async def renew_for_ever(self, asked: Asked) -> None:
        """Say so until this is cancelled: an upload may last longer than a lease."""
        while True:
            await anyio.sleep(self._lease.total_seconds() / 3)
            with suppress(SQLAlchemyError):  # the next time may do
                await self.renew(asked)

    async def give_up(self, asked: Asked) -> None:
        """The same may be asked again, or something else, unless it was done and answered."""
        async with self._database.write() as session:
            await session.execute(delete(Answered).where(*_held(asked)))

    async def forget_old(self) -> None:
        """Erase answers of more than 24 hours ago, and requests that nobody works on any more."""
        await self._database.erase(Answered, _over(self._clock()))

    def _taking(self, asked: Asked) -> Any:
        """Takes the place where nobody has it, or nobody any more; gives the holder, or none."""
        now = self._clock()
        values = {
            "fingerprint": asked.fingerprint,
            "holder": asked.holder,
            "created_at": now,
            "leased_until": now + self._lease,
            "status": None,
            "headers": None,
            "body": None,
        }
        return (
            insert(Answered)
            .values(**asked.place, **values)
            .on_conflict_do_update(
                index_elements=[Answered.tenant_id, Answered.user_id, Answered.key],
                set_=values,
                where=_over(now),
            )
            .returning(Answered.holder)
        )


async def keep_answer(
    session: AsyncSession, asked: Asked, headers: Mapping[str, str], body: str | None
) -> None:
    """Give this answer from now on, if this transaction commits; body None: only that there is one.

    The last thing in it: who has locked an answer waits for no other row.
    Raises ServiceError `idempotency_in_progress` where another try has taken over.
    """
    answer = {"status": asked.status, "headers": {**headers}, "body": body}
    kept = update(Answered).where(*_held(asked)).values(**answer).returning(Answered.holder)
    if await session.scalar(kept) is None:
        raise _under_way()


def _over(now: datetime) -> ColumnElement[bool]:
    dead = Answered.status.is_(None) & (Answered.leased_until <= now)
    old = Answered.status.is_not(None) & (Answered.created_at <= now - KEEP)
    return or_(dead, old)


def _under_way() -> ServiceError:
    fault = "the request with this key is still under way"
    return ServiceError("idempotency_in_progress", fault, retry_after_s=1)


def _held(asked: Asked) -> tuple[ColumnElement[bool], ...]:
    return (
        Answered.tenant_id == asked.place["tenant_id"],
        Answered.user_id == asked.place["user_id"],
        Answered.key == asked.key,
        Answered.holder == asked.holder,
        Answered.status.is_(None),
    )
