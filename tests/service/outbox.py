"""Tenants with endpoints, and things to tell them of, under a clock that is moved by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Final

from sqlalchemy import select

from service.database import Database
from service.deliveries import Claimed, Deliveries, Tried, tell
from service.endpoints import Endpoints
from service.retries import JITTER, Outcome
from service.tables import Delivery, Endpoint
from service.tenants import Tenants
from service.webhook_events import ClipSucceeded, SucceededClip
from tests.service.clocks import Clock

LOOPBACK: Final = (ip_network("127.0.0.0/8"),)
DELIVERED: Final = Tried(Outcome.DELIVERED, 0.1, 204, excerpt="")
FAILED: Final = Tried(Outcome.FAILED, 0.1, 500, excerpt="oh")
LATEST: Final = 1 + JITTER
"""By which a wait may be longer than the schedule says."""


@dataclass
class Outbox:
    """One tenant's side, and that of who sends for it."""

    database: Database
    clock: Clock = field(default_factory=lambda: Clock(datetime.now(UTC)))
    tenant: str = "acme"

    def __post_init__(self) -> None:
        self.endpoints = Endpoints(self.database, LOOPBACK, clock=self.clock)
        self.deliveries = Deliveries(self.database, clock=self.clock)

    async def another(self) -> "Outbox":
        """That of another tenant, under the same clock."""
        await Tenants(self.database).add("other", "test")
        return Outbox(self.database, self.clock, "other")

    async def add(self, port: int = 9000, *events: str) -> Endpoint:
        url = f"http://127.0.0.1:{port}/hook"
        return await self.endpoints.add(self.tenant, url, events or ("clip.succeeded",))

    async def tell(self, times: int = 1, *, user: str | None = None) -> None:
        async with self.database.write() as session:
            for _ in range(times):
                await tell(session, self.tenant, user, self.event(user), self.clock())

    def event(self, user: str | None = None) -> ClipSucceeded:
        data = SucceededClip(clip_id="0" * 32, user=user, counts={"squat": 5})
        return ClipSucceeded(timestamp=self.clock(), data=data)

    async def claim(self) -> Claimed:
        claimed = await self.deliveries.claim()
        assert claimed is not None
        return claimed

    async def fail(self, tried: Tried = FAILED) -> str | None:
        return await self.deliveries.record(await self.claim(), tried)

    async def rows(self, status: str | None = None) -> Sequence[Delivery]:
        query = select(Delivery).order_by(Delivery.created_at)
        if status is not None:
            query = query.where(Delivery.status == status)
        async with self.database.read() as session:
            return (await session.scalars(query)).all()

    async def row(self) -> Delivery:
        (row,) = await self.rows()
        return row


async def opened_outbox(database: Database, tenant: str = "acme") -> Outbox:
    await Tenants(database).add(tenant, "test")
    return Outbox(database, tenant=tenant)
