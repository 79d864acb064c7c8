"""Who opens a WebSocket or sends a request, by what it shows."""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from service.allowances import grant
from service.auth import Caller
from service.errors import ServiceError
from service.origins import asks_nobody, check_origin
from service.state import app_state
from service.tenants import Scope

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

SUBPROTOCOL: Final = "blazereps.v1"
TICKET_SUBPROTOCOL: Final = "blazereps.ticket."


def chosen_subprotocol(connection: HTTPConnection) -> str | None:
    """Ours, or none where the client offers none; raises ServiceError `unsupported_version`."""
    offered = [
        name for name in offered_subprotocols(connection) if not name.startswith(TICKET_SUBPROTOCOL)
    ]
    if offered and SUBPROTOCOL not in offered:
        raise ServiceError("unsupported_version", f"this server speaks {SUBPROTOCOL}")
    return SUBPROTOCOL if offered else None


def offered_ticket(connection: HTTPConnection) -> str | None:
    """The ticket that a browser offers as a subprotocol, or as `?ticket=`."""
    for offered in offered_subprotocols(connection):
        if offered.startswith(TICKET_SUBPROTOCOL):
            return offered.removeprefix(TICKET_SUBPROTOCOL)
    return connection.query_params.get("ticket")


def offered_subprotocols(connection: HTTPConnection) -> Iterator[str]:
    """Those that the client of a WebSocket offers."""
    for header in connection.headers.getlist("sec-websocket-protocol"):
        yield from (name.strip() for name in header.split(","))


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who opens a WebSocket.

    Raises ServiceError `unauthorized`, `too_many_requests` or `scope_missing`.
    """
    if (ticket := offered_ticket(connection)) is not None:
        caller = await app_state(connection).authenticator.ticket(ticket)
    else:
        caller = await _bearer_of(connection)
    _count(connection, caller)
    return _demand(caller, "count")


async def sender_of(request: Request) -> Caller:
    """Who sends a request: looked up and counted once, however often it is asked.

    Raises ServiceError `unauthorized` or `too_many_requests` and, where there are no keys,
    `origin_not_allowed`.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None:
        known = request.state.caller = await _bearer_of(request)
        _count(request, known)
    return known


class GuardedRoute(APIRoute):
    """Endpoints that ask who calls before they read what he sends, as FastAPI by itself does not.

    For routers made with `APIRouter(route_class=GuardedRoute)`.
    """

    def get_route_handler(self) -> Handler:
        """FastAPI's own, behind the question."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await sender_of(request)
            return await answer(request)

        return guarded


async def _bearer_of(connection: HTTPConnection) -> Caller:
    state = app_state(connection)
    if asks_nobody(state):
        check_origin(connection)
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    shown = credential.strip() if scheme.lower() == "bearer" else None
    host = connection.client.host if connection.client else ""
    with state.guesses.counted(host, shown):
        return await state.authenticator.bearer(shown)


def _count(connection: HTTPConnection, caller: Caller) -> None:
    state = app_state(connection)
    if state.authenticator.single_user:
        return
    allowance = state.allowances.take(caller)
    grant(connection, allowance)
    if not allowance.granted:
        limit = f"{allowance.limit} requests a minute are allowed"
        raise ServiceError("too_many_requests", limit, retry_after_s=allowance.reset_s)


_BEARER = HTTPBearer(auto_error=False, description="A key, or a token from POST /v1/tokens.")


async def authenticated(
    request: Request,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Caller:
    """Who sends a request; raises as `sender_of` does."""
    return await sender_of(request)


AnyCaller = Annotated[Caller, Depends(authenticated)]


def _allowed(*scopes: Scope, key_only: bool = False) -> Callable[[Caller], Awaitable[Caller]]:
    async def allowed(caller: AnyCaller) -> Caller:
        if key_only and caller.user is not None:
            raise ServiceError("key_only", "a token of an end user does not do here: use the key")
        return _demand(caller, *scopes)

    return allowed


def _demand(caller: Caller, *scopes: Scope) -> Caller:
    if caller.scopes.isdisjoint(scopes):
        raise ServiceError("scope_missing", f"this needs the scope {' or '.join(scopes)}")
    return caller


def user_meant(caller: Caller, named: str | None) -> str | None:
    """The end user whom a request is about: with a key whom it names, if anybody.

    Raises ServiceError `key_only` where a token is of another.
    """
    if caller.user is None or named in (None, caller.user):
        return caller.user or named
    raise ServiceError("key_only", "the token is of another user: use the key", field="user")


# Parameters of endpoints: who calls, and may do this.
MayCount = Annotated[Caller, Depends(_allowed("count"))]
MayRead = Annotated[Caller, Depends(_allowed("read"))]
MayWrite = Annotated[Caller, Depends(_allowed("write"))]
MayIssueTokens = Annotated[Caller, Depends(_allowed("tokens", key_only=True))]
MayReadReceipts = Annotated[Caller, Depends(_allowed("read", "admin", key_only=True))]
MayErase = Annotated[Caller, Depends(_allowed("write", key_only=True))]
MayKeepWebhooks = Annotated[Caller, Depends(_allowed("webhooks", key_only=True))]
MayScrape = Annotated[Caller, Depends(_allowed("metrics", key_only=True))]
MayAdministrate = Annotated[Caller, Depends(_allowed("admin", key_only=True))]
