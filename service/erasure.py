"""Erasing an end user, or a tenant, completely: rows at once, media until it is gone."""

from collections.abc import Callable
from datetime import datetime
from random import sample

from anyio import to_thread
from sqlalchemy import select

from service.database import Database
from service.errors import ServiceError
from service.logs import get_logger
from service.receipts import request_erasure
from service.sessions import SqliteSessions
from service.storage import Storage
from service.tables import Receipt
from service.tenants import now_utc

log = get_logger(__name__)


class Erasure:
    """Sees to it that nothing is left of whom a receipt is about."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        sessions: SqliteSessions,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._database, self._storage = database, storage
        self._sessions, self._clock = sessions, clock

    async def erase(self, tenant_id: str, user: str) -> Receipt:
        """Erase an end user; what cannot be erased now is erased by `finish_all`."""
        async with self._database.write() as session:
            receipt = await request_erasure(session, tenant_id, user, self._clock())
        try:
            return await self._finish(receipt)
        except Exception:
            log.exception("erasure not finished", receipt_id=receipt.id)
            return receipt

    async def receipt(self, tenant_id: str | None, receipt_id: str) -> Receipt:
        """A tenant's receipt, or with None anybody's; raises ServiceError `not_found`."""
        async with self._database.read() as session:
            receipt = await session.get(Receipt, receipt_id)
        if receipt is None or tenant_id not in (None, receipt.tenant_id):
            raise ServiceError("not_found", f"there is no receipt {receipt_id}")
        return receipt

    async def finish_all(self) -> None:
        """Go on with every erasure that is not complete; what fails is tried the next time."""
        query = select(Receipt).where(Receipt.completed_at.is_(None)).order_by(Receipt.requested_at)
        async with self._database.read() as session:
            pending = [*await session.scalars(query.limit(1000))]
        for receipt in pending:
            try:
                await self._finish(receipt)
            except Exception:
                log.exception("erasure not finished", receipt_id=receipt.id)

    async def _finish(self, receipt: Receipt) -> Receipt:
        """Nothing here depends on how far somebody came before; what is counted is there still."""
        now = self._clock()
        whose = receipt.tenant_id, receipt.user_id, receipt.requested_at.timestamp()
        live = await to_thread.run_sync(self._sessions.number_of, *whose)
        async with self._database.write() as session:
            kept = await session.get_one(Receipt, receipt.id, with_for_update=True)
            live = max(live, kept.erased.get("live_sessions", 0))
            kept.erased = {**kept.erased, "live_sessions": live}
        await to_thread.run_sync(self._sessions.forget_all, *whose)
        # In another order each time: one that cannot be erased does not keep all behind it.
        for prefix in sample(receipt.media, len(receipt.media)):
            await self._storage.erase(prefix)
        if now < receipt.settles_at:
            return kept
        async with self._database.write() as session:
            kept = await session.get_one(Receipt, receipt.id, with_for_update=True)
            if kept.completed_at is None:
                kept.completed_at, kept.user_id, kept.media = now, None, []
        return kept
