"""What sessions ask of the library, in the table's terms where there is no such exercise."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from service.core import Library, Session
from service.errors import ServiceError


def new_session(library: Library, exercise: str, *, unknown: bool = False) -> Session:
    """A session that counts `auto` or one exercise; raises ServiceError `unknown_exercise`."""
    with _known():
        return library.session(exercise, unknown=unknown)


def pick(library: Library, exercise: str) -> Sequence[Any]:
    """What a session is to choose for `auto` or one exercise; raises ServiceError likewise."""
    with _known():
        return library.pick(exercise)


@contextmanager
def _known() -> Iterator[None]:
    try:
        yield
    except LookupError as error:
        raise ServiceError("unknown_exercise", error.args[0], field="exercise") from error
