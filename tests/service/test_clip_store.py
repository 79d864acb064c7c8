"""Rows of clips: claimed once, fenced by epoch, taken on again after a silence, never backwards."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import anyio
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from blazereps_client.results import ClipResult
from service.auth import Caller
from service.clip_store import ClipStore, Lost, Wanted
from service.database import Database
from service.errors import ServiceError, internal_error
from service.tables import Clip, Tenant
from tests.service.worker import RESULT

pytestmark = pytest.mark.anyio

ACME = Caller("acme")
LEASE_S = 30


class Clock:
    now = datetime(2025, 1, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database: Database, clock: Clock) -> ClipStore:
    async with database.write() as session:
        session.add_all(Tenant(id=name, created_at=clock.now) for name in ("acme", "other"))
    return ClipStore(database, lease_s=LEASE_S, clock=clock)


IDS: Iterator[int] = count()


def uploading(at: datetime, tenant: str = "acme", user: str = "ann") -> Clip:
    return Clip(
        id=f"{next(IDS):032x}",
        tenant_id=tenant,
        user_id=user,
        key_id="",
        name="a",
        wanted=Wanted(exercise="auto", fps=15).model_dump(mode="json"),
        created_at=at,
        status="uploading",
    )


async def queued(store: ClipStore, clock: Clock, tenant: str = "acme", user: str = "ann") -> str:
    clock.advance(1)
    clip = uploading(clock.now, tenant, user)
    await store.begin(clip, max_waiting=1000, max_of_tenant=1000)
    await store.receive(clip.id, 10, clock.now)
    await store.complete(clip.id)
    return clip.id


async def nothing_more(_: AsyncSession, __: Clip, ___: ClipResult | None) -> None: ...


async def claimed(store: ClipStore) -> Clip:
    clip = await store.claim()
    assert clip is not None
    return clip


async def test_those_that_begin_at_once_keep_to_the_limits(store: ClipStore, clock: Clock) -> None:
    refused: list[tuple[str, str]] = []

    async def begin(tenant: str) -> None:
        clip = uploading(clock.now, tenant)
        try:
            await store.begin(clip, max_waiting=5, max_of_tenant=3)
        except ServiceError as error:
            refused.append((tenant, error.code))

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(begin, "acme")
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(begin, "other")
    assert sorted(refused) == [("acme", "queue_full")] * 3 + [("other", "queue_full")] * 4


async def test_the_one_that_waited_longest_comes_first(store: ClipStore, clock: Clock) -> None:
    ids = [await queued(store, clock) for _ in range(3)]
    assert [(await claimed(store)).id for _ in range(3)] == ids
    assert await store.claim() is None


async def test_a_tenant_with_many_clips_does_not_hold_up_another(
    store: ClipStore, clock: Clock
) -> None:
    first, _, third = [await queued(store, clock) for _ in range(3)]
    other = await queued(store, clock, "other")
    assert (await claimed(store)).id == first
    assert (await claimed(store)).id == other
    assert (await claimed(store)).id != third


async def test_of_many_who_claim_at_once_each_gets_another(store: ClipStore, clock: Clock) -> None:
    ids = {await queued(store, clock) for _ in range(8)}
    got: list[str] = []

    async def claim() -> None:
        got.append((await claimed(store)).id)

    async with anyio.create_task_group() as tasks:
        for _ in ids:
            tasks.start_soon(claim)
    assert sorted(got) == sorted(ids)


async def test_who_is_silent_for_too_long_has_lost_it(store: ClipStore, clock: Clock) -> None:
    await queued(store, clock)
    first = await claimed(store)
    clock.advance(LEASE_S - 1)
    await store.renew(first, 0.5, "checkpoint")
    clock.advance(LEASE_S - 1)
    assert await store.claim() is None
    clock.advance(2)
    second = await claimed(store)
    assert (second.id, second.checkpoint, second.attempts) == (first.id, "checkpoint", 2)
    for late in (
        store.renew(first, 0.9),
        store.succeed(first, RESULT, None, nothing_more),
        store.fail(first, internal_error().problem, nothing_more),
        store.give_back(first),
        store.put_off(first, 1),
    ):
        with pytest.raises(Lost):
            await late
    await store.succeed(second, RESULT, None, nothing_more)
    done = await store.get(ACME, first.id)
    assert (done.status, done.result) == ("succeeded", RESULT.model_dump(mode="json"))


async def test_progress_never_goes_backwards(store: ClipStore, clock: Clock) -> None:
    clip_id = await queued(store, clock)
    clip = await claimed(store)
    seen = []
    for progress in (0.1, 0.6, 0.3, 0.7):
        await store.renew(clip, progress)
        seen.append((await store.get(ACME, clip_id)).progress)
    assert seen == [0.1, 0.6, 0.6, 0.7]


async def test_what_is_given_back_goes_on_without_another_attempt(
    store: ClipStore, clock: Clock
) -> None:
    await queued(store, clock)
    clip = await claimed(store)
    await store.renew(clip, 0.5, "checkpoint")
    await store.give_back(clip)
    again = await claimed(store)
    assert (again.attempts, again.checkpoint) == (1, "checkpoint")


async def test_what_is_put_off_waits(store: ClipStore, clock: Clock) -> None:
    await queued(store, clock)
    await store.put_off(await claimed(store), 60)
    assert await store.claim() is None
    clock.advance(61)
    assert (await claimed(store)).attempts == 2


async def test_what_is_cancelled_is_nobodys(store: ClipStore, clock: Clock) -> None:
    clip_id = await queued(store, clock)
    clip = await claimed(store)
    assert (await store.cancel(ACME, clip_id)).status == "cancelled"
    with pytest.raises(Lost):
        await store.renew(clip, 0.5)
    assert await store.claim() is None
    assert (await store.cancel(ACME, clip_id)).status == "cancelled"


async def test_what_is_done_with_stays_as_it_is(store: ClipStore, clock: Clock) -> None:
    clip_id = await queued(store, clock)
    await store.succeed(await claimed(store), RESULT, 7, nothing_more)
    assert (await store.cancel(ACME, clip_id)).status == "succeeded"
    with pytest.raises(Lost):
        await store.complete(clip_id)


async def test_the_end_and_what_is_kept_with_it_are_one(
    store: ClipStore, clock: Clock, database: Database
) -> None:
    clip_id = await queued(store, clock)
    clip = await claimed(store)

    async def fails(session: AsyncSession, _: Clip, __: ClipResult | None) -> None:
        session.add(Tenant(id="new", created_at=clock.now))
        await session.flush()
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await store.succeed(clip, RESULT, None, fails)
    assert (await store.get(ACME, clip_id)).status == "running"
    async with database.read() as session:
        assert await session.get(Tenant, "new") is None


@pytest.mark.parametrize(
    ("tenant", "limits", "fault"),
    [
        ("acme", {"max_waiting": 2, "max_of_tenant": 9}, "2 clips are waiting"),
        ("acme", {"max_waiting": 9, "max_of_tenant": 1}, "1 clips of the tenant's are waiting"),
        ("other", {"max_waiting": 9, "max_of_tenant": 2}, None),
    ],
)
async def test_the_queue_is_bounded_and_each_tenants_share_of_it(
    store: ClipStore, clock: Clock, tenant: str, limits: dict[str, int], fault: str | None
) -> None:
    for one in ("acme", "other"):
        await queued(store, clock, one)
    clip = Clip(id="0" * 32, tenant_id=tenant, key_id="", name="", wanted={},
                created_at=clock.now, status="uploading")  # fmt: skip
    if fault is None:
        await store.begin(clip, **limits)
    else:
        with pytest.raises(ServiceError, match=fault):
            await store.begin(clip, **limits)
    assert await store.number("uploading", "queued") == (2 if fault else 3)


async def test_everybody_sees_his_own(store: ClipStore, clock: Clock) -> None:
    anns, bobs = await queued(store, clock), await queued(store, clock, user="bob")
    others = await queued(store, clock, "other")
    ann = replace(ACME, user="ann")
    assert [clip.id for clip in await store.page(ann, None, 10)] == [anns]
    assert [clip.id for clip in await store.page(ACME, None, 10)] == [bobs, anns]
    for caller, clip_id in ((ann, bobs), (ACME, others)):
        with pytest.raises(ServiceError, match="no clip"):
            await store.get(caller, clip_id)
        with pytest.raises(ServiceError, match="no clip"):
            await store.cancel(caller, clip_id)


async def test_pages_follow_each_other(store: ClipStore, clock: Clock) -> None:
    ids = [await queued(store, clock) for _ in range(5)]
    seen: list[str] = []
    before = None
    while page := await store.page(ACME, before, 2):
        seen += [clip.id for clip in page]
        before = (page[-1].created_at, page[-1].id)
    assert seen == ids[::-1]
