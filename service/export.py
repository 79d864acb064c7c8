"""REST: all workouts as CSV or JSON, sent as they are read."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from blazereps_client.results import Document
from service.access import MayRead
from service.errors import ALLOWED, problems
from service.state import State
from service.tables import Workout, WorkoutSet
from service.workout_store import pages
from service.workouts import Filters, WorkoutInfo, fields_of

router = APIRouter(prefix="/v1/workouts", tags=["workouts"], responses=problems(*ALLOWED))

COLUMNS: Final = (
    *("workout_id", "user", "source", "label", "workout_started_at", "workout_duration_s"),
    *("exercise", "set", "started_at", "duration_s", "reps", "mean_rep_s", "mean_depth"),
    *("range_degrees", "held_s", "measured_count", "corrected_count"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take a cell for a formula by."""

Rows = AsyncIterator[tuple[Workout, list[WorkoutSet]]]


class ExportedSet(Document):
    """A set or a hold."""

    exercise: str = Field(examples=["squat"])
    number: int = Field(examples=[1])
    started_at: datetime = Field(examples=["2025-01-31T12:00:00Z"])
    duration_s: float = Field(examples=[12.5])
    reps: int = Field(examples=[5])
    mean_rep_s: float | None = Field(examples=[2.5])
    mean_depth: float | None = Field(examples=[0.94])
    range_degrees: float | None = Field(examples=[85.2])
    held_s: float | None = Field(examples=[None])


class ExportedWorkout(WorkoutInfo):
    """A workout with its sets."""

    sets: tuple[ExportedSet, ...]


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=problems("key_only", "invalid_request")
    | {
        200: {
            "model": list[ExportedWorkout],
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
async def export_workouts(
    caller: MayRead,
    state: State,
    where: Filters,
    file_format: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Send all workouts, those that began last first: as CSV with a row a set, or as JSON."""
    rows = pages(state.workouts, caller, *where)
    body, media_type = (
        (as_csv(rows), "text/csv; charset=utf-8")
        if file_format == "csv"
        else (as_json(rows), "application/json")
    )
    name = f'attachment; filename="workouts.{file_format}"'
    return StreamingResponse(body, media_type=media_type, headers={"Content-Disposition": name})


async def as_csv(rows: Rows) -> AsyncIterator[str]:
    """The columns, then a row a set (RFC 4180)."""
    yield _line(COLUMNS)
    async for workout, sets in rows:
        yield "".join(_line(cells) for cells in _cells(workout, sets))


async def as_json(rows: Rows) -> AsyncIterator[str]:
    """An array of workouts with their sets."""
    separator = "["
    async for workout, sets in rows:
        told = tuple(map(ExportedSet.model_validate, sets))
        whole = ExportedWorkout.model_validate({**fields_of(workout), "sets": told})
        yield separator + whole.model_dump_json()
        separator = ",\n"
    yield "[]" if separator == "[" else "]"


def _cells(workout: Workout, sets: list[WorkoutSet]) -> Iterator[tuple[Any, ...]]:
    about = (
        *(workout.id, workout.user_id, workout.source, workout.label),
        *(workout.started_at.isoformat(), workout.duration_s),
    )
    for one in sets:
        correction = workout.corrections.get(one.exercise, {})
        yield (
            *about,
            *(one.exercise, one.number, one.started_at.isoformat(), one.duration_s, one.reps),
            *(one.mean_rep_s, one.mean_depth, one.range_degrees, one.held_s),
            *(workout.counts.get(one.exercise, 0), correction.get("count")),
        )


def _line(cells: tuple[Any, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(map(_safe, cells))
    return line.getvalue()


def _safe(cell: Any) -> Any:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
