"""Workouts as they are kept: what live sessions and clips came to, set by set."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from blazereps_client.results import Hold, Rep, RepSet, Tally
from classifiers.embedding import ANGLES
from service.auth import Caller
from service.database import Database, read_in_parts
from service.deliveries import tell
from service.errors import ServiceError
from service.etags import check_match
from service.pages import Position, newest_first
from service.statistics import Done, DoneSet
from service.tables import Workout, WorkoutSet
from service.tenants import now_utc
from service.webhook_events import EndedWorkout, WorkoutEnded

Source = Literal["live", "clip"]

MAX_SETS: Final = 100_000
"""Sets that statistics are made of."""
_DONE: Final = (
    WorkoutSet.exercise,
    WorkoutSet.started_at,
    WorkoutSet.reps,
    WorkoutSet.mean_rep_s,
    WorkoutSet.range_degrees,
    WorkoutSet.held_s,
)
"""The columns of a `DoneSet`, in its order."""
MAX_CORRECTIONS: Final = 100
"""Exercises of one workout that can be corrected."""


async def keep(
    session: AsyncSession,
    *,
    workout_id: str,
    tenant_id: str,
    user_id: str | None,
    source: Source,
    started_at: datetime,
    duration_s: float,
    tally: Tally,
    now: datetime,
    origin_s: float = 0.0,
) -> bool:
    """Keep what a session or clip came to, and tell of it, in the caller's transaction.

    `origin_s`: what the clock of the tally says at `started_at`. Whether it was not kept before:
    else nothing changes. The tenant must be there.
    """
    if await session.get(Workout, workout_id) is not None:
        return False
    workout = Workout(
        id=workout_id,
        tenant_id=tenant_id,
        user_id=user_id,
        source=source,
        started_at=started_at,
        duration_s=round(duration_s, 3),
        tally=tally.model_dump(mode="json"),
        counts=tally.counts,
        corrections={},
        created_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(workout)
    except IntegrityError:
        return False  # another transaction was faster
    session.add_all(_sets(workout, tally, origin_s))
    await tell(session, tenant_id, user_id, _event(workout_id, user_id, source, tally, now), now)
    return True


class WorkoutStore:
    """Rows of workouts; a caller sees its own, and what is another's is `not_found`."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = now_utc,
        *,
        max_sets: int = MAX_SETS,
    ) -> None:
        self._database, self._clock, self._max_sets = database, clock, max_sets

    async def get(self, caller: Caller, workout_id: str) -> Workout:
        """One with its tally; raises ServiceError `not_found`."""
        async with self._database.read() as session:
            return await _own(session, caller, workout_id)

    async def page(
        self,
        caller: Caller,
        before: Position | None,
        limit: int,
        *where: ColumnElement[bool],
    ) -> Sequence[Workout]:
        """So many without their tallies, those that began last first."""
        async with self._database.read() as session:
            return await _page(session, caller, before, limit, *where)

    async def page_with_sets(
        self,
        caller: Caller,
        before: Position | None,
        limit: int,
        *where: ColumnElement[bool],
    ) -> Sequence[tuple[Workout, list[WorkoutSet]]]:
        """The same with their sets in the order of time, as both are at one moment."""
        async with self._database.read() as session:
            page = await _page(session, caller, before, limit, *where)
            sets: dict[str, list[WorkoutSet]] = {workout.id: [] for workout in page}
            query = select(WorkoutSet).where(WorkoutSet.workout_id.in_(sets))
            order = WorkoutSet.started_at, WorkoutSet.exercise, WorkoutSet.number
            async with read_in_parts(session, query.order_by(*order)) as rows:
                async for one in rows.scalars():
                    sets[one.workout_id].append(one)
        return [(workout, sets[workout.id]) for workout in page]

    async def done(
        self, tenant_id: str, user: str | None, since: datetime, until: datetime
    ) -> AsyncIterator[Done]:
        """What a user has done in workouts that began in a time, those of nobody with None.

        Raises ServiceError `invalid_request` above `max_sets` sets.
        """
        query = (
            select(Workout.id, Workout.started_at, Workout.corrections, *_DONE)
            .outerjoin(WorkoutSet, WorkoutSet.workout_id == Workout.id)
            .where(Workout.tenant_id == tenant_id, Workout.user_id == user)
            .where(Workout.started_at >= since, Workout.started_at < until)
            .order_by(Workout.started_at, Workout.id)
            .limit(self._max_sets + 1)
        )
        number, done = 0, None
        async with self._database.read() as session, read_in_parts(session, query) as rows:
            async for workout_id, began, corrections, *one in rows:
                if (number := number + 1) > self._max_sets:
                    limit = f"at most {self._max_sets} sets can be summed up: ask for fewer days"
                    raise ServiceError("invalid_request", limit, field="to")
                if done is None or done.workout_id != workout_id:
                    if done is not None:
                        yield done
                    done = Done(workout_id, began, [], _counts_of(corrections))
                if one[0] is not None:  # a workout without sets has one row, of nothing
                    done.sets.append(DoneSet(*one))
        if done is not None:
            yield done

    async def change(
        self,
        caller: Caller,
        workout_id: str,
        if_match: str | None,
        *,
        corrections: Mapping[str, int | None],
        **values: Any,
    ) -> Workout:
        """Set columns, and correct counts by exercise; None takes a correction back.

        Raises ServiceError `not_found`, `precondition_failed`, `precondition_required`, and
        `too_many` above `MAX_CORRECTIONS`.
        """
        async with self._database.write() as session:
            workout = await _own(session, caller, workout_id, lock=True)
            check_match(if_match, workout.version)
            for name, value in values.items():
                setattr(workout, name, value)
            workout.corrections = self._corrected(workout, corrections, caller)
            workout.version += 1
        return workout

    async def remove(self, caller: Caller, workout_id: str) -> None:
        """Erase it with its sets; raises ServiceError `not_found`."""
        async with self._database.write() as session:
            await _own(session, caller, workout_id, lock=True)
            await session.execute(delete(Workout).where(Workout.id == workout_id))

    def _corrected(
        self, workout: Workout, corrections: Mapping[str, int | None], caller: Caller
    ) -> dict[str, Any]:
        by = caller.actor if caller.user is None else "user"
        at = self._clock().isoformat()
        corrected = dict(workout.corrections)
        for exercise, count in corrections.items():
            corrected.pop(exercise, None)
            if count is not None:
                corrected[exercise] = {"count": count, "by": by, "at": at}
        if len(corrected) > MAX_CORRECTIONS:
            limit = f"{MAX_CORRECTIONS} exercises of a workout can be corrected"
            raise ServiceError("too_many", limit, field="corrections")
        return corrected


