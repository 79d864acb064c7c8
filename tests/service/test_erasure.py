"""An end user is erased completely, whatever fails on the way, and nobody else is."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from blazereps_client.results import ClipResult
from service.clip_media import media_of, video_of
from service.clip_store import ClipStore, Lost
from service.database import Database
from service.deliveries import Deliveries
from service.erasure import Erasure
from service.errors import ServiceError, internal_error
from service.receipts import SETTLE, digest_of_user, was_erased
from service.sessions import Superseded
from service.storage import Storage
from service.tables import Answered, Clip, Receipt, Tenant
from service.tenants import Tenants
from tests.service.databases import until_somebody_waits
from tests.service.kept import FailingStorage, World
from tests.service.outbox import DELIVERED

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    made = World(database, tmp_path)
    for name in ("acme", "other"):
        await made.tenant(name)
    yield made
    made.sessions.close()


def erasure(world: World, storage: Storage | None = None) -> Erasure:
    return Erasure(world.database, storage or world.storage, world.sessions, world.clock)


async def test_all_of_him_goes_and_nothing_of_others(world: World) -> None:
    await world.everything("acme", "ann")
    others = [await world.everything("acme", "bob"), await world.everything("other", "ann")]
    receipt = await erasure(world).erase("acme", "ann")
    assert receipt.erased == {
        **{"workouts": 1, "sets": 3, "clips": 1},
        **{"live_sessions": 1, "deliveries": 1, "answers": 1},
    }
    assert (receipt.requested_at, receipt.completed_at) == (world.now, world.now)
    assert (receipt.user_digest, receipt.user_id) == (digest_of_user("ann"), None)
    assert receipt.media == []
    assert await world.of_users() == [2, 6, 2, 2, 2]
    kinds = ("landmarks", "video")
    assert world.files() == sorted(f"{media_of(one)}/{kind}" for one in others for kind in kinds)
    with pytest.raises(Superseded):
        world.sessions.touch("acme-ann", 1)
    world.sessions.touch("acme-bob", 1)


async def test_what_the_tenant_was_answered_of_him_goes_too(world: World) -> None:
    """With a key it may upload for anybody, and ask for the answer again."""
    users = ["ann", "Ann", 'a"nn_%', "bob"]
    async with world.database.write() as session:
        for number, user in enumerate(users):
            answer = Answered(tenant_id="acme", user_id="", key=str(number), fingerprint="f")
            answer.body = json.dumps({"user": user, "name": '"user":"ann"'}, separators=(",", ":"))
            answer.holder, answer.status = "h", 202
            answer.created_at = answer.leased_until = world.now
            session.add(answer)
    for number, user in enumerate(users[:3]):
        receipt = await erasure(world).erase("acme", user)
        assert receipt.erased["answers"] == 1
        async with world.database.read() as session:
            left = await session.scalars(select(Answered.key).order_by(Answered.key))
        assert [*left] == [str(one) for one in range(number + 1, 4)]


async def test_it_can_be_asked_for_again(world: World) -> None:
    await world.everything("acme", "ann")
    first = await erasure(world).erase("acme", "ann")
    again = await erasure(world).erase("acme", "ann")
    assert again.id != first.id
    assert set(again.erased.values()) == {0}
    assert again.completed_at == world.now


async def test_a_store_that_fails_is_tried_again_until_all_is_gone(world: World) -> None:
    await world.everything("acme", "ann")
    away = erasure(world, FailingStorage(world.storage.store))
    receipt = await away.erase("acme", "ann")
    assert receipt.completed_at is None
    assert await world.of_users() == [0] * 5  # nothing can be read of him any more
    await away.finish_all()
    assert len(world.files()) == 2
    world.pass_time(minutes=1)
    await erasure(world).finish_all()
    kept = await erasure(world).receipt("acme", receipt.id)
    assert (kept.completed_at, kept.user_id, kept.media) == (world.now, None, [])
    assert kept.erased["live_sessions"] == 1
    assert world.files() == []
    await erasure(world).finish_all()
    assert (await erasure(world).receipt("acme", receipt.id)).erased == kept.erased


@pytest.mark.parametrize("status", ["uploading", "running", "cancelled"])
async def test_who_was_just_writing_media_leaves_none(world: World, status: str) -> None:
    clip_id = await world.clip("acme", "ann", status)
    receipt = await erasure(world).erase("acme", "ann")
    assert receipt.completed_at is None
    clips = ClipStore(world.database, lease_s=60, clock=world.clock)
    with pytest.raises(Lost):
        await clips.receive(clip_id, 5, world.now)
    await world.storage.put(f"{video_of(clip_id)}/late.bin", b"the part that was on its way")
    world.pass_time(seconds=SETTLE.total_seconds() - 1)
    await world.storage.put(f"{video_of(clip_id)}/later.bin", b"another")
    await erasure(world).finish_all()
    assert (await erasure(world).receipt("acme", receipt.id)).completed_at is None
    await world.storage.put(f"{video_of(clip_id)}/last.bin", b"and another")
    world.pass_time(seconds=1)
    await erasure(world).finish_all()
    assert (await erasure(world).receipt("acme", receipt.id)).completed_at == world.now
    assert [path for path in world.folder.rglob("*") if path.is_file()] == []


async def test_who_counts_a_clip_of_his_keeps_nothing(world: World) -> None:
    await world.clip("acme", "ann", "queued", finished_at=None, landmarks_bytes=None)
    clips = ClipStore(world.database, lease_s=60, clock=world.clock)
    claimed = await clips.claim()
    assert claimed is not None
    await erasure(world).erase("acme", "ann")
    with pytest.raises(Lost):
        await clips.renew(claimed, 0.5)


async def test_who_is_just_keeping_something_of_his_is_waited_for(world: World) -> None:
    async with anyio.create_task_group() as tasks, world.database.write() as session:
        assert not await was_erased(session, "acme", "ann", since=world.now)
        tasks.start_soon(erasure(world).erase, "acme", "ann")
        await until_somebody_waits(world.database)
        await world.keep(session, "acme", "ann")
    assert await world.of_users() == [0] * 5
    async with world.database.write() as session:
        assert await was_erased(session, "acme", "ann", since=world.now)
        assert not await was_erased(session, "acme", "bob", since=world.now)


@pytest.mark.parametrize("whole_tenant", [False, True])
async def test_a_clip_that_ends_meanwhile_is_waited_for(world: World, whole_tenant: bool) -> None:
    await world.clip("acme", "ann", "queued", finished_at=None, landmarks_bytes=None)
    clips = ClipStore(world.database, lease_s=60, clock=world.clock)
    claimed = await clips.claim()
    assert claimed is not None

    async def after(session: AsyncSession, _: Clip, __: ClipResult | None) -> None:
        if whole_tenant:
            tasks.start_soon(Tenants(world.database, world.clock).remove, "acme", "command")
        else:
            tasks.start_soon(erasure(world).erase, "acme", "ann")
        await until_somebody_waits(world.database)
        await world.tell(session, "acme", "ann")
        await world.keep(session, "acme", "ann")

    async with anyio.create_task_group() as tasks:
        await clips.fail(claimed, internal_error().problem, after)
    assert await world.of_users() == [0] * 5


@pytest.mark.parametrize("whole_tenant", [False, True])
async def test_who_records_a_delivery_meanwhile_is_waited_for(
    world: World, whole_tenant: bool
) -> None:
    await world.everything("acme", "ann")
    deliveries = Deliveries(world.database, clock=world.clock)
    claimed = await deliveries.claim()
    assert claimed is not None
    async with anyio.create_task_group() as tasks, world.database.write() as session:
        await session.scalars(select(Answered).with_for_update())  # erased after deliveries
        if whole_tenant:
            tasks.start_soon(Tenants(world.database, world.clock).remove, "acme", "command")
        else:
            tasks.start_soon(erasure(world).erase, "acme", "ann")
        await until_somebody_waits(world.database)
        tasks.start_soon(deliveries.record, claimed, DELIVERED)
        await until_somebody_waits(world.database, 2)
    assert await world.of_users() == [0] * 5


async def test_an_upload_that_began_before_is_refused(world: World) -> None:
    clip = Clip(id="0" * 32, tenant_id="acme", user_id="ann", status="uploading", name="a.mp4")
    clip.key_id, clip.wanted, clip.created_at = "k", {}, world.now
    await erasure(world).erase("acme", "ann")
    clips = ClipStore(world.database, lease_s=60, clock=world.clock)
    with pytest.raises(ServiceError, match="erased"):
        await clips.begin(clip, max_waiting=10, max_of_tenant=10)
    assert await world.rows(Clip) == [0]


async def test_what_he_begins_afterwards_stays(world: World) -> None:
    await world.clip("acme", "ann", "running")
    await erasure(world).erase("acme", "ann")
    world.pass_time(seconds=1)
    await world.everything("acme", "ann")
    world.pass_time(minutes=10)
    await erasure(world).finish_all()
    assert await world.of_users() == [1, 3, 1, 1, 1]
    world.sessions.touch("acme-ann", 1)
    assert len(world.files()) == 2


async def test_a_tenants_removal_erases_its_media_too(world: World) -> None:
    await world.everything("acme", "ann")
    await world.clip("acme", None)
    stays = await world.everything("other", "ann")
    world.sessions.begin("keys-own", "token", "acme", "{}")
    tenants = Tenants(world.database, world.clock)
    await tenants.remove("acme", "command")
    (act,) = (act for act in await tenants.acts("acme", None, 10) if act.act == "tenant.removed")
    assert await world.rows(Tenant, Receipt) == [1, 1]
    assert len(world.files()) == 6
    await erasure(world).finish_all()
    receipt = await erasure(world).receipt(None, act.detail["receipt_id"])
    assert (receipt.completed_at, receipt.user_digest) == (world.now, None)
    assert (receipt.erased["clips"], receipt.erased["live_sessions"]) == (2, 2)
    assert world.files() == [f"{media_of(stays)}/{kind}" for kind in ("landmarks", "video")]
    assert await world.of_users() == [1, 3, 1, 1, 1]


async def test_a_clip_that_cannot_be_erased_keeps_no_other(world: World) -> None:
    for _ in range(3):
        await world.clip("acme", "ann")
    receipt = await erasure(world, FailingStorage(world.storage.store)).erase("acme", "ann")
    stuck = receipt.media[0]

    class Stuck(Storage):
        async def erase(self, prefix: str) -> int:
            if prefix == stuck:
                raise OSError(f"{prefix} stays")
            return await super().erase(prefix)

    with anyio.fail_after(10):
        while len(world.files()) > 2:
            await erasure(world, Stuck(world.storage.store)).finish_all()
    assert (await erasure(world).receipt("acme", receipt.id)).completed_at is None


async def test_receipts_are_the_tenants_own(world: World) -> None:
    receipt = await erasure(world).erase("acme", "ann")
    with pytest.raises(ServiceError, match="no receipt"):
        await erasure(world).receipt("other", receipt.id)
    with pytest.raises(ServiceError, match="no tenant"):
        await erasure(world).erase("nobody", "ann")
