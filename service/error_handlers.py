"""Every error that leaves an endpoint, or that FastAPI finds itself, answered as a problem."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from uvicorn.protocols.utils import ClientDisconnected

from pose_engine.footage import ClipError
from pose_engine.frames import FrameError
from service.errors import (
    UNAVAILABLE,
    ServiceError,
    internal_error,
    invalid,
    media_error,
    said,
    unavailable,
)
from service.storage import FAULTS

_BY_STATUS: Final = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_many_bytes",
    503: "shutting_down",
}


def _headers_of(app: FastAPI, request: Request, error: HTTPException) -> Mapping[str, str]:
    told = error.headers or {}
    if error.status_code != 405:
        return told
    return {**told, "Allow": _methods_of(app, request)}


def _methods_of(app: FastAPI, request: Request) -> str:
    """All that there are of a path; the router names only those of the first route with it."""
    methods = app.openapi()["paths"].get(request.scope["route"].path_format, {"get": {}})
    return ", ".join(sorted(name.upper() for name in methods))


def _not_valid(request: Request, fault: ErrorDetails) -> ServiceError:
    """Of a request that FastAPI refuses, in the table's terms."""
    if fault["type"] == "json_invalid":
        return ServiceError("invalid_json", f"the body is not JSON: {fault['ctx']['error']}")
    if fault["loc"][1:]:
        return invalid(fault, "invalid_request", below=1)
    told = request.headers.get("content-type", "").partition(";")[0]
    if fault["type"] != "missing" and not told.endswith(("/json", "+json")):
        return ServiceError("wrong_content_type", "the body must be JSON: application/json")
    return ServiceError("invalid_request", f"the body: {said(fault)}")


def _hung_up(_: Request, error: Exception) -> JSONResponse:
    """Of a WebSocket, as an OSError: uvicorn knows that there is nobody to answer."""
    raise error


def _handle(
    app: FastAPI,
    errors: Sequence[type[Exception]],
    handler: Callable[[Request, Exception], JSONResponse],
) -> None:
    for error in errors:
        app.add_exception_handler(error, handler)


def handle_errors(app: FastAPI, told: Callable[[str], None]) -> None:
    """Answer every error of the app as a problem; its code is `told` too."""

    def answer(error: ServiceError) -> JSONResponse:
        told(error.code)
        return error.response()

    @app.exception_handler(ServiceError)
    def service_error(_: Request, error: ServiceError) -> JSONResponse:
        return answer(error)

    @app.exception_handler(FrameError)
    @app.exception_handler(ClipError)
    def bad_media(_: Request, error: FrameError | ClipError) -> JSONResponse:
        return answer(media_error(error))

    @app.exception_handler(RequestValidationError)
    def bad_request(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(_not_valid(request, error.errors()[0]))

    @app.exception_handler(ClientDisconnect)
    def broken_off(_: Request, __: ClientDisconnect) -> JSONResponse:
        return answer(ServiceError("invalid_request", "the body breaks off", field="file"))

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        response = answer(
            ServiceError(_BY_STATUS.get(error.status_code, "invalid_request"), error.detail)
        )
        response.headers.update(_headers_of(app, request, error))
        return response

    @app.exception_handler(IntegrityError)
    def out_of_date(_: Request, __: IntegrityError) -> JSONResponse:
        fault = "what it belongs to has changed or gone meanwhile: look again"
        return answer(ServiceError("conflict", fault))

    def away(what: str, _: Request, error: Exception) -> JSONResponse:
        return answer(unavailable(error, what))

    _handle(app, [ClientDisconnected], _hung_up)
    _handle(app, FAULTS, partial(away, "the storage"))
    _handle(app, UNAVAILABLE, partial(away, "the database"))

    @app.exception_handler(Exception)
    def unexpected(_: Request, __: Exception) -> JSONResponse:
        return answer(internal_error())
