"""Endpoints that do a thing once, however often the same request comes.

draft-ietf-httpapi-idempotency-key-header-07: a client that does not know whether its request was
answered sends it again with the same `Idempotency-Key`.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final

from anyio import CancelScope
from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import GuardedRoute, Handler, sender_of
from service.answers import Asked, keep_answer
from service.beside import beside
from service.database import Keep, Row
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

    What they do they have kept with its answer, by `Once`: an error changes nothing, and the key
    may be used again.
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
            asked = request.state.asked = Asked(caller, key, fingerprint, self.status_code or 200)
            answers = app_state(request).answers
            before = await answers.claim(asked)
            if before is not None:
                return _again(before)
            try:
                async with beside(partial(answers.renew_for_ever, asked)):
                    return await answer(request)
            except BaseException:
                with CancelScope(shield=True):
                    await answers.give_up(asked)
                raise

        return once


class _Once:
    def __init__(self, request: Request, response: Response) -> None:
        self._asked: Asked | None = getattr(request.state, "asked", None)
        self._headers = response.headers

    def __call__(self, told: Callable[[Row], BaseModel]) -> Keep[Row]:
        """For a store, to keep the answer with what it makes; `told`: what is answered of that.

        The answer's other headers are set before. One with `Cache-Control: no-store` is not kept,
        only that there was one.
        """

        async def keep(session: AsyncSession, row: Row) -> None:
            if self._asked is None:
                return
            if "no-store" in self._headers.get("cache-control", ""):
                await keep_answer(session, self._asked, {}, None)
                return
            await session.flush()  # which gives a new row its defaults
            headers = {"content-type": "application/json", **self._headers}
            body = told(row).model_dump_json(by_alias=True)
            await keep_answer(session, self._asked, headers, body)

        return keep


Once = Annotated[_Once, Depends()]
"""A parameter of such an endpoint: what keeps its answer."""


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
