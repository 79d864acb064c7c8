"""REST: the statistics of one end user."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query
from pydantic import Field

from blazereps_client.results import Document
from service.access import MayRead, user_meant
from service.errors import ALLOWED, ServiceError, problems
from service.moments import IsoDay
from service.state import State
from service.statistics import By, Statistics, midnight
from service.workouts import User

router = APIRouter(prefix="/v1/statistics", tags=["workouts"], responses=problems(*ALLOWED))

MAX_DAYS: Final = 366
ZONE: Final = "A time zone's name as IANA spells it, beginning with a capital"
_EARLIEST, _LATEST = date(1970, 1, 2), date(9998, 12, 31)

Day = Annotated[IsoDay, Query(ge=_EARLIEST, le=_LATEST, examples=["2025-01-31"])]


class BestSet(Document):
    """The set with the most repetitions."""

    exercise: str = Field(examples=["squat"])
    reps: int = Field(examples=[12])
    workout_id: str
    at: datetime = Field(examples=["2025-01-31T12:00:00Z"])


class BestHold(Document):
    """The longest hold."""

    exercise: str = Field(examples=["plank"])
    held_s: float = Field(examples=[62.5])
    workout_id: str
    at: datetime = Field(examples=["2025-01-31T12:00:00Z"])


class Totals(Document):
    """What was done in all."""

    sets: int = Field(examples=[4])
    holds: int = Field(examples=[1])
    reps: int = Field(description="Corrected where somebody has", examples=[40])
    mean_rep_s: float | None = Field(examples=[2.5])
    mean_range_degrees: float | None = Field(examples=[85.2])
    best_set: BestSet | None
    best_hold: BestHold | None
    held_s: float = Field(examples=[62.5])


class GroupTotals(Totals):
    """What was done on a day or in a week, or of an exercise."""

    day: date | None = Field(default=None, examples=["2025-01-31"])
    week: date | None = Field(default=None, description="Its Monday", examples=["2025-01-27"])
    exercise: str | None = Field(default=None, examples=["squat"])


class TrendInfo(Document):
    """How repetitions change from week to week."""

    reps_a_week: float | None = Field(
        description="Least-squares slope; null with fewer than two weeks", examples=[4.5]
    )
    n: int = Field(description="Weeks", examples=[5])


class StatisticsInfo(Document):
    """Statistics of one end user."""

    user: str | None = Field(examples=["user-42"])
    first: date = Field(alias="from", examples=["2025-01-01"])
    to: date = Field(examples=["2025-02-01"])
    tz: str = Field(examples=["Europe/Berlin"])
    by: By
    groups: tuple[GroupTotals, ...]
    total: Totals
    trend: TrendInfo


@router.get("", responses=problems("key_only", "invalid_request"))
async def get_statistics(
    caller: MayRead,
    state: State,
    *,
    first: Annotated[Day, Query(alias="from", description="The first day")],
    to: Annotated[Day, Query(description="The day after the last")],
    user: User = None,
    by: By = "day",
    tz: Annotated[str, Query(max_length=64, description=ZONE)] = "UTC",
) -> StatisticsInfo:
    """Sums, bests and the trend of one end user, over at most 366 days."""
    if not 0 < (to - first).days <= MAX_DAYS:
        raise ServiceError("invalid_request", f"1 to {MAX_DAYS} days can be asked for", field="to")
    zone, whose = _zone(tz), user_meant(caller, user)
    statistics = Statistics(by, zone)
    between = midnight(first, zone), midnight(to, zone)
    async for workout in state.workouts.done(caller.tenant, whose, *between):
        statistics.add(workout)
    told = {"user": whose, "from": first, "to": to, "tz": tz, "by": by}
    came_to = {
        "groups": tuple(_groups(statistics)),
        "total": Totals.model_validate(statistics.total),
        "trend": TrendInfo.model_validate(statistics.trend()),
    }
    return StatisticsInfo.model_validate(told | came_to)


def _groups(statistics: Statistics) -> Iterator[GroupTotals]:
    unit = "week" if statistics.by.startswith("week") else "day"
    for (start, exercise), sums in statistics.in_order():
        named = {unit: start, "exercise": exercise}
        yield GroupTotals.model_validate({**dict(Totals.model_validate(sums)), **named})


def _zone(name: str) -> ZoneInfo:
    # A system has others beside IANA's: `localtime` is its own.
    with suppress(ValueError, OSError, ZoneInfoNotFoundError):
        if name[:1].isupper():
            return ZoneInfo(name)
    unknown = "not the name of a time zone as IANA spells it, such as Europe/Berlin"
    raise ServiceError("invalid_request", unknown, field="tz")
