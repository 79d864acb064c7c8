"""REST: short-lived tokens for end users, and tickets with which a browser opens a session."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from blazereps_client.results import Document
from service.access import CallerOf
from service.auth import TICKET_S, Caller
from service.errors import ServiceError, problems
from service.state import State

router = APIRouter(prefix="/v1", tags=["tokens"])


class NewToken(Document):
    """What a back end asks for, with its key, for one of its end users."""

    user: Annotated[str, Field(min_length=1, max_length=128, examples=["user-42"])]
    expires_in_s: Annotated[int, Field(ge=60, le=86400, examples=[3600])] = 3600


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
    "/tokens", status_code=201, response_model=Token, responses=problems("unauthorized", "key_only")
)
async def issue_token(wanted: NewToken, caller: CallerOf, state: State) -> Token:
    """Issue a token for an end user; with a key only."""
    if caller.user is not None:
        raise ServiceError("key_only", "a token issues no tokens: use the key")
    whose = Caller(caller.key, wanted.user)
    token, expires_s = state.authenticator.issue("token", whose, wanted.expires_in_s)
    return Token(token=token, expires_at=datetime.fromtimestamp(expires_s, UTC))


@router.post(
    "/live/tickets", status_code=201, response_model=Ticket, responses=problems("unauthorized")
)
async def issue_ticket(caller: CallerOf, state: State) -> Ticket:
    """Issue a ticket for a browser, which cannot send headers with a WebSocket."""
    ticket, expires_s = state.authenticator.issue("ticket", caller, TICKET_S)
    return Ticket(ticket=ticket, expires_at=datetime.fromtimestamp(expires_s, UTC))
