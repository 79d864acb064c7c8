"""Workouts that are kept: read, summed up, corrected and erased."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from service.auth import Caller
from service.database import Database, read_in_parts
from service.errors import ServiceError
from service.etags import check_match
from service.pages import Position, newest_first
from service.statistics import Done, DoneSet
from service.tables import Workout, WorkoutSet
from service.tenants import now_utc

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
                    done = Done(workout_id, began, [], counts_of(corrections))
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


def counts_of(corrections: Mapping[str, Any]) -> dict[str, int]:
    """What somebody says was done, by exercise."""
    return {exercise: one["count"] for exercise, one in corrections.items()}


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
