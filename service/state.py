"""What every request reaches: the settings, the loaded core and what is shared between sessions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypedDict, cast

import anyio
from fastapi import Depends
from starlette.requests import HTTPConnection

from service.allowances import Allowances
from service.answers import Answers
from service.auth import Authenticator
from service.clip_store import ClipStore
from service.connections import Connections
from service.core import Core
from service.database import Database
from service.desk import Desk
from service.endpoints import Endpoints
from service.erasure import Erasure
from service.guesses import Guesses
from service.harvest import Harvest
from service.janitor import Janitor
from service.metrics import Metrics
from service.places import Places
from service.runner import ClipRunner
from service.sessions import SqliteSessions
from service.settings import Settings
from service.storage import Storage
from service.telemetry import Spans
from service.tenants import Tenants
from service.workout_store import WorkoutStore


@dataclass(frozen=True, slots=True)
class AppState:
    """One a running app."""

    settings: Settings
    core: Core
    clips: ClipStore
    storage: Storage
    runner: ClipRunner
    """Works on the clips that wait."""
    uploads: Places
    """To receive a clip."""
    event_streams: Places
    """To follow a clip."""
    posts: Places
    """To post a still image or a batch of landmarks."""
    inference: anyio.CapacityLimiter
    """Threads for live sessions with pictures, and still images."""
    stills: anyio.CapacityLimiter
    """How many images may be at such a thread: of several one is left for live sessions."""
    turns: anyio.CapacityLimiter
    """How many live sessions are at such a thread; a picture is chosen once it is its turn."""
    counting: anyio.CapacityLimiter
    """The thread for landmarks, live and posted: counting alone holds the interpreter's lock, so
    that of several threads all but one would wait for it, at a third more time in all."""
    desk: Desk
    """Where live landmarks go to that thread together."""
    batches: anyio.CapacityLimiter
    """Posted batches of landmarks that are in memory."""
    reading: anyio.CapacityLimiter
    """The thread that reads them: for a moment one takes many times its bytes."""
    seats: Places
    """Of live sessions."""
    sessions: SqliteSessions
    database: Database
    tenants: Tenants
    endpoints: Endpoints
    """Where tenants are told of what has happened."""
    workouts: WorkoutStore
    harvest: Harvest
    erasure: Erasure
    janitor: Janitor
    authenticator: Authenticator
    guesses: Guesses
    allowances: Allowances
    answers: Answers
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
