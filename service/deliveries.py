"""Webhooks on their way: told with what happened, claimed by who sends them, tried, recorded."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.database import Database
from service.retries import Outcome, next_try_s
from service.tables import Attempt, Delivery, Endpoint
from service.tenants import now_utc
from service.webhook_events import WebhookEvent

Status = Literal["pending", "delivered", "failed"]

LEASE_S: Final = 60.0
"""For whoever has claimed a delivery to try it and record that; then it is due again."""
KEPT_DAYS: Final = 30
"""How long deliveries and their attempts are kept."""
GIVE_UP_DAYS: Final = 5
"""An endpoint that has taken nothing for so long is switched off."""
MAX_FAULT_CHARS: Final = 500
_TOLD: Final = "told"


async def tell(
    session: AsyncSession,
    tenant_id: str,
    user_id: str | None,
    event: WebhookEvent,
    now: datetime,
) -> None:
    """Tell each endpoint of the tenant that asks for such events, if and only if it commits.

    `user_id`: whom it is about.
    """
    query = select(Endpoint).where(Endpoint.tenant_id == tenant_id, Endpoint.disabled_at.is_(None))
    # Shared, so that one that is being switched off is so before or after this.
    query = query.order_by(Endpoint.id).with_for_update(read=True)
    for endpoint in await session.scalars(query):
        if event.type in endpoint.events:
            send_to(session, endpoint, user_id, event, now)


def send_to(
    session: AsyncSession,
    endpoint: Endpoint,
    user_id: str | None,
    event: WebhookEvent,
    now: datetime,
) -> Delivery:
    """Tell one endpoint, whatever it asks for."""
    delivery = Delivery(
        id=f"msg_{uuid.uuid4().hex}",
        tenant_id=endpoint.tenant_id,
        endpoint_id=endpoint.id,
        user_id=user_id,
        event=event.type,
        body=event.model_dump_json(),
        created_at=now,
        status="pending",
        attempts=0,
        next_at=now,
    )
    session.add(delivery)
    mark_told(session)
    return delivery


def mark_told(session: AsyncSession) -> None:
    """Something is due once this transaction is committed."""
    session.info[_TOLD] = True


def was_told(info: Mapping[Any, Any]) -> bool:
    """Whether the session with this `info` has made something due."""
    return _TOLD in info


async def switch_off(session: AsyncSession, endpoint: Endpoint, why: str, now: datetime) -> None:
    """Send nothing more to a locked endpoint; what waits for it fails."""
    endpoint.disabled_at, endpoint.disabled_why = now, why
    waiting = (Delivery.endpoint_id == endpoint.id, Delivery.status == "pending")
    await session.execute(update(Delivery).where(*waiting).values(status="failed", next_at=None))


async def forget_deliveries(database: Database, clock: Callable[[], datetime] = now_utc) -> None:
    """Erase deliveries that are older than `KEPT_DAYS`, and their attempts."""
    old = Delivery.created_at < clock() - timedelta(days=KEPT_DAYS)
    await database.erase(Delivery, old)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to try, until the lease runs out."""

    id: str
    tenant_id: str
    endpoint_id: str
    url: str
    secrets: tuple[str, ...]
    """Those that are valid, the newest first."""
    body: bytes
    attempt: int
    """1 at the first try; a later one of somebody else's has a higher number."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try."""

    outcome: Outcome
    seconds: float | None = None
    status_code: int | None = None
    fault: str | None = None
    """Why there was no answer."""
    excerpt: str | None = None
    retry_after_s: float | None = None


