"""Where tenants are told of what has happened: endpoints, their secrets and their deliveries."""

import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from service.addresses import Network
from service.database import Database, Keep, keep_nothing
from service.deliveries import Status, mark_told, send_to, switch_off
from service.errors import ServiceError
from service.etags import check_match
from service.outbound import Refused, checked_url
from service.pages import Position, newest_first
from service.signing import new_secret
from service.tables import Attempt, Delivery, Endpoint, Tenant
from service.tenants import now_utc
from service.webhook_events import EndpointTried, TriedEndpoint

MAX_ENDPOINTS: Final = 10
"""Endpoints of one tenant."""
MAX_FORMER: Final = 5
"""Former secrets of one endpoint that messages are signed with too."""


class Endpoints:
    """What a tenant does with its endpoints, and sees of what is sent to them.

    Those of another tenant, as those that there are not, raise ServiceError `not_found`; URLs that
    nothing is sent to raise `invalid_request`. `if_match`: see `service.etags.check_match`,
    `keep`: `service.database.Keep`.
    """

    def __init__(
        self,
        database: Database,
        networks: Sequence[Network] = (),
        *,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._database, self._networks, self._clock = database, networks, clock

    async def add(
        self,
        tenant_id: str,
        url: str,
        events: Collection[str],
        keep: Keep[Endpoint] = keep_nothing,
    ) -> Endpoint:
        """A new endpoint with its secret; raises ServiceError `too_many` or `unauthorized`."""
        self._check(url)
        endpoint = Endpoint(
            id=uuid.uuid4().hex,
            tenant_id=tenant_id,
            url=url,
            events=sorted({*events}),
            secret=new_secret(),
            created_at=self._clock(),
        )
        async with self._database.write() as session:
            if await session.get(Tenant, tenant_id, with_for_update={"key_share": True}) is None:
                raise ServiceError("unauthorized", "the tenant is gone")
            query = select(func.count()).where(Endpoint.tenant_id == tenant_id)
            if (await session.scalar(query) or 0) >= MAX_ENDPOINTS:
                fault = f"a tenant may have {MAX_ENDPOINTS} endpoints, the limit"
                raise ServiceError("too_many", fault)
            session.add(endpoint)
            await keep(session, endpoint)
        return endpoint

    async def all(self, tenant_id: str) -> Sequence[Endpoint]:
        """The tenant's, the newest first."""
        query = select(Endpoint).where(Endpoint.tenant_id == tenant_id)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(Endpoint.created_at.desc(), Endpoint.id))
            return rows.all()

    async def get(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """One endpoint."""
        async with self._database.read() as session:
            return await _own(session, tenant_id, endpoint_id)

    async def change(
        self,
        tenant_id: str,
        endpoint_id: str,
        if_match: str | None,
        *,
        url: str | None = None,
        events: Collection[str] | None = None,
        enabled: bool | None = None,
    ) -> Endpoint:
        """Change what is not None; what waits for one that is switched off fails."""
        if url is not None:
            self._check(url)
        async with self._database.write() as session:
            endpoint = await _own(session, tenant_id, endpoint_id, change=True)
            check_match(if_match, endpoint.version)
            endpoint.version += 1
            if url is not None:
                endpoint.url, endpoint.failing_since = url, None
            if events is not None:
                endpoint.events = sorted({*events})
            if enabled and not endpoint.enabled:
                endpoint.disabled_at = endpoint.disabled_why = endpoint.failing_since = None
            if enabled is False and endpoint.enabled:
                await switch_off(session, endpoint, "its owner switched it off", self._clock())
        return endpoint

    async def remove(self, tenant_id: str, endpoint_id: str, if_match: str | None) -> None:
        """Erase an endpoint and its deliveries."""
        async with self._database.write() as session:
            endpoint = await _own(session, tenant_id, endpoint_id, change=True)
            check_match(if_match, endpoint.version)
            await session.delete(endpoint)

    async def rotate(
        self,
        tenant_id: str,
        endpoint_id: str,
        *,
        overlap_s: float,
        keep: Keep[Endpoint] = keep_nothing,
    ) -> Endpoint:
        """Another secret; for `overlap_s` seconds messages are signed with the one before too.

        So they are with those before it, where their own time is not over sooner.
        """
        now_s = self._clock().timestamp()
        until_s = now_s + overlap_s
        async with self._database.write() as session:
            endpoint = await _own(session, tenant_id, endpoint_id, change=True)
            former = [
                {**one, "until_s": min(one["until_s"], until_s)}
                for one in endpoint.former_secrets
                if one["until_s"] > now_s
            ]
            last = {"secret": endpoint.secret, "until_s": until_s}
            endpoint.former_secrets = [last, *former][:MAX_FORMER]
            endpoint.secret = new_secret()
            endpoint.version += 1
            await keep(session, endpoint)
        return endpoint

    async def test(
        self, tenant_id: str, endpoint_id: str, keep: Keep[Delivery] = keep_nothing
    ) -> Delivery:
        """Send it a `test`; raises ServiceError `switched_off`."""
        now = self._clock()
        event = EndpointTried(timestamp=now, data=TriedEndpoint(endpoint_id=endpoint_id))
        async with self._database.write() as session:
            endpoint = await _switched_on(session, tenant_id, endpoint_id)
            delivery = send_to(session, endpoint, None, event, now)
            await keep(session, delivery)
        return delivery

    async def deliveries(
        self,
        tenant_id: str,
        endpoint_id: str,
        status: Status | None,
        before: Position | None,
        limit: int,
    ) -> Sequence[Delivery]:
        """So many of its deliveries, the newest first, from behind a position on.

        They come without their bodies.
        """
        query = (
            select(Delivery)
            .where(Delivery.endpoint_id == endpoint_id)
            .options(defer(Delivery.body))
        )
        if status is not None:
            query = query.where(Delivery.status == status)
        query = newest_first(query, Delivery.created_at, Delivery.id, before, limit)
        async with self._database.read() as session:
            await _own(session, tenant_id, endpoint_id)
            return (await session.scalars(query)).all()

    async def delivery(
        self, tenant_id: str, endpoint_id: str, delivery_id: str
    ) -> tuple[Delivery, Sequence[Attempt]]:
        """One delivery, and its attempts in order."""
        query = select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number)
        async with self._database.read() as session:
            await _own(session, tenant_id, endpoint_id)
            found = await _delivery(session, endpoint_id, delivery_id)
            return found, (await session.scalars(query)).all()

    async def redeliver(
        self,
        tenant_id: str,
        endpoint_id: str,
        delivery_id: str,
        keep: Keep[Delivery] = keep_nothing,
    ) -> Delivery:
        """Let it be due at once, whatever became of it; raises ServiceError `switched_off`.

        One that is under way just now stays as it is.
        """
        now = self._clock()
        async with self._database.write() as session:
            await _switched_on(session, tenant_id, endpoint_id)
            found = await _delivery(session, endpoint_id, delivery_id, change=True)
            if not await _under_way(session, found, now):
                found.status, found.next_at = "pending", now
                mark_told(session)
            await keep(session, found)
        return found

    def _check(self, url: str) -> None:
        try:
            checked_url(url, self._networks)
        except Refused as error:
            raise ServiceError("invalid_request", str(error), field="url") from error


