"""The ASGI app: wiring only."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import anyio
from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from service import (
    admin,
    asyncapi,
    clip_events,
    clip_landmarks,
    clip_uploads,
    clips,
    exercises,
    health,
    live,
    page,
    poses,
    scrape,
    tokens,
    tus,
)
from service.access import authenticated
from service.auth import Authenticator, kept_secret
from service.clip_store import ClipStore
from service.connections import Connections
from service.core import Core, Engine, Library
from service.errors import any_problem, handle_errors, problems
from service.jobs import LocalJobs, count_job
from service.metrics import Metrics
from service.sessions import SqliteSessions
from service.settings import Settings
from service.startup import Records, opened
from service.state import AppState, Lifespan
from service.storage import Storage
from service.telemetry import NoSpans, Spans
from service.tus_protocol import SENT_HEADERS, TOLD_HEADERS, TusMiddleware

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

ASKED_HEADERS: Final = ("Authorization", "Content-Type", "If-None-Match", "Last-Event-ID")


def create_app(
    settings: Settings,
    engine: Engine,
    library: Library,
    tracer_provider: "TracerProvider | None" = None,
) -> FastAPI:
    """The service over a loaded engine and library; spans go to the provider or the process's."""
    core, metrics = Core(engine, library), Metrics()
    new_spans = _spans_by(tracer_provider)

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Lifespan]:
        async with opened(settings) as records:
            state = _state(settings, core, metrics, new_spans, records)
            running.state.drain = partial(state.connections.drain, settings.drain_s)
            yield {"blazereps": state}
            await anyio.to_thread.run_sync(state.jobs.close)
            state.sessions.close()

    app = FastAPI(
        title="blazereps",
        summary="Counts exercise repetitions: frames, clips or landmarks in, explained reps out.",
        description="Live sessions speak over the WebSocket /v1/live, see docs/protocol.md.",
        version=version("blazereps"),
        lifespan=lifespan,
        responses=any_problem(),
        docs_url=None,  # FastAPI's own pages load scripts from a CDN; page.py has ours
        redoc_url=None,
        # Exceptions, as FastAPI would export them, hold what the log leaves out.
        telemetry={"tracer_provider": tracer_provider, "logs": False},
    )
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[*settings.allowed_origins],
            allow_methods=["*"],
            allow_headers=[*ASKED_HEADERS, *SENT_HEADERS],
            expose_headers=[*TOLD_HEADERS, "ETag", "Retry-After"],
        )
    app.add_middleware(TusMiddleware)
    handle_errors(app, metrics.failed)
    for module in (health, live, page, asyncapi):
        app.include_router(module.router)
    clip_modules = (clip_uploads, clips, clip_events, clip_landmarks, tus)
    for module in (exercises, poses, *clip_modules, tokens, admin, scrape):
        app.include_router(
            module.router,
            dependencies=[Depends(authenticated)],
            responses=problems("unauthorized"),
        )
    app.mount("/page", page.files)
    return app


def _spans_by(provider: "TracerProvider | None") -> Callable[[], Spans]:
    try:
        from service.spans import spans_by  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError:
        return NoSpans
    return spans_by(provider)


def _state(
    settings: Settings,
    core: Core,
    metrics: Metrics,
    new_spans: Callable[[], Spans],
    records: Records,
) -> AppState:
    jobs = LocalJobs(
        partial(count_job, core=core, settings=settings),
        workers=settings.clip_workers,
        max_queued=settings.max_queued_clips,
        max_kept=settings.max_clip_results,
        keep_s=settings.clip_result_s,
        finished=metrics.clip_finished,
    )
    sessions = SqliteSessions(
        settings.folder / "sessions.db", keep_s=settings.resume_s, most=settings.max_kept_sessions
    )
    connections = Connections()
    metrics.watch(open_sessions=connections.__len__, jobs=jobs)
    return AppState(
        settings=settings,
        core=core,
        jobs=jobs,
        clips=ClipStore(records.database, lease_s=60),
        storage=Storage.of(settings),
        wake_runner=lambda: None,
        event_streams=anyio.Semaphore(settings.max_event_streams),
        inference=anyio.CapacityLimiter(settings.inference_workers),
        counting=anyio.CapacityLimiter(1),
        seats=anyio.Semaphore(settings.max_sessions),
        sessions=sessions,
        database=records.database,
        tenants=records.tenants,
        authenticator=Authenticator(records.keys, _secret(settings), sessions),
        connections=connections,
        metrics=metrics,
        new_spans=new_spans,
    )


def _secret(settings: Settings) -> bytes:
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value().encode()
    return kept_secret(settings.folder / "token-secret")
