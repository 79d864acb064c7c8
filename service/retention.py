"""For how long what is kept is kept: what is due is erased, by each tenant's own days."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from service.clip_erasure import AT_ONCE, erase_each
from service.clip_media import landmarks_of, media_of, video_of
from service.database import Database
from service.janitor import Chore
from service.receipts import SETTLE
from service.settings import Settings
from service.storage import Storage
from service.tables import Clip, Tenant, Workout
from service.tenants import now_utc


class Retention:
    """Erases what is due; harmless if several do it at once.

    Media goes before its row says so: whoever is killed between erases it again.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        settings: Settings,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._database, self._storage = database, storage
        self._settings, self._clock = settings, clock

    @property
    def chores(self) -> dict[str, Chore]:
        """All of it, by name."""
        return {
            "videos": self.erase_videos,
            "landmarks": self.erase_landmarks,
            "results": self.erase_results,
        }

    async def erase_videos(self) -> None:
        """The video of clips that are done with."""
        due = self._due(Tenant.video_days, Clip.finished_at, self._settings.video_days)
        await self._each_clip(self._erase_video, due, Clip.video_erased_at.is_(None))

    async def erase_landmarks(self) -> None:
        """The landmarks of clips."""
        due = self._due(Tenant.landmarks_days, Clip.finished_at, self._settings.landmarks_days)
        await self._each_clip(self._erase_landmarks, due, Clip.landmarks_bytes.is_not(None))

    async def erase_results(self) -> None:
        """Workouts, and clips with their results and all of their media."""
        days = self._settings.results_days
        async for due in self._due(Tenant.results_days, Workout.created_at, days):
            await self._database.erase(Workout, due)
        clips = self._due(Tenant.results_days, Clip.finished_at, days)
        await self._each_clip(self._erase_clip, clips)

    async def _due(
        self,
        days: InstrumentedAttribute[float | None],
        since: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
        default: float,
    ) -> AsyncIterator[ColumnElement[bool]]:
        """What is older than its tenant wants, once for each number of days that tenants want.

        Nothing that was just done with: who worked on it may still be writing.
        """
        async with self._database.read() as session:
            wanted = [*await session.scalars(select(days).distinct())]
        for own in wanted:
            tenants = select(Tenant.id).where(days.is_not_distinct_from(own))
            age = max(timedelta(days=default if own is None else own), SETTLE)
            yield since.class_.tenant_id.in_(tenants) & (since <= self._clock() - age)

    async def _each_clip(
        self,
        erase: Callable[[str], Awaitable[None]],
        due: AsyncIterator[ColumnElement[bool]],
        *where: ColumnElement[bool],
    ) -> None:
        """Of all tenants; then it raises as `erase_each`."""
        fault: OSError | None = None
        async for theirs in due:
            try:
                await erase_each(partial(self._batch, (theirs, *where)), erase)
            except OSError as error:
                fault = error
        if fault is not None:
            raise fault

    async def _batch(
        self, where: Sequence[ColumnElement[bool]], besides: Sequence[str]
    ) -> Sequence[str]:
        query = select(Clip.id).where(*where).limit(AT_ONCE)
        if besides:
            query = query.where(Clip.id.not_in(besides))
        async with self._database.read() as session:
            return [*await session.scalars(query)]

    async def _erase_video(self, clip_id: str) -> None:
        """With landmarks that nobody can get: a try that came to nothing may have kept some."""
        landmarks = select(Clip.landmarks_bytes).where(Clip.id == clip_id)
        async with self._database.read() as session:
            kept = await session.scalar(landmarks)
        await self._storage.erase(media_of(clip_id) if kept is None else video_of(clip_id))
        await self._note(clip_id, video_erased_at=self._clock())

    async def _erase_landmarks(self, clip_id: str) -> None:
        await self._storage.erase(landmarks_of(clip_id))
        await self._note(clip_id, landmarks_bytes=None)

    async def _erase_clip(self, clip_id: str) -> None:
        await self._storage.erase(media_of(clip_id))
        async with self._database.write() as session:
            await session.execute(delete(Clip).where(Clip.id == clip_id))

    async def _note(self, clip_id: str, **values: datetime | None) -> None:
        change = update(Clip).where(Clip.id == clip_id)
        async with self._database.write() as session:
            await session.execute(change.values(version=Clip.version + 1, **values))
