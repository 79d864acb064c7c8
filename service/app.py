"""The ASGI app: wiring only."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import anyio
from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy.ext.asyncio import AsyncSession

from pose_engine.isolation import IsolatedClip
from service import (
    admin,
    asyncapi,
    batches,
    clips,
    exercises,
    health,
    live,
    page,
    poses,
    scrape,
    tokens,
    webhooks,
)
from service.access import authenticated
from service.allowances import HEADERS, Allowances, TellAllowance
from service.answers import Answers
from service.auth import Authenticator, kept_secret
from service.bodies import BoundBodies
from service.clip_job import ClipJob
from service.clip_store import ClipStore
from service.connections import Connections
from service.core import Core, Engine, Library
from service.courier import Courier
from service.deliveries import Deliveries
from service.endpoints import Endpoints
from service.errors import any_problem, handle_errors, problems
from service.guesses import Guesses
from service.idempotency import NAME, REPLAYED
from service.metrics import Metrics
from service.outbound import Outbound
from service.runner import EmbeddedRunner
from service.sessions import SqliteSessions
from service.settings import Settings
from service.startup import Records, opened
from service.state import AppState, Lifespan
from service.storage import Storage
from service.tables import Clip
from service.telemetry import NoSpans, Spans

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
        async with opened(settings) as records, anyio.create_task_group() as tasks:
            state = _state(settings, core, metrics, new_spans, records)
            running.state.drain = partial(state.connections.drain, settings.drain_s)
            tasks.start_soon(state.runner.run)
            sender = Outbound(settings.webhook_networks)
            async with Courier(Deliveries(records.database), sender, metrics).working():
                yield {"blazereps": state}
            state.runner.stop()
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
    app.add_middleware(BoundBodies, max_bytes=settings.max_text_bytes)
    app.add_middleware(TellAllowance)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[*settings.allowed_origins],
            allow_methods=["*"],
            allow_headers=["authorization", "content-type", NAME],
            expose_headers=["Location", "Retry-After", REPLAYED, *HEADERS],
        )
    handle_errors(app, metrics.failed)
    for module in (health, live, page, asyncapi):
        app.include_router(module.router)
    for module in (exercises, poses, clips, batches, tokens, webhooks, admin, scrape):
        app.include_router(
            module.router,
            dependencies=[Depends(authenticated)],
            responses=problems("unauthorized", "too_many_requests"),
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
    sessions = SqliteSessions(
        settings.folder / "sessions.db", keep_s=settings.resume_s, most=settings.max_kept_sessions
    )
    connections = Connections()
    metrics.watch(connections.__len__)
    clips, storage = (
        ClipStore(records.database, lease_s=settings.clip_lease_s),
        Storage.of(settings),
    )
    job = ClipJob(
        clips,
        storage,
        core,
        settings,
        open_clip=partial(IsolatedClip.open, decoder=settings.decoder_limits),
        after=_keep_nothing_more,
        finished=metrics.clip_finished,
    )
    return AppState(
        settings=settings,
        core=core,
        clips=clips,
        storage=storage,
        runner=EmbeddedRunner(clips, job, workers=settings.clip_workers),
        inference=anyio.CapacityLimiter(settings.inference_workers),
        counting=anyio.CapacityLimiter(1),
        batches=anyio.CapacityLimiter(settings.max_batches),
        reading=anyio.CapacityLimiter(1),
        seats=anyio.Semaphore(settings.max_sessions),
        sessions=sessions,
        database=records.database,
        tenants=records.tenants,
        endpoints=Endpoints(records.database, settings.webhook_networks),
        authenticator=Authenticator(records.keys, _secret(settings), sessions),
        guesses=Guesses(settings.unknown_keys_per_minute),
        allowances=Allowances(settings.requests_per_minute),
        answers=Answers(records.database),
        connections=connections,
        metrics=metrics,
        new_spans=new_spans,
    )


async def _keep_nothing_more(_: AsyncSession, __: Clip) -> None: ...


def _secret(settings: Settings) -> bytes:
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value().encode()
    return kept_secret(settings.folder / "token-secret")
