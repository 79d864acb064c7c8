"""Tenants and their keys: who may call, and what; every act is written down."""

import hashlib
import re
import secrets
import uuid
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from service.database import Database, Keep, Turn, keep_nothing, take_turn
from service.errors import ServiceError
from service.pages import Position, newest_first
from service.receipts import request_erasure
from service.tables import Act, Endpoint, FormerKey, Key, Tenant

Scope = Literal["count", "read", "write", "tokens", "webhooks", "metrics", "admin"]
"""What a key is good for: `count` sends media, `read` and `write` concern clips and workouts,
`tokens` makes tokens for end users, `admin` keeps tenants and keys."""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
LOCAL: Final = "local"
"""The tenant where there are no keys."""
KEY_PREFIX: Final = "br_"
TENANT_NAME: Final = "^[a-z0-9][a-z0-9-]{0,62}$"
"""No `/` in it: what stands before one is the tenant, and behind it the end user."""
PRINTABLE: Final = r"^[^\x00-\x1f\x7f-\x9f]+$"
"""Names that others give: PostgreSQL takes no NUL, a log has lines, a terminal obeys C1 too."""
MAX_KEYS: Final = 100
"""Keys of one tenant."""


def new_key() -> str:
    """A key to give to somebody; only its digest is kept."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """The SHA-256 in hex by which a key is found: keys are random and need no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def now_utc() -> datetime:
    """The clock of what is kept."""
    return datetime.now(UTC)


