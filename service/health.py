"""Whether the process lives, and whether it can take more work."""

from typing import Final, Literal

import anyio
from fastapi import APIRouter

from blazereps_client.results import Document
from service.clip_store import UNFINISHED
from service.errors import ServiceError, problems, unavailable
from service.state import State

router = APIRouter(tags=["health"])

_LOOK_S: Final = 5.0


class Health(Document):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Health):
    """The models are loaded and a live session is free."""

    free_sessions: int
    unfinished_clips: int


@router.get("/healthz")
async def alive() -> Health:
    """The process lives."""
    return Health()


@router.get(
    "/readyz",
    responses=problems("over_capacity", "shutting_down", "unavailable"),
)
async def ready(state: State) -> Readiness:
    """A live session would be taken."""
    if state.connections.draining:
        raise ServiceError("shutting_down", "the server is shutting down", retry_after_s=1)
    state.seats.check()
    try:
        with anyio.fail_after(_LOOK_S):
            unfinished = await state.clips.number(*UNFINISHED)
    except TimeoutError as error:
        raise unavailable(error) from error
    return Readiness(free_sessions=state.seats.free, unfinished_clips=unfinished)
