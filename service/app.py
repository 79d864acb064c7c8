"""The ASGI app: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

import anyio
from fastapi import FastAPI

from service import clips, exercises, health, live, page, poses
from service.core import Core, Engine, Library
from service.errors import any_problem, handle_errors
from service.jobs import LocalJobs
from service.settings import Settings
from service.state import AppState, Lifespan


def create_app(settings: Settings, engine: Engine, library: Library) -> FastAPI:
    """The service over a loaded engine and library."""
    core = Core(engine, library)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[Lifespan]:
        state = _state(settings, core)
        yield {"blazereps": state}
        await anyio.to_thread.run_sync(state.jobs.close)

    app = FastAPI(
        title="blazereps",
        summary="Counts exercise repetitions: frames, clips or landmarks in, explained reps out.",
        description="Live sessions speak over the WebSocket /v1/live, see docs/protocol.md.",
        version=version("blazereps"),
        lifespan=lifespan,
        responses=any_problem(),
        docs_url=None,  # FastAPI's own pages load scripts from a CDN; page.py has ours
        redoc_url=None,
    )
    handle_errors(app)
    for module in (health, exercises, poses, clips, live, page):
        app.include_router(module.router)
    app.mount("/page", page.files)
    return app


def _state(settings: Settings, core: Core) -> AppState:
    jobs = LocalJobs(
        partial(clips.count_job, core=core, settings=settings),
        workers=settings.clip_workers,
        max_queued=settings.max_queued_clips,
        max_kept=settings.max_clip_results,
        keep_s=settings.clip_result_s,
    )
    return AppState(
        settings=settings,
        core=core,
        jobs=jobs,
        inference=anyio.CapacityLimiter(settings.inference_workers),
        seats=anyio.Semaphore(settings.max_sessions),
    )