class Deliveries:
    """What senders, in one process or several, do with the rows of deliveries.

    Where an endpoint and a delivery are both changed the endpoint is locked first.
    """

    def __init__(
        self,
        database: Database,
        *,
        lease_s: float = LEASE_S,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.database, self._clock = database, clock
        self._lease = timedelta(seconds=lease_s)

    async def claim(
        self, busy_endpoints: Collection[str] = (), busy_tenants: Collection[str] = ()
    ) -> Claimed | None:
        """Take on what has been due for longest, but for these; None: nothing else is due."""
        now = self._clock()
        free = Delivery.endpoint_id.not_in(busy_endpoints), Delivery.tenant_id.not_in(busy_tenants)
        query = (
            select(Delivery)
            .where(*_due(now), *free)
            .order_by(Delivery.next_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self.database.write() as session:
            delivery = await session.scalar(query)
            if delivery is None:
                return None
            endpoint = await session.get_one(Endpoint, delivery.endpoint_id)
            delivery.attempts += 1
            delivery.next_at = now + self._lease
            attempt = Attempt(delivery_id=delivery.id, number=delivery.attempts, at=now)
            session.add(attempt)
        return Claimed(
            id=delivery.id,
            tenant_id=delivery.tenant_id,
            endpoint_id=endpoint.id,
            url=endpoint.url,
            secrets=_secrets(endpoint, now),
            body=delivery.body.encode(),
            attempt=attempt.number,
        )

    async def record(self, claimed: Claimed, tried: Tried) -> str | None:
        """Keep what came of a try; says why its endpoint was switched off, where it was."""
        async with self.database.write() as session:
            endpoint, delivery = await _locked(session, claimed)
            if endpoint is None or delivery is None:
                return None  # erased meanwhile
            attempt = await session.get_one(Attempt, (claimed.id, claimed.attempt))
            attempt.seconds, attempt.status_code = tried.seconds, tried.status_code
            attempt.fault = tried.fault and _kept(tried.fault)
            attempt.excerpt = tried.excerpt
            if tried.outcome == Outcome.DELIVERED:
                delivery.status, delivery.next_at = "delivered", None
                endpoint.failing_since = None
                return None
            if delivery.attempts != claimed.attempt or delivery.status != "pending":
                return None  # somebody else tries it by now, or it is given up
            return await self._failed(session, endpoint, delivery, tried)

    async def give_back(self, claimed: Claimed) -> None:
        """Let it be due at once: its try was cut off."""
        async with self.database.write() as session:
            _, delivery = await _locked(session, claimed)
            if delivery is None or delivery.status != "pending":
                return
            attempt = await session.get_one(Attempt, (claimed.id, claimed.attempt))
            attempt.fault = "the server was stopped before an answer came"
            if delivery.attempts == claimed.attempt:
                delivery.next_at = self._clock()

    async def pending(self) -> int:
        """How many of anybody's are not delivered yet, and not given up."""
        async with self.database.read() as session:
            query = select(func.count()).where(Delivery.status == "pending")
            return await session.scalar(query) or 0

    async def _failed(
        self, session: AsyncSession, endpoint: Endpoint, delivery: Delivery, tried: Tried
    ) -> str | None:
        now = self._clock()
        endpoint.failing_since = endpoint.failing_since or now
        wait_s = next_try_s(delivery.attempts, delivery.id, retry_after_s=tried.retry_after_s)
        why = None
        if tried.outcome == Outcome.GONE:
            why = "it answered 410: nobody listens there any more"
        elif wait_s is None and now - endpoint.failing_since >= timedelta(days=GIVE_UP_DAYS):
            why = f"it took nothing for {GIVE_UP_DAYS} days"
        if wait_s is None or why is not None:
            delivery.status, delivery.next_at = "failed", None
        else:
            delivery.next_at = now + timedelta(seconds=wait_s)
        if why is not None:
            endpoint.version += 1
            await switch_off(session, endpoint, why, now)
        return why


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Delivery.status == "pending", Delivery.next_at <= now


async def _locked(
    session: AsyncSession, claimed: Claimed
) -> tuple[Endpoint | None, Delivery | None]:
    endpoint = await session.get(Endpoint, claimed.endpoint_id, with_for_update=True)
    return endpoint, await session.get(Delivery, claimed.id, with_for_update=True)


def _secrets(endpoint: Endpoint, now: datetime) -> tuple[str, ...]:
    now_s = now.timestamp()
    former = (one["secret"] for one in endpoint.former_secrets if one["until_s"] > now_s)
    return endpoint.secret, *former


def _kept(fault: str) -> str:
    """As the column takes it: PostgreSQL keeps no NUL."""
    return fault[:MAX_FAULT_CHARS].replace("\0", "\N{REPLACEMENT CHARACTER}")
