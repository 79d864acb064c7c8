"""Cursor pages: a list in pieces, whatever comes and goes in between."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query
from pydantic import Field
from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from blazereps_client.results import Document
from service.errors import ServiceError

T = TypeVar("T")
Row = TypeVar("Row")

Moment = tuple[datetime, str]
"""Where a row stands in an order by time and id."""

MAX_LIMIT: Final = 200
_SEPARATOR: Final = "\n"

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items a page, at most")]
Cursor = Annotated[
    str | None,
    Query(max_length=512, description="`next_cursor` of the page before; without: the first page"),
]


class Page(Document, Generic[T]):
    """A piece of a list."""

    items: tuple[T, ...]
    next_cursor: str | None = Field(
        description="For the next page; null on the last", examples=[None]
    )


def cut(
    rows: Sequence[Row], limit: int, place: Callable[[Row], str]
) -> tuple[Sequence[Row], str | None]:
    """Of `limit` + 1 rows asked for, those of the page, and the cursor if there are more.

    `place` says where a row stands: what the next page begins behind.
    """
    page = rows[:limit]
    return page, _encoded(place(page[-1])) if len(rows) > limit else None


def older(
    at: InstrumentedAttribute[datetime], row_id: InstrumentedAttribute[str], than: Moment
) -> ColumnElement[bool]:
    """What comes behind a place in an order by time and id, the newest first.

    One comparison of rows: of two joined by `or` an index would be read from its begin on.
    """
    place = (literal(value, column.type) for value, column in zip(than, (at, row_id), strict=True))
    return tuple_(at, row_id) < tuple_(*place)


def moment_place(at: datetime, row_id: str) -> str:
    """Where a row stands in an order by time and id."""
    return f"{at.isoformat()}{_SEPARATOR}{row_id}"


def read_moment(cursor: str | None) -> Moment | None:
    """Time and id of a cursor made of `moment_place`; raises ServiceError `invalid_request`."""
    place = read_place(cursor)
    if place is None:
        return None
    at, _, row_id = place.partition(_SEPARATOR)
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not row_id:
            raise ValueError
        return moment.astimezone(UTC), row_id
    except (ValueError, OverflowError):
        raise _bad_cursor() from None


def read_place(cursor: str | None) -> str | None:
    """Where the page before ended; raises ServiceError `invalid_request`."""
    if cursor is None:
        return None
    try:
        place = base64.b64decode(cursor, b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None
    if "\0" in place:  # PostgreSQL takes none
        raise _bad_cursor()
    return place


def _encoded(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def _bad_cursor() -> ServiceError:
    return ServiceError("invalid_request", "not a cursor of this list", field="cursor")
