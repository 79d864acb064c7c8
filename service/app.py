"""The ASGI app: wiring only."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from service import (
    admin,
    asyncapi,
    batches,
    clip_events,
    clip_landmarks,
    clip_uploads,
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
    tus,
    webhooks,
    workouts,
)
from service.access import authenticated
from service.allowances import HEADERS, TellAllowance
from service.bodies import Bodies, BoundBodies
from service.core import Core, Engine, Library
from service.error_handlers import handle_errors
from service.errors import any_problem, problems
from service.idempotency import NAME, REPLAYED
from service.lingering import LingeringClose
from service.metrics import Metrics
from service.running import running
from service.settings import Settings
from service.state import Lifespan
from service.telemetry import NoSpans, Spans
from service.tus_protocol import SENT_HEADERS, TOLD_HEADERS, TusMiddleware
from service.urls import check_url

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

ASKED_HEADERS: Final = (
    *("Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID", NAME),
)


def create_app(
    settings: Settings,
    engine: Engine,
    library: Library,
    tracer_provider: "TracerProvider | None" = None,
) -> FastAPI:
    """The service over a loaded engine and library; spans go to the provider or the process's."""
    core, metrics, bodies = Core(engine, library), Metrics(), Bodies()
    new_spans = _spans_by(tracer_provider)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Lifespan]:
        async with running(settings, core, metrics, new_spans) as state:
            app.state.drain = partial(state.connections.drain, settings.drain_s)
            app.state.break_off = bodies.break_off
            yield {"blazereps": state}

    app = FastAPI(
        title="blazereps",
        summary="Counts exercise repetitions: frames, clips or landmarks in, explained reps out.",
        description="Live sessions speak over the WebSocket /v1/live, see docs/protocol.md.",
        version=version("blazereps"),
        lifespan=lifespan,
        responses=any_problem(),
        docs_url=None,  # FastAPI's own pages load scripts from a CDN; page.py has ours
        openapi_url=None,
        redoc_url=None,
        # Exceptions, as FastAPI would export them, hold what the log leaves out.
        telemetry={"tracer_provider": tracer_provider, "logs": False},
    )
    app.add_middleware(
        BoundBodies, bodies=bodies, max_bytes=settings.max_text_bytes, idle_s=settings.idle_s
    )
    app.add_middleware(LingeringClose)
    app.add_middleware(TellAllowance)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[*settings.allowed_origins],
            allow_methods=["*"],
            allow_headers=[*ASKED_HEADERS, *SENT_HEADERS],
            expose_headers=[*TOLD_HEADERS, "ETag", "Retry-After", REPLAYED, *HEADERS],
        )
    app.add_middleware(TusMiddleware)
    handle_errors(app, metrics.failed)
    for module in (health, live, page, asyncapi):
        app.include_router(module.router)
    clip_modules = (clip_uploads, clips, clip_events, clip_landmarks, tus)
    kept_modules = (export, workouts, totals, erasures)
    others = (exercises, poses, batches, tokens, webhooks, admin, scrape)
    for module in (*clip_modules, *kept_modules, *others):
        app.include_router(
            module.router,
            dependencies=[Depends(authenticated), Depends(check_url)],
            responses=problems("unauthorized", "too_many_requests", "invalid_request"),
        )
    app.mount("/page", page.files)
    return app


def _spans_by(provider: "TracerProvider | None") -> Callable[[], Spans]:
    try:
        from service.spans import spans_by  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError:
        return NoSpans
    return spans_by(provider)
