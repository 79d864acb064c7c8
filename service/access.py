"""Who opens a WebSocket or sends a request, by what it shows."""

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from service.auth import Caller
from service.errors import ServiceError
from service.state import app_state

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


def caller_of(connection: HTTPConnection) -> Caller:
    """Who opens a WebSocket; raises ServiceError `unauthorized`."""
    authenticator = app_state(connection).authenticator
    if (ticket := offered_ticket(connection)) is not None:
        return authenticator.ticket(ticket)
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    return authenticator.bearer(credential.strip() if scheme.lower() == "bearer" else None)


_BEARER = HTTPBearer(auto_error=False, description="A key, or a token from POST /v1/tokens.")


def authenticated(
    request: Request,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Caller:
    """Who sends a request; raises ServiceError `unauthorized`."""
    return app_state(request).authenticator.bearer(shown.credentials if shown else None)


CallerOf = Annotated[Caller, Depends(authenticated)]
"""A parameter of endpoints: who calls."""
