"""What every request reaches: the settings, the loaded core and what is shared between sessions."""

from dataclasses import dataclass
from typing import Annotated, TypedDict, cast

import anyio
from fastapi import Depends
from starlette.requests import HTTPConnection

from service.core import Core
from service.jobs import ClipJobs
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class AppState:
    """One a running app."""

    settings: Settings
    core: Core
    jobs: ClipJobs
    inference: anyio.CapacityLimiter
    """Threads for live sessions and still images."""
    seats: anyio.Semaphore
    """Live sessions that are still free."""


class Lifespan(TypedDict):
    """What the lifespan hands to every connection."""

    blazereps: AppState


def app_state(connection: HTTPConnection) -> AppState:
    """The state of the app that serves this connection."""
    return cast(AppState, connection.state.blazereps)


State = Annotated[AppState, Depends(app_state)]
