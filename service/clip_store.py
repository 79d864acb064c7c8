"""Clips as they are kept: from the first byte of an upload to the result, and who works on one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, undefer

from blazereps_client.messages import Subject
from blazereps_client.results import ClipResult, Document
from service.auth import Caller
from service.database import Database, Keep, Turn, keep_nothing, take_turn
from service.errors import Problem, ServiceError
from service.pages import Position, newest_first
from service.quotas import take_clip
from service.receipts import SETTLE, was_erased
from service.tables import Clip, Tenant, Workout
from service.tenants import now_utc

Status = Literal["uploading", "queued", "running", "succeeded", "failed", "cancelled"]
UNFINISHED: Final[tuple[Status, ...]] = ("uploading", "queued", "running")

_ABANDONED: Final = (Clip.status == "cancelled") & Clip.upload_expires_at.is_not(None)
"""Clips that were given up and are not erased yet: nobody sees them."""
_UPLOADS: Final = or_(Clip.status == "uploading", _ABANDONED)

After = Callable[[AsyncSession, Clip, ClipResult | None], Awaitable[None]]
"""What is kept together with a clip's end, in the same transaction; None: it has failed."""


class Wanted(Document):
    """How a clip is to be counted."""

    exercise: str = Field(examples=["auto"])
    unknown: bool = Field(
        default=False,
        description="Whether repeated movement that is no known exercise is counted",
        examples=[False],
    )
    fps: float = Field(description="Frames a second taken at most", examples=[15])
    adaptive: bool = Field(
        default=True,
        description="Whether fewer frames are taken while the person hardly moves",
        examples=[True],
    )
    subject: Subject | None = Field(
        default=None, description="Whom to count: at a point, or in a box"
    )
    landmarks: bool = Field(
        default=False, description="Whether the landmarks of each frame are kept", examples=[False]
    )


class Lost(RuntimeError):
    """Somebody else has taken the clip on, or it was cancelled or erased."""


