"""What every request reaches: the settings, the loaded core and what is shared between sessions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypedDict, cast

import anyio
from fastapi import Depends
from starlette.requests import HTTPConnection

from service.auth import Authenticator
from service.connections import Connections
from service.core import Core
from service.database import Database
from service.erasure import Erasure
from service.janitor import Janitor
from service.jobs import ClipJobs
from service.metrics import Metrics
from service.sessions import SessionStore
from service.settings import Settings
from service.telemetry import Spans
from service.tenants import Tenants
from service.workout_store import WorkoutStore

if TYPE_CHECKING:  # it needs streams, and those the exercises, whose endpoints need the state
    from service.harvest import Harvest


@dataclass(frozen=True, slots=True)
class AppState:
    """One a running app."""

    settings: Settings
    core: Core
    jobs: ClipJobs
    inference: anyio.CapacityLimiter
    """Threads for live sessions with pictures, and still images."""
    counting: anyio.CapacityLimiter
    """The thread for live sessions with landmarks: counting alone holds the interpreter's lock, so
    that of several threads all but one would wait for it, at a third more time in all."""
    seats: anyio.Semaphore
    """Live sessions that are still free."""
    sessions: SessionStore
    database: Database
    tenants: Tenants
    workouts: WorkoutStore
    harvest: "Harvest"
    erasure: Erasure
    janitor: Janitor
    authenticator: Authenticator
    connections: Connections
    metrics: Metrics
    new_spans: Callable[[], Spans]
    """Those of one more session."""


class Lifespan(TypedDict):
    """What the lifespan hands to every connection."""

    blazereps: AppState


def app_state(connection: HTTPConnection) -> AppState:
    """The state of the app that serves this connection."""
    return cast(AppState, connection.state.blazereps)


State = Annotated[AppState, Depends(app_state)]
