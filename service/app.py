"""The ASGI app: wiring only."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import anyio
from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from service import (
    admin,
    asyncapi,
    clips,
    erasures,
    exercises,
    export,
    health,
    live,
    page,
    poses,
    scrape,
    tokens,
    totals,
    workouts,
)
from service.access import authenticated
from service.auth import Authenticator, kept_secret
from service.connections import Connections
from service.core import Core, Engine, Library
from service.erasure import Erasure
from service.errors import any_problem, handle_errors, problems
from service.harvest import Harvest, resumer
from service.janitor import Janitor
from service.jobs import LocalJobs
from service.metrics import Metrics
from service.retention import Retention
from service.sessions import SqliteSessions
from service.settings import Settings
from service.startup import Records, opened
from service.state import AppState, Lifespan
from service.storage import Storage
from service.telemetry import NoSpans, Spans, Telemetry
from service.workout_store import WorkoutStore

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


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
            async with anyio.create_task_group() as behind:
                behind.start_soon(state.janitor.run)
                yield {"blazereps": state}
                behind.cancel_scope.cancel()
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
            allow_headers=["authorization", "content-type", "if-match"],
            expose_headers=["etag", "location"],
        )
    handle_errors(app, metrics.failed)
    for module in (health, live, page, asyncapi):
        app.include_router(module.router)
    for module in (
        exercises,
        poses,
        clips,
        export,
        workouts,
        totals,
        erasures,
        tokens,
        admin,
        scrape,
    ):
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
        partial(clips.count_job, core=core, settings=settings),
        workers=settings.clip_workers,
        max_queued=settings.max_queued_clips,
        max_kept=settings.max_clip_results,
        keep_s=settings.clip_result_s,
        finished=metrics.clip_finished,
    )
    sessions = SqliteSessions(
        settings.folder / "sessions.db", keep_s=settings.resume_s, most=settings.max_kept_sessions
    )
    database, connections = records.database, Connections()
    storage = Storage.of(settings)
    quiet = Telemetry(Metrics(), NoSpans())  # what was measured already is not measured again
    harvest = Harvest(database, sessions, resumer(core, settings.image_limits, sessions, quiet))
    erasure = Erasure(database, storage, sessions)
    metrics.watch(open_sessions=connections.__len__, jobs=jobs)
    return AppState(
        settings=settings,
        core=core,
        jobs=jobs,
        inference=anyio.CapacityLimiter(settings.inference_workers),
        counting=anyio.CapacityLimiter(1),
        seats=anyio.Semaphore(settings.max_sessions),
        sessions=sessions,
        database=database,
        tenants=records.tenants,
        workouts=WorkoutStore(database),
        harvest=harvest,
        erasure=erasure,
        janitor=Janitor(
            {"harvest": harvest.expired, "erasures": erasure.finish_all}
            | Retention(database, storage, settings).chores,
            every_s=settings.janitor_s,
        ),
        authenticator=Authenticator(records.keys, _secret(settings), sessions),
        connections=connections,
        metrics=metrics,
        new_spans=new_spans,
    )


def _secret(settings: Settings) -> bytes:
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value().encode()
    return kept_secret(settings.folder / "token-secret")
