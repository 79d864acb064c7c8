"""How what a live session or a clip came to is kept as a workout, set by set."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from blazereps_client.results import Hold, Rep, RepSet, Tally
from classifiers.embedding import ANGLES
from service.deliveries import tell
from service.tables import Workout, WorkoutSet
from service.webhook_events import EndedWorkout, WorkoutEnded

Source = Literal["live", "clip"]


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
