"""REST: short-lived tokens for end users, and tickets with which a browser opens a session."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, get_args

from fastapi import APIRouter
from pydantic import Field

from blazereps_client.messages import WHOLE
from blazereps_client.results import Document
from service.access import GuardedRoute, MayCount, MayIssueTokens
from service.auth import TICKET_S
from service.errors import ALLOWED, KEY_ONLY, problems
from service.idempotency import TOLD_ONCE
from service.sent import Sent
from service.state import State
from service.tenants import PRINTABLE

router = APIRouter(prefix="/v1", tags=["tokens"], route_class=GuardedRoute)

UserScope = Literal["count", "read", "write"]
USER_SCOPES: Final[tuple[UserScope, ...]] = get_args(UserScope)


class NewToken(Document):
    """What a back end asks for, with its key, for one of its end users."""

    user: Annotated[
        str, Field(min_length=1, max_length=128, pattern=PRINTABLE, examples=["user-42"])
    ]
    expires_in_s: Annotated[int, Field(ge=60, le=86400, examples=[3600]), WHOLE] = 3600
    scopes: Annotated[
        tuple[UserScope, ...],
        Field(description="What it is good for, as far as the key is", min_length=1, max_length=3),
    ] = USER_SCOPES


class Token(Document):
    """A token: it opens sessions as that end user, and sees nothing of any other."""

    token: str
    expires_at: datetime


class Ticket(Document):
    """A ticket: good for one live session, as a subprotocol or as `?ticket=`."""

    ticket: str
    expires_at: datetime
    expires_in_s: int = TICKET_S


@router.post(
    "/tokens",
    status_code=201,
    responses=problems(*KEY_ONLY, "invalid_request"),
    dependencies=[TOLD_ONCE],
)
async def issue_token(wanted: Sent[NewToken], caller: MayIssueTokens, state: State) -> Token:
    """Issue a token for an end user; with a key only."""
    whose = replace(caller, user=wanted.user, scopes=caller.scopes & {*wanted.scopes})
    token, expires_s = state.authenticator.issue("token", whose, wanted.expires_in_s)
    return Token(token=token, expires_at=datetime.fromtimestamp(expires_s, UTC))


@router.post(
    "/live/tickets",
    status_code=201,
    responses=problems(*ALLOWED),
    dependencies=[TOLD_ONCE],
)
async def issue_ticket(caller: MayCount, state: State) -> Ticket:
    """Issue a ticket for a browser, which cannot send headers with a WebSocket."""
    opens = replace(caller, scopes=frozenset({"count"}))  # all that a session asks for
    ticket, expires_s = state.authenticator.issue("ticket", opens, TICKET_S)
    return Ticket(ticket=ticket, expires_at=datetime.fromtimestamp(expires_s, UTC))
