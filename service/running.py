"""What there is while the app runs: its state, and the work that goes on in the background."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
from sqlalchemy.ext.asyncio import AsyncSession

from pose_engine.isolation import IsolatedClip
from service.allowances import Allowances
from service.answers import Answers
from service.auth import Authenticator, kept_secret
from service.clip_job import ClipJob
from service.clip_store import ClipStore
from service.connections import Connections
from service.core import Core
from service.courier import Courier
from service.deliveries import Deliveries
from service.endpoints import Endpoints
from service.guesses import Guesses
from service.metrics import Metrics
from service.outbound import Outbound
from service.runner import EmbeddedRunner
from service.sessions import SqliteSessions
from service.settings import Settings
from service.startup import Records, opened
from service.state import AppState
from service.storage import Storage
from service.tables import Clip
from service.telemetry import Spans


@asynccontextmanager
async def running(
    settings: Settings, core: Core, metrics: Metrics, new_spans: Callable[[], Spans]
) -> AsyncIterator[AppState]:
    """The state while it lasts; raises what `service.startup.opened` does."""
    async with opened(settings) as records, anyio.create_task_group() as tasks:
        state = _state(settings, core, metrics, new_spans, records)
        tasks.start_soon(state.runner.run)
        sender = Outbound(settings.webhook_networks)
        async with Courier(Deliveries(records.database), sender, metrics).working():
            yield state
            state.runner.stop()
    state.sessions.close()


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
    clips = ClipStore(records.database, lease_s=settings.clip_lease_s)
    storage = Storage.of(settings)
    job = ClipJob(
        clips,
        storage,
        core,
        settings,
        open_clip=partial(IsolatedClip.open, decoder=settings.decoder_limits),
        after=_keep_nothing_more,
        finished=metrics.clip_finished,
    )
    connections = Connections()
    metrics.watch(connections.__len__)
    return AppState(
        settings=settings,
        core=core,
        clips=clips,
        storage=storage,
        runner=EmbeddedRunner(clips, job, workers=settings.clip_workers),
        event_streams=anyio.Semaphore(settings.max_event_streams),
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
