"""Uploads that somebody else has ended meanwhile."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from obstore.store import LocalStore
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.auth import Caller
from service.clip_intake import PART, begin, finish, new_clip, receive
from service.clip_media import video_of
from service.clip_options import ClipOptions
from service.clip_store import ClipStore
from service.core import Core
from service.database import Database
from service.errors import ServiceError
from service.settings import Settings
from service.state import AppState
from service.storage import Storage
from service.tables import Clip, Usage
from service.tenants import Tenants, now_utc
from tests.service.fakes import FakeEngine, FakeLibrary

pytestmark = pytest.mark.anyio


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[AppState]:
    async with state_of(Settings(data=tmp_path, max_queued_clips=2)) as state:
        yield state


@asynccontextmanager
async def state_of(settings: Settings) -> AsyncIterator[AppState]:
    database = Database(settings.database_url)
    await database.upgrade()
    await Tenants(database).add("app", "test")
    clips = ClipStore(database, lease_s=60)
    runner = SimpleNamespace(wake=lambda: None)
    parts = SimpleNamespace(
        settings=settings,
        database=database,
        clips=clips,
        storage=Storage.of(settings),
        runner=runner,
        core=Core(FakeEngine(), FakeLibrary()),
    )
    yield cast(AppState, parts)
    await database.aclose()


def new(one: str, key_id: str = "") -> Clip:
    return Clip(
        id=one * 32, tenant_id="app", key_id=key_id, name="a", created_at=now_utc(), length=3,
        status="uploading", wanted={"exercise": "squat", "fps": 15},
    )  # fmt: skip


@pytest.fixture
async def clip(state: AppState) -> Clip:
    clip = new("a")
    await state.clips.begin(clip, max_waiting=10, max_of_tenant=10)
    return clip


async def test_another_request_may_have_ended_it_well(state: AppState, clip: Clip) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"abc"
        await state.clips.complete(clip.id)

    kept: list[str] = []

    async def keep(_: AsyncSession, row: Clip) -> None:
        kept.append(row.id)

    assert await receive(state, clip, 0, chunks(), 10) == 3
    assert (await finish(state, clip.id, keep)).status == "queued"
    assert kept == [clip.id]
    assert await state.storage.size(video_of(clip.id)) == 3


async def in_one_request(state: AppState) -> Clip:
    clip = new_clip(state, Caller("app"), ClipOptions(exercise="squat"), in_one=True)
    await state.clips.begin(clip, max_waiting=10, max_of_tenant=10)
    return clip


async def expires_at(state: AppState, clip: Clip) -> datetime:
    kept = await state.clips.find(clip.id)
    assert kept is not None
    assert kept.upload_expires_at is not None
    return kept.upload_expires_at


async def test_what_is_left_of_one_request_goes_an_hour_after_its_last_part(
    state: AppState,
) -> None:
    clip = await in_one_request(state)

    async def chunks() -> AsyncIterator[bytes]:
        assert clip.created_at + PART <= await expires_at(state, clip) <= now_utc() + PART
        yield b"abc"

    began = now_utc()
    await receive(state, clip, 0, chunks(), 10, in_one=True)
    assert began + PART <= await expires_at(state, clip) <= now_utc() + PART


async def test_but_no_later_than_any_upload(tmp_path: Path) -> None:
    async with state_of(Settings(data=tmp_path, upload_expires_s=60)) as short:
        clip = await in_one_request(short)
        latest = clip.created_at + timedelta(minutes=1)

        async def chunks() -> AsyncIterator[bytes]:
            assert await expires_at(short, clip) == latest
            yield b"abc"

        await receive(short, clip, 0, chunks(), 10, in_one=True)
        assert await expires_at(short, clip) == latest


@pytest.mark.parametrize("erased", [False, True])
async def test_what_is_given_up_is_gone(state: AppState, clip: Clip, erased: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"abc"
        await state.clips.cancel(Caller("app"), clip.id)
        if erased:
            await state.clips.forget(clip.id)

    with pytest.raises(ServiceError) as caught:
        await receive(state, clip, 0, chunks(), 10)
    assert caught.value.code == "gone"
    assert await state.storage.size(video_of(clip.id)) == 0
    with pytest.raises(ServiceError, match="given up"):
        await finish(state, clip.id)


class Failing(LocalStore):
    """As where a folder is erased while something is written there."""

    async def put_async(self, path: str, file: Any, **options: Any) -> Any:
        raise OSError("there is no such folder")


async def test_a_store_fails_only_where_the_upload_goes_on(
    state: AppState, clip: Clip, tmp_path: Path
) -> None:
    parts = vars(state) | {"storage": Storage(Failing(tmp_path))}
    failing = cast(AppState, SimpleNamespace(**parts))

    async def chunks(given_up: bool) -> AsyncIterator[bytes]:
        yield b"abc"
        if given_up:
            await state.clips.cancel(Caller("app"), clip.id)

    with pytest.raises(OSError, match="no such folder"):
        await receive(failing, clip, 0, chunks(given_up=False), 10)
    with pytest.raises(ServiceError, match="given up"):
        await receive(failing, clip, 0, chunks(given_up=True), 10)


async def test_what_is_refused_takes_nothing(state: AppState, clip: Clip) -> None:
    """A full queue nothing of the day's quota, a used up quota no place in the queue."""

    def of(key_id: str) -> Caller:
        return Caller("app", key_id=key_id, clips_per_day=1)

    await begin(state, of("k"), new("b", "k"))
    with pytest.raises(ServiceError, match="2 clips are waiting"):
        await begin(state, of("l"), new("c", "l"))
    await state.clips.forget(clip.id)
    await begin(state, of("l"), new("c", "l"))
    await state.clips.forget("b" * 32)
    with pytest.raises(ServiceError, match="1 clips a day"):
        await begin(state, of("k"), new("d", "k"))
    assert await state.clips.number("uploading") == 1


async def test_whoever_is_killed_leaves_no_clip_that_was_not_paid_for(state: AppState) -> None:
    def killed(_: Mapping[Any, Any]) -> None:
        raise InterruptedError

    state.database.listeners.append(killed)
    with pytest.raises(InterruptedError):
        await begin(state, Caller("app", key_id="k", clips_per_day=1), new("b"))
    async with state.database.read() as session:
        assert await session.scalar(select(Usage.clips)) == 1
    assert await state.clips.number("uploading") == 1