def with_exercise(exercise: str) -> ColumnElement[bool]:
    """Workouts in which it was held, or whose count of it, corrected or measured, is not 0."""
    held = exists().where(
        WorkoutSet.workout_id == Workout.id,
        WorkoutSet.exercise == exercise,
        WorkoutSet.held_s.is_not(None),
    )
    corrected = Workout.corrections[exercise, "count"].as_integer()
    return or_(held, func.coalesce(corrected, Workout.counts[exercise].as_integer()) > 0)


async def pages(
    store: WorkoutStore, caller: Caller, *where: ColumnElement[bool], size: int = 100
) -> AsyncIterator[tuple[Workout, list[WorkoutSet]]]:
    """All of them with their sets, read page by page: between two nothing is held."""
    before: Position | None = None
    while page := await store.page_with_sets(caller, before, size, *where):
        for workout, sets in page:
            yield workout, sets
        last, _ = page[-1]
        before = last.started_at, last.id


def range_degrees(reps: Sequence[Rep]) -> float | None:
    """The mean range of motion: top minus bottom of the joint that moves most; None: unmeasured."""
    ranges = [moved for rep in reps if (moved := _range(rep)) is not None]
    return round(fmean(ranges), 3) if ranges else None


def _range(rep: Rep) -> float | None:
    named = rep.measures
    moved = (
        named[f"{joint}_top"].value - named[f"{joint}_bottom"].value
        for joint in ANGLES
        if f"{joint}_top" in named and f"{joint}_bottom" in named
    )
    return max(moved, default=None)


def _sets(workout: Workout, tally: Tally, origin_s: float) -> Iterator[WorkoutSet]:
    """Sets and holds in the order of time, numbered within their exercise."""
    numbers: Counter[str] = Counter()
    done: list[RepSet | Hold] = [*tally.sets, *tally.holds]
    for one in sorted(done, key=lambda one: one.start_s):
        numbers[one.exercise] += 1
        yield WorkoutSet(
            workout_id=workout.id,
            exercise=one.exercise,
            number=numbers[one.exercise],
            started_at=workout.started_at + timedelta(seconds=one.start_s - origin_s),
            duration_s=round(one.end_s - one.start_s, 3),
            **_held(one) if isinstance(one, Hold) else _repeated(one, tally.reps),
        )


def _held(hold: Hold) -> dict[str, Any]:
    return {"reps": 0, "held_s": hold.held_s}


def _repeated(one: RepSet, reps: Sequence[Rep]) -> dict[str, Any]:
    inside = [
        rep
        for rep in reps
        if rep.exercise == one.exercise and one.start_s <= rep.start_s < one.end_s
    ]
    return {
        "reps": one.reps,
        "mean_rep_s": one.mean_rep_s,
        "mean_depth": one.mean_depth,
        "range_degrees": range_degrees(inside),
    }


def _counts_of(corrections: Mapping[str, Any]) -> dict[str, int]:
    return {exercise: one["count"] for exercise, one in corrections.items()}


def _event(
    workout_id: str, user_id: str | None, source: Source, tally: Tally, now: datetime
) -> WorkoutEnded:
    data = EndedWorkout(
        workout_id=workout_id,
        user=user_id,
        source=source,
        source_id=workout_id,
        counts=tally.counts,
    )
    return WorkoutEnded(timestamp=now, data=data)


async def _page(
    session: AsyncSession,
    caller: Caller,
    before: Position | None,
    limit: int,
    *where: ColumnElement[bool],
) -> Sequence[Workout]:
    query = select(Workout).where(*caller.sees(Workout), *where)
    query = newest_first(query, Workout.started_at, Workout.id, before, limit)
    return [*await session.scalars(query)]


async def _own(
    session: AsyncSession, caller: Caller, workout_id: str, *, lock: bool = False
) -> Workout:
    query = select(Workout).where(Workout.id == workout_id, *caller.sees(Workout))
    query = query.options(undefer(Workout.tally))
    workout = await session.scalar(query.with_for_update() if lock else query)
    if workout is None:
        raise ServiceError("not_found", f"there is no workout {workout_id}")
    return workout
