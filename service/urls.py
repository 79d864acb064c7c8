"""URLs: text in them is UTF-8."""

from urllib.parse import unquote_to_bytes

from fastapi import Request

from service.errors import ServiceError


async def check_url(request: Request) -> None:
    """Raises ServiceError `invalid_request` where it has bytes that are not UTF-8.

    Starlette reads each of them as the same character: two end users would become one.
    """
    for part in (request.scope["raw_path"], request.scope["query_string"]):
        try:
            unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            raise ServiceError("invalid_request", "the URL is not in UTF-8") from None
