"""The WebSocket `/v1/live`: media in, events out. docs/protocol.md is its specification."""

from contextlib import AbstractContextManager

from fastapi import APIRouter, WebSocket

from service.access import caller_of, chosen_subprotocol
from service.connection import Connection
from service.errors import UNAVAILABLE, ServiceError, unavailable
from service.origins import check_origin
from service.state import AppState, State

router = APIRouter()


@router.websocket("/v1/live")
async def live(socket: WebSocket, state: State) -> None:
    """Serve one session, or say before the upgrade why not."""
    try:
        check_origin(socket)
        subprotocol = chosen_subprotocol(socket)
        with _seat(state):
            caller = await caller_of(socket)
            with state.seats.of(caller):
                await Connection(socket, state, caller).run(subprotocol)
    except ServiceError as refusal:
        await _refuse(socket, state, refusal)
    except UNAVAILABLE as error:
        await _refuse(socket, state, unavailable(error))


@router.websocket("/{path:path}")
async def elsewhere(socket: WebSocket, state: State) -> None:
    """Say that it is not here; the router would say 403."""
    await _refuse(socket, state, ServiceError("not_found", "live sessions are at /v1/live"))


async def _refuse(socket: WebSocket, state: AppState, refusal: ServiceError) -> None:
    state.metrics.failed(refusal.code)
    await socket.send_denial_response(refusal.response())


def _seat(state: AppState) -> AbstractContextManager[None]:
    if state.connections.draining:
        raise ServiceError("shutting_down", "the server is shutting down", retry_after_s=1)
    return state.seats.one()
