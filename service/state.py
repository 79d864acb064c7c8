"""What every request reaches: the settings, the loaded core and what is shared between sessions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypedDict, cast

import anyio
from fastapi import Depends
from starlette.requests import HTTPConnection

from service.auth import Authenticator
from service.clip_store import ClipStore
from service.connections import Connections
from service.core import Core
from service.database import Database
from service.jobs import ClipJobs
from service.metrics import Metrics
from service.sessions import SessionStore
from service.settings import Settings
from service.storage import Storage
from service.telemetry import Spans
from service.tenants import Tenants


@dataclass(frozen=True, slots=True)
class AppState:
    """One a running app."""

    settings: Settings
    core: Core
    jobs: ClipJobs
    clips: ClipStore
    storage: Storage
    wake_runner: Callable[[], None]
    """A clip waits to be counted."""
    event_streams: anyio.Semaphore
    """How many more clips may be followed at once."""
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
