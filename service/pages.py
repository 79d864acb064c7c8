"""Cursor pages: a list in pieces, whatever comes and goes in between."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query
from pydantic import Field
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from blazereps_client.results import Document
from service.errors import ServiceError

T = TypeVar("T")
Row = TypeVar("Row")

Position = tuple[datetime, str]
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


def page_of(
    rows: Sequence[Row], limit: int, place: Callable[[Row], str], shown: Callable[[Row], T]
) -> Page[T]:
    """The page of `limit` + 1 rows asked for, each as it is `shown`; a cursor where there are more.

    `place` says where a row stands: what the next page begins behind.
    """
    more = _encoded(place(rows[limit - 1])) if len(rows) > limit else None
    return Page(items=tuple(map(shown, rows[:limit])), next_cursor=more)


def newest_first(
    query: Select[Row],
    at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[str],
    before: Position | None,
    limit: int,
) -> Select[Row]:
    """So many rows by time and id, the newest first, from behind a position on.

    One comparison of rows: of two joined by `or` an index would be read from its begin on.
    """
    if before is not None:
        columns = zip(before, (at, row_id), strict=True)
        place = (literal(value, column.type) for value, column in columns)
        query = query.where(tuple_(at, row_id) < tuple_(*place))
    return query.order_by(at.desc(), row_id.desc()).limit(limit)


def position(at: datetime, row_id: str) -> str:
    """Where a row stands in an order by time and id."""
    return f"{at.isoformat()}{_SEPARATOR}{row_id}"


def read_position(cursor: str | None) -> Position | None:
    """Time and id of a cursor made of `position`; raises ServiceError `invalid_request`."""
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
