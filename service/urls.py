"""URLs: text in them is UTF-8, and a query names what there is."""

from urllib.parse import unquote_to_bytes

from fastapi import Request

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
    if request.query_params:
        _check_names(request)


def _check_names(request: Request) -> None:
    operations = request.app.openapi()["paths"][request.scope["route"].path_format]
    parameters = operations[request.method.lower()].get("parameters", ())
    known = [one["name"] for one in parameters if one["in"] == "query"]
    for name in request.query_params:
        if name not in known:
            fault = f"there is no parameter {name!r} here; there are: {', '.join(known) or 'none'}"
            raise ServiceError("invalid_request", fault, field=name)
