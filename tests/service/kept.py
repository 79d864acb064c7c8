"""What is kept of end users, for tests that erase it: rows, media and live sessions."""

import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from obstore.store import LocalStore
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.clip_media import landmarks_of, video_of
from service.database import Database
from service.kept_workout import keep
from service.sessions import SqliteSessions
from service.storage import Storage
from service.tables import Answered, Clip, Delivery, Endpoint, Table, Tenant, Workout, WorkoutSet
from tests.service.clocks import NOON
from tests.service.tallies import SQUATS


class FailingStorage(Storage):
    """It is away."""

    __slots__ = ()

    async def erase(self, prefix: str) -> int:
        raise OSError(f"the store is away: {prefix} stays")


class World:
    """One clock for all of it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.now = database, NOON
        self.folder = folder / "media"
        self.folder.mkdir()
        self.storage = Storage(LocalStore(self.folder))
        self.sessions = SqliteSessions(
            folder / "sessions.db", keep_s=300, most=100, clock=self.now_s
        )

    def clock(self) -> datetime:
        return self.now

    def now_s(self) -> float:
        return self.now.timestamp()

    async def tenant(self, name: str, **days: float) -> None:
        endpoint = Endpoint(id=f"to-{name}", tenant_id=name, url="", events=[], secret="")
        endpoint.created_at = self.now
        async with self.database.write() as session:
            session.add(Tenant(id=name, created_at=self.now, **days))
            await session.flush()
            session.add(endpoint)

    async def clip(
        self, tenant: str, user: str | None, status: str = "succeeded", **more: Any
    ) -> str:
        """One with its video and landmarks."""
        clip_id = uuid.uuid4().hex
        done = status not in ("uploading", "queued", "running")
        fields = {
            "name": "clip.mp4",
            "key_id": "k",
            "wanted": {},
            "created_at": self.now,
            "finished_at": self.now if done else None,
            "landmarks_bytes": 9 if done else None,
        }
        clip = Clip(id=clip_id, tenant_id=tenant, user_id=user, status=status, **fields | more)
        async with self.database.write() as session:
            session.add(clip)
        for prefix in (video_of(clip_id), landmarks_of(clip_id)):
            await self.storage.append(prefix, 0, _bytes(), 100)
        return clip_id

    async def everything(self, tenant: str, user: str) -> str:
        """One of each; the id of the clip."""
        async with self.database.write() as session:
            await self.keep(session, tenant, user)
            session.add(self._delivery(tenant, user))
            answered = Answered(tenant_id=tenant, user_id=user, key="k", fingerprint="f")
            answered.holder, answered.created_at, answered.leased_until = "h", self.now, self.now
            session.add(answered)
        self.sessions.begin(f"{tenant}-{user}", "token", f"{tenant}/{user}", "{}")
        return await self.clip(tenant, user)

    async def keep(self, session: AsyncSession, tenant: str, user: str) -> None:
        """A workout."""
        await keep(
            session,
            workout_id=f"{tenant}-{user}",
            tenant_id=tenant,
            user_id=user,
            source="live",
            started_at=self.now,
            duration_s=90,
            tally=SQUATS,
            now=self.now,
        )

    async def tell(self, session: AsyncSession, tenant: str, user: str) -> None:
        """The tenant's endpoint, of something about the user."""
        await session.get_one(Endpoint, f"to-{tenant}", with_for_update={"read": True})
        session.add(self._delivery(tenant, user))

    async def rows(self, *tables: type[Table]) -> list[int]:
        """How many there are of each."""
        async with self.database.read() as session:
            queries = (select(func.count()).select_from(table) for table in tables)
            return [await session.scalar(query) or 0 for query in queries]

    async def of_users(self) -> list[int]:
        return await self.rows(Workout, WorkoutSet, Clip, Delivery, Answered)

    def files(self) -> list[str]:
        """Whose media lies in the folder."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*"))
        return sorted(str(path.parent) for path in found if path.name.isdigit())

    def _delivery(self, tenant: str, user: str) -> Delivery:
        return Delivery(
            id=f"{tenant}-{user}",
            tenant_id=tenant,
            endpoint_id=f"to-{tenant}",
            user_id=user,
            event="workout.ended",
            body="{}",
            created_at=self.now,
            status="pending",
            attempts=0,
            next_at=self.now,
        )

    def pass_time(self, **delta: float) -> None:
        self.now += timedelta(**delta)


async def _bytes() -> AsyncIterator[bytes]:
    yield b"media"
