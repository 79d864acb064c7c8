"""Endpoints that do a thing once, however often the same request comes.

draft-ietf-httpapi-idempotency-key-header-07: a client that does not know whether its request was
answered sends it again with the same `Idempotency-Key`.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
from fastapi import Depends, Request, Response

from service.access import GuardedRoute, Handler, sender_of
from service.answers import Answers, Asked
from service.errors import ServiceError
from service.state import app_state
from service.tables import Answered

NAME: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
_PATTERN: Final = "^[!-~]{1,255}$"
_PARAMETER: Final = {
    "name": NAME,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": _PATTERN},
    "description": "The same again, within 24 hours, gives the first answer again",
}


def _not_stored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


TOLD_ONCE: Final = Depends(_not_stored)
"""Of endpoints whose answers hold a secret: nobody keeps those, this server neither."""


class IdempotentRoute(GuardedRoute):
    """POST endpoints of a router made with `APIRouter(route_class=IdempotentRoute)`.

    Only what was done is kept: an error changes nothing, and the key may be used again. An answer
    with `Cache-Control: no-store` is not kept either, only that there was one.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "POST" in (options.get("methods") or ()):
            extra = options.get("openapi_extra") or {}
            parameters = [*extra.get("parameters", ()), _PARAMETER]
            options["openapi_extra"] = {**extra, "parameters": parameters}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """The same, asked once for each key."""
        answer = super().get_route_handler()
        if "POST" not in (self.methods or ()):
            return answer
        reads_body = self.body_field is not None

        async def once(request: Request) -> Response:
            key = _read_key(request)
            if key is None:
                return await answer(request)
            # Whoever may do more or less is somebody else, to whom an answer is not given again.
            caller = await sender_of(request)
            fingerprint = await _fingerprint(request, sorted(caller.scopes), reads_body=reads_body)
            asked = Asked(caller, key, fingerprint)
            answers = app_state(request).answers
            before = await answers.claim(asked)
            if before is not None:
                return _again(before)
            return await _first(answers, asked, lambda: answer(request))

        return once


async def _first(
    answers: Answers, asked: Asked, answer: Callable[[], Awaitable[Response]]
) -> Response:
    try:
        response = await _while_renewed(answers, asked, answer)
        if response.status_code < 400:
            await _keep(answers, asked, response)
            return response
    except BaseException:
        with anyio.CancelScope(shield=True):
            await answers.give_up(asked)
        raise
    await answers.give_up(asked)
    return response


async def _while_renewed(
    answers: Answers, asked: Asked, answer: Callable[[], Awaitable[Response]]
) -> Response:
    result: Response | Exception
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answers.renew_for_ever, asked)
        try:
            result = await answer()
        except Exception as error:  # to be raised outside of the group, which would wrap it
            result = error
        tasks.cancel_scope.cancel()
    if isinstance(result, Exception):
        raise result
    return result


async def _keep(answers: Answers, asked: Asked, response: Response) -> None:
    secret = "no-store" in response.headers.get("cache-control", "")
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    body = None if secret else bytes(response.body).decode()
    await answers.keep(asked, response.status_code, {} if secret else headers, body)


def _again(before: Answered) -> Response:
    headers = {**(before.headers or {}), REPLAYED: "true"}
    return Response(before.body, before.status or 200, headers)


def _read_key(request: Request) -> str | None:
    given = request.headers.getlist(NAME)
    if not given:
        return None
    if len(given) > 1 or not re.fullmatch(_PATTERN, given[0]):
        fault = f"{NAME} must be 1 to 255 visible ASCII characters, once"
        raise ServiceError("invalid_request", fault, field=NAME)
    return given[0]


async def _fingerprint(request: Request, scopes: list[str], *, reads_body: bool) -> str:
    """Of an upload only what its head says: the body is read once, and not kept in memory."""
    media_type, _, _ = request.headers.get("content-type", "").partition(";")  # boundaries vary
    body = hashlib.sha256(await request.body()).hexdigest() if reads_body else ""
    parts = (
        request.method,
        request.url.path,
        sorted(request.query_params.multi_items()),
        media_type.strip().lower(),
        request.headers.get("content-length", ""),
        body,
        scopes,
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
