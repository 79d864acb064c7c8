"""URLs: text in them is UTF-8, and a query names what there is."""

from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from service.errors import ServiceError


async def check_url(request: Request) -> None:
    """Raises ServiceError `invalid_request` where it has bytes that are not UTF-8, or a parameter
    that the endpoint does not have.

    Starlette reads each of such bytes as the same character: two end users would become one.
    """
    for part in (request.scope["raw_path"], request.scope["query_string"]):
        try:
            unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            raise ServiceError("invalid_request", "the URL is not in UTF-8") from None
    _check_names(request)


def _check_names(request: Request) -> None:
    known = [*_known(request.scope["route"].dependant)]
    for name in request.query_params:
        if name not in known:
            fault = f"there is no parameter {name!r} here; there are: {', '.join(known) or 'none'}"
            raise ServiceError("invalid_request", fault, field=name)


def _known(dependant: Dependant) -> Iterator[str]:
    """Parameters of an endpoint and of what it depends on."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield field.alias
    for other in dependant.dependencies:
        yield from _known(other)
