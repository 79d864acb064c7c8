"""What is due is erased, by each tenant's own days, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.clip_erasure import AT_ONCE
from service.clip_media import landmarks_of, video_of
from service.database import Database
from service.receipts import SETTLE
from service.retention import Retention
from service.settings import Settings
from service.storage import Storage
from service.tables import Clip, Workout
from tests.service.kept import FailingStorage, World

pytestmark = pytest.mark.anyio

SETTINGS = Settings(video_days=1, landmarks_days=30, results_days=100)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    made = World(database, tmp_path)
    yield made
    made.sessions.close()


async def sweep(world: World, storage: Storage | None = None) -> None:
    retention = Retention(world.database, storage or world.storage, SETTINGS, world.clock)
    for chore in retention.chores.values():
        await chore()


async def clip(world: World, clip_id: str) -> Clip:
    async with world.database.read() as session:
        return await session.get_one(Clip, clip_id)


async def test_each_kind_goes_in_its_time(world: World) -> None:
    await world.tenant("acme")
    clip_id = await world.everything("acme", "ann")
    world.pass_time(hours=23)
    await sweep(world)
    assert len(world.files()) == 2
    world.pass_time(hours=1)
    await sweep(world)
    assert world.files() == [landmarks_of(clip_id)]
    before = await clip(world, clip_id)
    assert (before.video_erased_at, before.landmarks_bytes) == (world.now, 9)
    world.pass_time(days=29)
    await sweep(world)
    assert world.files() == []
    after = await clip(world, clip_id)
    assert (after.landmarks_bytes, after.version) == (None, before.version + 1)
    assert after.video_erased_at == before.video_erased_at
    world.pass_time(days=69)
    await sweep(world)
    assert await world.rows(Clip, Workout) == [1, 1]
    world.pass_time(days=1)
    await sweep(world)
    assert await world.rows(Clip, Workout) == [0, 0]


async def test_a_tenants_own_days_go_before_the_settings(world: World) -> None:
    await world.tenant("plain")
    await world.tenant("strict", video_days=0, landmarks_days=0, results_days=0.5)
    await world.tenant("lasting", video_days=10, landmarks_days=365, results_days=365)
    names = ("plain", "strict", "lasting")
    ids = {name: await world.everything(name, "ann") for name in names}
    await sweep(world)
    assert len(world.files()) == 6  # nothing is erased that was just done with
    world.pass_time(seconds=SETTLE.total_seconds())
    await sweep(world)
    gone = {video_of(ids["strict"]), landmarks_of(ids["strict"])}
    assert gone.isdisjoint(world.files())
    assert len(world.files()) == 4
    world.pass_time(days=2)
    await sweep(world)
    assert video_of(ids["plain"]) not in world.files()
    assert video_of(ids["lasting"]) in world.files()
    assert await world.rows(Clip, Workout) == [2, 2]
    world.pass_time(days=100)
    await sweep(world)
    assert world.files() == [landmarks_of(ids["lasting"])]
    assert await world.rows(Clip, Workout) == [1, 1]


@pytest.mark.parametrize("status", ["uploading", "queued", "running"])
async def test_a_clip_that_is_not_done_with_stays(world: World, status: str) -> None:
    await world.tenant("acme")
    await world.clip("acme", "ann", status)
    world.pass_time(days=1000)
    await sweep(world)
    assert len(world.files()) == 2
    assert await world.rows(Clip) == [1]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_the_video_of_a_clip_that_was_not_counted_goes_too(world: World, status: str) -> None:
    await world.tenant("acme")
    clip_id = await world.clip("acme", "ann", status, landmarks_bytes=None)
    world.pass_time(days=1)
    await sweep(world)
    assert (await clip(world, clip_id)).video_erased_at == world.now
    assert world.files() == []  # landmarks of a try that came to nothing neither


async def test_what_the_store_does_not_erase_is_not_said_to_be_gone(world: World) -> None:
    await world.tenant("acme")
    clip_id = await world.clip("acme", "ann")
    world.pass_time(days=1000)
    retention = Retention(
        world.database, FailingStorage(world.storage.store), SETTINGS, world.clock
    )
    for chore in (retention.erase_videos, retention.erase_landmarks, retention.erase_results):
        with pytest.raises(OSError, match="of 1 clips"):
            await chore()
    kept = await clip(world, clip_id)
    assert (kept.video_erased_at, kept.landmarks_bytes) == (None, 9)


async def test_more_than_a_batch(world: World) -> None:
    await world.tenant("acme")
    moments = {"created_at": world.now, "finished_at": world.now}
    async with world.database.write() as session:
        session.add_all(
            Clip(
                id=f"{number:032}",
                tenant_id="acme",
                key_id="k",
                name="a",
                wanted={},
                status="succeeded",
                **moments,
            )
            for number in range(AT_ONCE + 5)
        )
    world.pass_time(days=1000)
    await sweep(world)
    assert await world.rows(Clip) == [0]


def that_keeps(clip_id: str) -> type[Storage]:
    """It erases all but one clip's media."""

    class Keeping(Storage):
        __slots__ = ()

        async def erase(self, prefix: str) -> int:
            if clip_id in prefix:
                raise OSError(f"{prefix} stays")
            return await super().erase(prefix)

    return Keeping


async def test_what_cannot_be_erased_keeps_nothing_else(world: World) -> None:
    await world.tenant("acme", video_days=2, landmarks_days=3, results_days=50)
    await world.tenant("other")
    ids = [await world.everything("acme", "ann"), await world.everything("other", "ann")]
    ids.append(await world.clip("acme", "bob"))
    storage = that_keeps(ids[0])(world.storage.store)
    world.pass_time(days=1000)
    retention = Retention(world.database, storage, SETTINGS, world.clock)
    for chore in retention.chores.values():
        with pytest.raises(OSError, match="of 1 clips"):
            await chore()
    assert world.files() == [landmarks_of(ids[0]), video_of(ids[0])]
    assert await world.rows(Clip, Workout) == [1, 0]
    await sweep(world)
    assert (world.files(), await world.rows(Clip)) == ([], [0])