async def _own(
    session: AsyncSession, tenant_id: str, endpoint_id: str, *, change: bool = False
) -> Endpoint:
    endpoint = await session.get(Endpoint, endpoint_id, with_for_update=change or None)
    if endpoint is None or endpoint.tenant_id != tenant_id:
        raise ServiceError("not_found", f"there is no endpoint {endpoint_id}")
    return endpoint


async def _switched_on(session: AsyncSession, tenant_id: str, endpoint_id: str) -> Endpoint:
    endpoint = await _own(session, tenant_id, endpoint_id, change=True)
    if not endpoint.enabled:
        raise ServiceError("switched_off", "the endpoint is switched off: enable it first")
    return endpoint


async def _delivery(
    session: AsyncSession, endpoint_id: str, delivery_id: str, *, change: bool = False
) -> Delivery:
    delivery = await session.get(Delivery, delivery_id, with_for_update=change or None)
    if delivery is None or delivery.endpoint_id != endpoint_id:
        raise ServiceError("not_found", f"there is no delivery {delivery_id}")
    return delivery


async def _under_way(session: AsyncSession, delivery: Delivery, now: datetime) -> bool:
    """Whether somebody has claimed it, and still has time to record what came of it."""
    if delivery.status != "pending" or delivery.next_at is None or delivery.next_at <= now:
        return False
    last = await session.get(Attempt, (delivery.id, delivery.attempts))
    return last is not None and last.status_code is None and last.fault is None