class Tenants:
    """What the database says of tenants and keys.

    `actor` says who acts: `key:<id>`, or `command` for the command line. What concerns a tenant or
    key that there is not raises ServiceError `not_found`. `keep`: see `service.database.Keep`.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = now_utc) -> None:
        self._database, self._clock = database, clock

    async def add(
        self,
        tenant_id: str,
        actor: str,
        keep: Keep[Tenant] = keep_nothing,
        **days: float | None,
    ) -> Tenant:
        """A new tenant; `days`: how long what is kept.

        Raises ServiceError `already_exists`, or `invalid_request` where the name is none.
        """
        if not re.fullmatch(TENANT_NAME, tenant_id):
            fault = "a tenant's name has 1 to 63 of a-z, 0-9 and -, and does not begin with -"
            raise ServiceError("invalid_request", fault, field="id")
        tenant = Tenant(id=tenant_id, created_at=self._clock(), **days)
        try:
            async with self._database.write() as session:
                session.add(tenant)
                session.add(self._act(actor, "tenant.added", tenant_id, tenant_id, **days))
                await keep(session, tenant)
        except IntegrityError:
            fault = f"there is a tenant {tenant_id} already"
            raise ServiceError("already_exists", fault, field="id") from None
        return tenant

    async def ensure_local(self) -> None:
        """The tenant of a server without keys."""
        async with self._database.write() as session:
            await take_turn(session, Turn.LOCAL)  # of servers that start together
            if await session.get(Tenant, LOCAL) is None:
                session.add(Tenant(id=LOCAL, created_at=self._clock()))

    async def get(self, tenant_id: str) -> Tenant:
        """One tenant."""
        async with self._database.read() as session:
            return await _demand(session, tenant_id)

    async def after(self, last_id: str, limit: int) -> list[Tenant]:
        """So many tenants by id, from behind that one on."""
        query = select(Tenant).where(Tenant.id > last_id).order_by(Tenant.id).limit(limit)
        async with self._database.read() as session:
            return [*await session.scalars(query)]

    async def change(self, tenant_id: str, actor: str, **days: float | None) -> Tenant:
        """Keep what is kept for so many days from now on; None: as the settings say."""
        async with self._database.write() as session:
            tenant = await _demand(session, tenant_id, lock=True)
            for name, value in days.items():
                setattr(tenant, name, value)
            session.add(self._act(actor, "tenant.changed", tenant_id, tenant_id, **days))
        return tenant

    async def remove(self, tenant_id: str, actor: str) -> None:
        """Erase a tenant with its keys and all that the database has of it.

        Its media is erased by a server, see `service.erasure`; the audit log names the receipt.
        """
        async with self._database.write() as session:
            receipt = await request_erasure(session, tenant_id, None, self._clock())
            # After the clips and before the tenant, in which order whoever ends a clip takes them.
            await session.execute(delete(Endpoint).where(Endpoint.tenant_id == tenant_id))
            await session.execute(delete(Tenant).where(Tenant.id == tenant_id))
            act = self._act(actor, "tenant.removed", tenant_id, tenant_id, receipt_id=receipt.id)
            session.add(act)

    async def add_key(
        self,
        tenant_id: str,
        actor: str,
        *,
        name: str,
        scopes: Collection[Scope],
        secret: str | None = None,
        expires_at: datetime | None = None,
        requests_per_minute: int | None = None,
        clips_per_day: int | None = None,
        keep: Keep[Key] = keep_nothing,
    ) -> tuple[Key, str]:
        """A new key, and what opens the door with it: told once. Raises ServiceError."""
        if expires_at is not None and expires_at <= self._clock():
            raise ServiceError("invalid_request", "expires_at: is over already", field="expires_at")
        secret = secret or new_key()
        key = Key(
            id=uuid.uuid4().hex,
            tenant_id=tenant_id,
            name=name,
            digest=digest_of(secret),
            scopes=[scope for scope in SCOPES if scope in scopes],
            requests_per_minute=requests_per_minute,
            clips_per_day=clips_per_day,
            created_at=self._clock(),
            expires_at=expires_at,
        )
        async with self._database.write() as session:
            await _demand(session, tenant_id, lock=True)
            await self._make_room(session, tenant_id)
            session.add(key)
            act = self._act(actor, "key.added", tenant_id, key.id, name=name, scopes=key.scopes)
            session.add(act)
            await keep(session, key)
        return key, secret

    async def keys(self, tenant_id: str) -> list[Key]:
        """Its keys that are not revoked, the newest first."""
        async with self._database.read() as session:
            await _demand(session, tenant_id)
            return [*await session.scalars(_live_keys(tenant_id).order_by(Key.created_at.desc()))]

    async def rotate(
        self,
        tenant_id: str,
        key_id: str,
        actor: str,
        *,
        overlap_s: float,
        keep: Keep[Key] = keep_nothing,
    ) -> tuple[Key, str]:
        """Another secret for a key, told once; the one before is good for `overlap_s` seconds.

        So are those before it, where their own time is not over sooner.
        """
        secret, now = new_key(), self._clock()
        until = now + timedelta(seconds=overlap_s)
        theirs, longer = FormerKey.key_id == key_id, FormerKey.until > until
        async with self._database.write() as session:
            key = await self._own(session, tenant_id, key_id)
            await session.execute(delete(FormerKey).where(theirs, FormerKey.until <= now))
            await session.execute(update(FormerKey).where(theirs, longer).values(until=until))
            session.add(FormerKey(digest=key.digest, key_id=key_id, until=until))
            key.digest = digest_of(secret)
            session.add(self._act(actor, "key.rotated", tenant_id, key_id, overlap_s=overlap_s))
            await keep(session, key)
        return key, secret

    async def revoke(self, tenant_id: str, key_id: str, actor: str) -> None:
        """Nobody comes in with it any more, nor with a token that it made."""
        async with self._database.write() as session:
            key = await self._own(session, tenant_id, key_id)
            key.revoked_at = self._clock()
            session.add(self._act(actor, "key.revoked", tenant_id, key_id))

    async def key_with(self, digest: str) -> Key | None:
        """The key that this digest opens the door with, now."""
        former = FormerKey.digest == digest, FormerKey.until > self._clock()
        by_former = select(FormerKey.key_id).where(*former).scalar_subquery()
        query = select(Key).where(or_(Key.digest == digest, Key.id == by_former))
        async with self._database.read() as session:
            key = await session.scalar(query)
        return key if key is not None and self._good(key) else None

    async def key(self, key_id: str) -> Key | None:
        """A key by its id, while it is good."""
        async with self._database.read() as session:
            key = await session.get(Key, key_id)
        return key if key is not None and self._good(key) else None

    async def any_key(self) -> bool:
        """Whether there ever was a key; without one there is a single user.

        One that has expired or was revoked counts: its end lets in nobody, least of all everybody.
        """
        async with self._database.read() as session:
            return await session.scalar(select(Key.id).limit(1)) is not None

    async def acts(self, tenant_id: str | None, before: Position | None, limit: int) -> list[Act]:
        """So many acts, the newest first, from behind a position on."""
        query = newest_first(select(Act), Act.at, Act.id, before, limit)
        if tenant_id is not None:
            query = query.where(Act.tenant_id == tenant_id)
        async with self._database.read() as session:
            return [*await session.scalars(query)]

    async def _own(self, session: AsyncSession, tenant_id: str, key_id: str) -> Key:
        key = await session.get(Key, key_id, with_for_update=True)
        if key is None or key.tenant_id != tenant_id or key.revoked_at is not None:
            raise ServiceError("not_found", f"tenant {tenant_id} has no key {key_id}")
        return key

    async def _make_room(self, session: AsyncSession, tenant_id: str) -> None:
        """For one more key; those that have expired give way."""
        keys = [*await session.scalars(_live_keys(tenant_id))]
        if len(keys) < MAX_KEYS:
            return
        expired = [key for key in keys if not self._good(key)]
        if not expired:
            raise ServiceError("too_many", f"a tenant may have {MAX_KEYS} keys, the limit")
        for key in expired:
            key.revoked_at = key.expires_at

    def _good(self, key: Key) -> bool:
        expired = key.expires_at is not None and key.expires_at <= self._clock()
        return key.revoked_at is None and not expired

    def _act(self, actor: str, act: str, tenant_id: str, target: str, **detail: Any) -> Act:
        return Act(
            id=uuid.uuid4().hex,
            at=self._clock(),
            tenant_id=tenant_id,
            actor=actor,
            act=act,
            target=target,
            detail=detail,
        )


def _live_keys(tenant_id: str) -> Any:
    return select(Key).where(Key.tenant_id == tenant_id, Key.revoked_at.is_(None))


async def _demand(session: AsyncSession, tenant_id: str, *, lock: bool = False) -> Tenant:
    how = {"key_share": True} if lock else None
    tenant = await session.get(Tenant, tenant_id, with_for_update=how)
    if tenant is None:
        raise ServiceError("not_found", f"there is no tenant {tenant_id}")
    return tenant
