"""REST: workouts, listed, read, labelled, corrected and erased."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as InPath
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from sqlalchemy import ColumnElement

from blazereps_client.messages import WHOLE
from blazereps_client.results import Document, Tally
from service.access import GuardedRoute, MayRead, MayWrite, user_meant
from service.errors import ALLOWED, problems
from service.etags import IfMatch, etag_of
from service.kept_workout import Source
from service.moments import IsoMoment
from service.pages import Cursor, Limit, Page, page_of, position, read_position
from service.sent import Sent
from service.state import State
from service.tables import PLAIN, USER, Workout
from service.workout_store import MAX_CORRECTIONS, counts_of, with_exercise

router = APIRouter(
    prefix="/v1/workouts",
    tags=["workouts"],
    responses=problems(*ALLOWED),
    route_class=GuardedRoute,
)

MAX_COUNT: Final = 100_000
EXERCISE: Final = "^[a-z0-9_]{1,64}$"
_ID: Final = "0b8f6c0e6f0f4a0e8e0b5f6f5e1c2d3a"


def _midnight(given: object) -> object:
    """A date is its midnight, UTC."""
    is_date = isinstance(given, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", given)
    return f"{given}T00:00:00Z" if is_date else given


def _in_bounds(moment: datetime) -> datetime:
    if not 1970 <= moment.year < 9999:
        raise ValueError("must be from 1970 on, and before 9999")
    return moment


WorkoutId = Annotated[str, InPath(pattern="^[0-9a-f]{32}$")]
Exercise = Annotated[str, StringConstraints(pattern=EXERCISE)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT, examples=[3]), WHOLE]
User = Annotated[
    str | None,
    Query(
        max_length=USER,
        pattern=PLAIN,
        description="Of one end user only; with a key",
        examples=["user-42"],
    ),
]
Moment = Annotated[IsoMoment, BeforeValidator(_midnight), AfterValidator(_in_bounds)]
Counts = dict[str, int]


class Correction(Document):
    """What somebody says was done."""

    count: Count
    by: str = Field(description="`key:` and its id, or `user`", examples=["user"])
    at: datetime = Field(examples=["2025-01-31T12:00:00Z"])


class WorkoutInfo(Document):
    """What a live session or a clip came to."""

    id: str = Field(description="That of the session or clip", examples=[_ID])
    user: str | None = Field(
        description="Your name for the end user; null: the key's own", examples=["user-42"]
    )
    source: Source = Field(examples=["live"])
    started_at: datetime = Field(examples=["2025-01-31T12:00:00Z"])
    duration_s: float = Field(examples=[62.5])
    label: str | None = Field(examples=["Legs"])
    counts: Counts = Field(
        description="By exercise: measured, or corrected where somebody has",
        examples=[{"squat": 3}],
    )
    measured: Counts = Field(description="By exercise, as counted", examples=[{"squat": 2}])
    corrections: dict[str, Correction]
    created_at: datetime = Field(examples=["2025-01-31T12:00:00Z"])


class WorkoutWithTally(WorkoutInfo):
    """With all that explains its counts."""

    tally: Tally


class Change(Document):
    """What is to be changed: what is left out stays."""

    label: Annotated[
        str | None, Field(min_length=1, max_length=200, pattern=PLAIN, examples=["Legs"])
    ] = None
    corrections: Annotated[
        dict[Exercise, Count | None],
        Field(max_length=MAX_CORRECTIONS, description="By exercise; null takes one back"),
    ] = Field(default_factory=dict)


def corrected(workout: Workout) -> Counts:
    """Its counts by exercise, corrected where somebody has."""
    return workout.counts | counts_of(workout.corrections)


def fields_of(workout: Workout) -> Mapping[str, Any]:
    """A row as `WorkoutInfo` has it."""
    same = ("id", "source", "started_at", "duration_s", "label", "corrections", "created_at")
    return {name: getattr(workout, name) for name in same} | {
        "user": workout.user_id,
        "counts": corrected(workout),
        "measured": workout.counts,
    }


def filters(
    caller: MayRead,
    *,
    user: User = None,
    since: Annotated[Moment | None, Query(alias="from", description="Began then or later")] = None,
    to: Annotated[Moment | None, Query(description="Began before")] = None,
    exercise: Annotated[str | None, Query(pattern=EXERCISE)] = None,
    source: Annotated[Source | None, Query()] = None,
) -> list[ColumnElement[bool]]:
    """Which workouts; raises ServiceError `key_only`."""
    where = [] if user is None else [Workout.user_id == user_meant(caller, user)]
    where += [] if since is None else [Workout.started_at >= since]
    where += [] if to is None else [Workout.started_at < to]
    where += [] if exercise is None else [with_exercise(exercise)]
    return where + ([] if source is None else [Workout.source == source])


Filters = Annotated[list[ColumnElement[bool]], Depends(filters)]
MISSING: Final = problems("not_found", "invalid_request")


@router.get("", responses=problems("key_only", "invalid_request"))
async def list_workouts(
    caller: MayRead, state: State, where: Filters, limit: Limit = 50, cursor: Cursor = None
) -> Page[WorkoutInfo]:
    """List workouts, those that began last first."""
    rows = await state.workouts.page(caller, read_position(cursor), limit + 1, *where)
    return page_of(rows, limit, lambda row: position(row.started_at, row.id), _listed)


@router.get("/{workout_id}", responses=MISSING)
async def get_workout(
    workout_id: WorkoutId, caller: MayRead, state: State, response: Response
) -> WorkoutWithTally:
    """One workout with its tally; its `ETag` is what `If-Match` wants."""
    return _shown(await state.workouts.get(caller, workout_id), response)


@router.patch(
    "/{workout_id}",
    responses=MISSING | problems("too_many", "precondition_failed", "precondition_required"),
)
async def change_workout(
    workout_id: WorkoutId,
    change: Sent[Change],
    caller: MayWrite,
    *,
    state: State,
    response: Response,
    if_match: IfMatch = None,
) -> WorkoutWithTally:
    """Label it, or correct its counts: what was measured stays beside them."""
    label = {"label": change.label} if "label" in change.model_fields_set else {}
    workout = await state.workouts.change(
        caller, workout_id, if_match, corrections=change.corrections, **label
    )
    return _shown(workout, response)


@router.delete("/{workout_id}", status_code=204, responses=MISSING)
async def erase_workout(workout_id: WorkoutId, caller: MayWrite, state: State) -> None:
    """Erase a workout."""
    await state.workouts.remove(caller, workout_id)


def _listed(workout: Workout) -> WorkoutInfo:
    return WorkoutInfo.model_validate(fields_of(workout))


def _shown(workout: Workout, response: Response) -> WorkoutWithTally:
    response.headers["ETag"] = etag_of(workout.version)
    return WorkoutWithTally.model_validate({**fields_of(workout), "tally": workout.tally})