class ClipStore:
    """Rows of clips; every change of what a reader sees makes `version` one more.

    `lease_s`: how long whoever works on a clip may be silent before another takes it on.
    """

    def __init__(
        self, database: Database, *, lease_s: float, clock: Callable[[], datetime] = now_utc
    ) -> None:
        self._database, self._clock = database, clock
        self._lease = timedelta(seconds=lease_s)

    async def begin(
        self,
        clip: Clip,
        *,
        max_waiting: int,
        max_of_tenant: int,
        max_of_user: int | None = None,
        quota: int | None = None,
    ) -> None:
        """Keep a new clip whose upload begins.

        `quota`: clips that its key may upload on a day; None: as many as one likes, and so of
        `max_of_user`. Raises ServiceError `queue_full` where so many are uploaded or wait, of all
        tenants, of this one or of its user, `quota_exceeded` where the day's are used up, and
        `gone` where its user was erased since the request came; what is refused uses up nothing.
        """
        theirs = Clip.tenant_id == clip.tenant_id
        his = theirs & (Clip.user_id == clip.user_id)
        of_both = func.count().filter(his), func.count().filter(theirs)
        waiting = select(*of_both, func.count()).where(Clip.status.in_(("uploading", "queued")))
        async with self._database.write() as session:
            if await session.get(Tenant, clip.tenant_id) is None:
                raise ServiceError("unauthorized", "the tenant is gone")
            if await was_erased(session, clip.tenant_id, clip.user_id, since=clip.created_at):
                raise ServiceError("gone", "the user was erased after the upload had begun")
            if quota is not None:
                await take_clip(session, clip.key_id, clip.created_at, quota)
            await take_turn(session, Turn.QUEUE)  # last, for whoever has it to wait for nobody
            of_user, of_tenant, in_all = (await session.execute(waiting)).one()
            if max_of_user is not None and of_user >= max_of_user:
                raise _full(f"{max_of_user} clips of the user's are waiting, the limit")
            if of_tenant >= max_of_tenant:
                raise _full(f"{max_of_tenant} clips of the tenant's are waiting, the limit")
            if in_all >= max_waiting:
                raise _full(f"{max_waiting} clips are waiting, the limit")
            session.add(clip)

    async def get(self, caller: Caller, clip_id: str) -> Clip:
        """A clip of the caller's with its result; raises ServiceError `not_found`."""
        query = (
            select(Clip)
            .where(Clip.id == clip_id, *caller.sees(Clip), ~_ABANDONED)
            .options(undefer(Clip.result))
        )
        async with self._database.read() as session:
            clip = await session.scalar(query)
        if clip is None:
            raise ServiceError("not_found", f"there is no clip {clip_id}")
        return clip

    async def find(self, clip_id: str) -> Clip | None:
        """A clip of anybody's, without its result."""
        async with self._database.read() as session:
            return await session.get(Clip, clip_id)

    async def page(
        self,
        caller: Caller,
        before: Position | None,
        limit: int,
        *where: ColumnElement[bool],
    ) -> Sequence[Clip]:
        """So many clips of the caller's, without their results, the newest first."""
        query = select(Clip).where(*caller.sees(Clip), ~_ABANDONED, *where)
        query = newest_first(query, Clip.created_at, Clip.id, before, limit)
        async with self._database.read() as session:
            return [*await session.scalars(query)]

    async def receive(self, clip_id: str, received: int, expires_at: datetime) -> None:
        """So many bytes lie in the storage, and the upload expires then from now on.

        Raises Lost where it is over or given up.
        """
        now = {"received": received, "upload_expires_at": expires_at}
        await self._change(clip_id, Clip.status == "uploading", **now)

    async def announce(self, clip_id: str, length: int) -> None:
        """So many bytes it will have, said after its upload began; raises Lost as `receive` does,
        and where another length was said or more is stored.
        """
        said = or_(Clip.length == length, Clip.length.is_(None) & (Clip.received <= length))
        await self._change(clip_id, Clip.status == "uploading", said, length=length)

    async def complete(self, clip_id: str, keep: Keep[Clip] = keep_nothing) -> Clip:
        """All of it lies in the storage: it waits to be counted. Raises Lost as `receive` does."""
        async with self._database.write() as session:
            clip = await _changed(
                session,
                clip_id,
                Clip.status == "uploading",
                status="queued",
                received=func.coalesce(Clip.length, Clip.received),
                upload_expires_at=None,
            )
            await keep(session, clip)
        return clip

    async def cancel(self, caller: Caller, clip_id: str) -> Clip:
        """Nobody works on it any more; a clip that is done with stays as it is. As `get` raises."""
        await self.get(caller, clip_id)
        await self._cancel(clip_id, Clip.status.in_(UNFINISHED), upload_expires_at=None)
        return await self.get(caller, clip_id)

    async def give_up(self, clip_id: str) -> bool:
        """Cancel a clip so that it is `late` once nobody can be writing of it any more.

        Whether anybody can: it is not done with, or it was cancelled before.
        """
        settled = self._clock() + SETTLE
        written = Clip.status.in_((*UNFINISHED, "cancelled"))
        return await self._cancel(clip_id, written, upload_expires_at=settled)

    async def abandon(self, clip_id: str) -> bool:
        """Cancel an upload so that it is `late` until it is forgotten: whether it is one."""
        return await self._cancel(clip_id, _UPLOADS)

    async def late(self, limit: int, besides: Sequence[str] = ()) -> Sequence[str]:
        """The ids of uploads that were not finished in time, the oldest first, but for these.

        Also of clips that were given up so long ago that nobody writes of them.
        """
        late = Clip.upload_expires_at <= self._clock(), Clip.id.not_in(besides)
        query = select(Clip.id).where(*late, _UPLOADS).order_by(Clip.upload_expires_at)
        async with self._database.read() as session:
            return [*await session.scalars(query.limit(limit))]

    async def forget(self, clip_id: str) -> None:
        """Erase its row, and its workout."""
        async with self._database.write() as session:
            await session.execute(delete(Clip).where(Clip.id == clip_id))
            await session.execute(delete(Workout).where(Workout.id == clip_id))

    async def claim(self) -> Clip | None:
        """Take on the clip that has waited longest, of those whose tenant has the fewest running.

        Also one that somebody took on and was silent about for too long. It comes with its
        checkpoint, under an epoch of its own, and this counts as an attempt.
        """
        now, running = self._clock(), aliased(Clip)
        theirs = (
            select(func.count())
            .where(running.status == "running", running.tenant_id == Clip.tenant_id)
            .scalar_subquery()
        )
        due = or_(Clip.leased_until.is_(None), Clip.leased_until < now)
        query = (
            select(Clip)
            .where(Clip.status.in_(("queued", "running")), due)
            .order_by(theirs, Clip.created_at, Clip.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .options(undefer(Clip.checkpoint))
        )
        async with self._database.write() as session:
            clip = await session.scalar(query)
            if clip is not None:
                clip.status = "running"
                clip.attempts += 1
                clip.epoch += 1
                clip.version += 1
                clip.leased_until = now + self._lease
        return clip

    async def renew(self, clip: Clip, progress: float, checkpoint: str | None = None) -> None:
        """Still at work, so far; raises Lost. Progress never goes backwards.

        With a checkpoint, what ended earlier attempts lies behind it: this one is the first again.
        """
        more = {} if checkpoint is None else {"checkpoint": checkpoint, "attempts": 1}
        farther = case((Clip.progress < progress, progress), else_=Clip.progress)
        await self._change(
            clip.id,
            *_mine(clip),
            progress=farther,
            leased_until=self._clock() + self._lease,
            **more,
        )

    async def succeed(
        self, clip: Clip, result: ClipResult, landmarks_bytes: int | None, after: After
    ) -> Clip:
        """It is counted; raises Lost. `after`: what is kept with that."""
        return await self._finish(
            clip,
            after,
            result,
            status="succeeded",
            progress=1.0,
            landmarks_bytes=landmarks_bytes,
        )

    async def fail(self, clip: Clip, problem: Problem, after: After) -> Clip:
        """It cannot be counted; raises Lost. `after`: what is kept with that."""
        error = problem.model_dump(mode="json", exclude_none=True)
        return await self._finish(clip, after, None, status="failed", error=error)

    async def give_back(self, clip: Clip, wait_s: float = 0.0) -> None:
        """As `put_off`, and this was no attempt."""
        await self.put_off(clip, wait_s, attempts=Clip.attempts - 1)

    async def put_off(self, clip: Clip, wait_s: float, **values: Any) -> None:
        """Let somebody go on from the last checkpoint after so many seconds; raises Lost."""
        until = self._clock() + timedelta(seconds=wait_s) if wait_s else None
        await self._change(clip.id, *_mine(clip), status="queued", leased_until=until, **values)

    async def number(self, *statuses: Status) -> int:
        """How many clips of anybody's have one of these."""
        async with self._database.read() as session:
            query = select(func.count()).where(Clip.status.in_(statuses))
            return await session.scalar(query) or 0

    async def _finish(
        self, clip: Clip, after: After, result: ClipResult | None, **values: Any
    ) -> Clip:
        now = self._clock()
        async with self._database.write() as session:
            done = await _changed(
                session,
                clip.id,
                *_mine(clip),
                finished_at=now,
                leased_until=None,
                checkpoint=None,
                result=result and result.model_dump(mode="json"),
                **values,
            )
            await after(session, done, result)
        return done

    async def _cancel(self, clip_id: str, *where: ColumnElement[bool], **values: Any) -> bool:
        ended = {"status": "cancelled", "epoch": Clip.epoch + 1, "finished_at": self._clock()}
        work = {"leased_until": None, "checkpoint": None}
        try:
            await self._change(clip_id, *where, **ended, **work, **values)
        except Lost:
            return False
        return True

    async def _change(self, clip_id: str, *where: ColumnElement[bool], **values: Any) -> Clip:
        async with self._database.write() as session:
            return await _changed(session, clip_id, *where, **values)


async def _changed(
    session: AsyncSession, clip_id: str, *where: ColumnElement[bool], **values: Any
) -> Clip:
    change = (
        update(Clip)
        .where(Clip.id == clip_id, *where)
        .values(version=Clip.version + 1, **values)
        .returning(Clip)
    )
    clip = await session.scalar(change, execution_options={"populate_existing": True})
    if clip is None:
        raise Lost(f"clip {clip_id} is somebody else's, cancelled or erased")
    return clip


def _full(limit: str) -> ServiceError:
    return ServiceError("queue_full", limit, retry_after_s=10)


def _mine(clip: Clip) -> tuple[ColumnElement[bool], ...]:
    return Clip.status == "running", Clip.epoch == clip.epoch
