"""What there is while the app runs: its state, and the work that goes on in the background."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio

from pose_engine.isolation import IsolatedClip
from service.allowances import Allowances
from service.answers import Answers
from service.auth import Authenticator, kept_secret
from service.clip_end import keep_end
from service.clip_erasure import expire_uploads
from service.clip_job import ClipJob
from service.clip_store import ClipStore
from service.connections import Connections
from service.core import Core
from service.courier import Courier
from service.database import Database
from service.deliveries import Deliveries, forget_deliveries
from service.desk import Desk
from service.endpoints import Endpoints
from service.erasure import Erasure
from service.guesses import Guesses
from service.harvest import Harvest
from service.janitor import Chore, Janitor
from service.metrics import Metrics
from service.outbound import Outbound
from service.places import Places
from service.quotas import forget_usage
from service.retention import Retention
from service.runner import ClipRunner
from service.sessions import SqliteSessions
from service.settings import Settings
from service.startup import Records, opened
from service.state import AppState
from service.storage import Storage
from service.stream import resume
from service.telemetry import NoSpans, Spans, Telemetry
from service.workout_store import WorkoutStore


@asynccontextmanager
async def running(
    settings: Settings, core: Core, metrics: Metrics, new_spans: Callable[[], Spans]
) -> AsyncIterator[AppState]:
    """The state while it lasts; raises what `service.startup.opened` does."""
    async with opened(settings) as records, anyio.create_task_group() as tasks:
        state = _state(settings, core, metrics, new_spans, records)
        tasks.start_soon(state.runner.run)
        tasks.start_soon(state.janitor.run)
        sender = Outbound(settings.webhook_networks)
        async with Courier(Deliveries(records.database), sender, metrics).working():
            try:
                yield state
            finally:  # a thread that counts is waited for, whatever ended the rest
                state.runner.stop()
                state.janitor.stop()
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
    database, storage = records.database, Storage.of(settings)
    clips = ClipStore(database, lease_s=settings.clip_lease_s)
    job = _clip_job(settings, core, clips, storage, metrics)
    quiet = Telemetry(Metrics(), NoSpans())  # what was measured already is not measured again
    resumed = partial(resume, core, settings.image_limits, sessions, quiet)
    connections = Connections()
    harvest = Harvest(database, sessions, resumed)
    erasure = Erasure(database, storage, sessions)
    chores = {"harvest": harvest.expired, "erasures": erasure.finish_all, "work": job.sweep}
    counting = anyio.CapacityLimiter(1)
    places = partial(Places, tenant_share=settings.tenant_share, user_share=settings.user_share)
    metrics.watch(connections.__len__)
    return AppState(
        settings=settings,
        core=core,
        clips=clips,
        storage=storage,
        runner=ClipRunner(clips, job, workers=settings.clip_workers),
        uploads=places("clips received", settings.max_uploads),
        event_streams=places("clips followed", settings.max_event_streams),
        posts=places("images and batches", settings.max_posts),
        inference=anyio.CapacityLimiter(settings.inference_workers),
        stills=anyio.CapacityLimiter(max(1, settings.inference_workers - 1)),
        turns=anyio.CapacityLimiter(settings.inference_workers),
        counting=counting,
        desk=Desk(core.library, counting),
        batches=anyio.CapacityLimiter(settings.max_batches),
        reading=anyio.CapacityLimiter(1),
        seats=places("live sessions", settings.max_sessions),
        sessions=sessions,
        database=database,
        tenants=records.tenants,
        endpoints=Endpoints(database, settings.webhook_networks),
        workouts=WorkoutStore(database),
        harvest=harvest,
        erasure=erasure,
        janitor=Janitor(
            chores | _old_things(settings, database, clips, storage), every_s=settings.janitor_s
        ),
        authenticator=Authenticator(records.keys, _secret(settings), sessions),
        guesses=Guesses(settings.unknown_keys_per_minute),
        allowances=Allowances(settings.requests_per_minute),
        answers=Answers(database),
        connections=connections,
        metrics=metrics,
        new_spans=new_spans,
    )


def _clip_job(
    settings: Settings, core: Core, clips: ClipStore, storage: Storage, metrics: Metrics
) -> ClipJob:
    return ClipJob(
        clips,
        storage,
        core,
        settings,
        open_clip=partial(IsolatedClip, decoder=settings.decoder_limits),
        after=keep_end,
        finished=metrics.clip_finished,
    )


def _old_things(
    settings: Settings, database: Database, clips: ClipStore, storage: Storage
) -> dict[str, Chore]:
    """What is erased in its time."""
    return {
        "uploads": partial(expire_uploads, clips, storage),
        "answers": Answers(database).forget_old,
        "usage": partial(forget_usage, database),
        "deliveries": partial(forget_deliveries, database),
        **Retention(database, storage, settings).chores,
    }


def _secret(settings: Settings) -> bytes:
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value().encode()
    return kept_secret(settings.folder / "token-secret")
