"""Tenants and keys: made, rotated, revoked, expired; each act is written down."""

from collections.abc import Sequence
from datetime import timedelta

import anyio
import pytest

from service.database import Database
from service.errors import ServiceError
from service.tables import Key, Tenant
from service.tenants import MAX_KEYS, SCOPES, Tenants, digest_of, new_key
from tests.service.clocks import Clock
from tests.service.databases import until_somebody_waits

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tenants(database: Database, clock: Clock) -> Tenants:
    made = Tenants(database, clock)
    await made.add("acme", "command")
    return made


async def good(tenants: Tenants, secrets: Sequence[str]) -> list[bool]:
    return [await tenants.key_with(digest_of(secret)) is not None for secret in secrets]


async def acts(tenants: Tenants) -> list[str]:
    return [act.act for act in await tenants.acts("acme", None, 100)]


async def test_a_name_is_given_once(tenants: Tenants) -> None:
    with pytest.raises(ServiceError, match="already"):
        await tenants.add("acme", "command")
    assert [tenant.id for tenant in await tenants.after("", 10)] == ["acme"]


@pytest.mark.parametrize("name", ["", "a/b", "A", "-a", "a" * 64, "a\n"])
async def test_a_name_has_no_slash(tenants: Tenants, name: str) -> None:
    with pytest.raises(ServiceError, match="1 to 63"):
        await tenants.add(name, "command")


async def test_of_changes_at_once_the_last_stays_whole(
    database: Database, tenants: Tenants
) -> None:
    kept = ("video_days", "landmarks_days", "results_days")

    async def change(*days: float) -> None:
        await tenants.change("acme", "command", **dict(zip(kept, days, strict=True)))

    await change(1, 2, 30)
    async with anyio.create_task_group() as tasks, database.write() as session:
        await session.get_one(Tenant, "acme", with_for_update=True)
        tasks.start_soon(change, 1, 1, 1)
        tasks.start_soon(change, 2, 2, 2)
        await until_somebody_waits(database, 2)
    tenant = await tenants.get("acme")
    assert len({getattr(tenant, name) for name in kept}) == 1


async def test_servers_that_start_together_have_one_tenant(database: Database) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(Tenants(database).ensure_local)
    assert [tenant.id for tenant in await Tenants(database).after("", 10)] == ["local"]


async def test_of_rotations_at_once_each_secret_is_good(tenants: Tenants) -> None:
    key, first = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    told = [first]

    async def rotate() -> None:
        told.append((await tenants.rotate("acme", key.id, "command", overlap_s=60))[1])

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(rotate)
    assert await good(tenants, told) == [True] * 5


async def test_a_key_opens_the_door_with_its_digest_only(tenants: Tenants) -> None:
    key, secret = await tenants.add_key("acme", "command", name="app", scopes=["read"])
    found = await tenants.key_with(digest_of(secret))
    assert found is not None
    assert (found.id, found.tenant_id, found.scopes) == (key.id, "acme", ["read"])
    assert await tenants.key_with(digest_of(new_key())) is None
    assert secret not in repr(vars(found))


async def test_a_rotated_key_is_good_for_a_while(tenants: Tenants, clock: Clock) -> None:
    key, old = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    _, new = await tenants.rotate("acme", key.id, "command", overlap_s=60)
    for secret in (old, new):
        assert await tenants.key_with(digest_of(secret)) is not None
    clock.advance(seconds=60)
    assert await tenants.key_with(digest_of(old)) is None
    assert await tenants.key_with(digest_of(new)) is not None


async def test_a_second_rotation_takes_nothing_of_the_first_ones_time(
    tenants: Tenants, clock: Clock
) -> None:
    key, first = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    told = [first]
    for _ in range(2):
        told.append((await tenants.rotate("acme", key.id, "command", overlap_s=60))[1])
        clock.advance(seconds=30)
    assert await good(tenants, told) == [False, True, True]


async def test_a_shorter_rotation_ends_those_before_with_it(tenants: Tenants) -> None:
    key, first = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    _, second = await tenants.rotate("acme", key.id, "command", overlap_s=60)
    _, third = await tenants.rotate("acme", key.id, "command", overlap_s=0)
    assert await good(tenants, [first, second, third]) == [False, False, True]


async def test_an_expired_key_is_good_no_more(tenants: Tenants, clock: Clock) -> None:
    expires_at = clock.now + timedelta(days=1)
    key, secret = await tenants.add_key(
        "acme", "command", name="app", scopes=SCOPES, expires_at=expires_at
    )
    clock.advance(days=1)
    assert await tenants.key_with(digest_of(secret)) is None
    assert await tenants.key(key.id) is None


async def test_keys_that_are_good_no_more_open_no_door_to_everybody(
    tenants: Tenants, clock: Clock
) -> None:
    assert not await tenants.any_key()
    soon = clock.now + timedelta(days=1)
    key, _ = await tenants.add_key("acme", "command", name="app", scopes=SCOPES, expires_at=soon)
    clock.now = soon
    with pytest.raises(ServiceError, match="over already"):
        await tenants.add_key("acme", "command", name="app", scopes=SCOPES, expires_at=soon)
    assert await tenants.any_key()
    await tenants.revoke("acme", key.id, "command")
    assert await tenants.any_key()
    await tenants.remove("acme", "command")
    assert not await tenants.any_key()


async def test_a_revoked_key_is_good_no_more(tenants: Tenants) -> None:
    key, secret = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    await tenants.revoke("acme", key.id, "command")
    assert await tenants.key_with(digest_of(secret)) is None
    assert await tenants.keys("acme") == []
    with pytest.raises(ServiceError, match="no key"):
        await tenants.rotate("acme", key.id, "command", overlap_s=0)


async def test_another_tenants_key_is_none(tenants: Tenants) -> None:
    await tenants.add("other", "command")
    key, _ = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    with pytest.raises(ServiceError, match="no key"):
        await tenants.revoke("other", key.id, "command")


async def test_keys_are_limited(tenants: Tenants, database: Database, clock: Clock) -> None:
    async with database.write() as session:
        for number in range(MAX_KEYS):
            session.add(Key(id=str(number), tenant_id="acme", name="", digest=str(number),
                            scopes=[], created_at=clock.now))  # fmt: skip
    with pytest.raises(ServiceError, match=f"{MAX_KEYS} keys"):
        await tenants.add_key("acme", "command", name="app", scopes=SCOPES)


async def test_keys_that_have_expired_give_way(tenants: Tenants, clock: Clock) -> None:
    soon = clock.now + timedelta(days=1)
    for _ in range(MAX_KEYS):
        await tenants.add_key("acme", "command", name="app", scopes=SCOPES, expires_at=soon)
    with pytest.raises(ServiceError, match=f"{MAX_KEYS} keys"):
        await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    clock.now = soon
    key, _ = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    assert [one.id for one in await tenants.keys("acme")] == [key.id]


async def test_an_erased_tenant_takes_its_keys_along(tenants: Tenants) -> None:
    _, secret = await tenants.add_key("acme", "command", name="app", scopes=SCOPES)
    await tenants.remove("acme", "command")
    assert await tenants.key_with(digest_of(secret)) is None
    with pytest.raises(ServiceError, match="no tenant"):
        await tenants.get("acme")


async def test_acts_are_written_down_and_stay(tenants: Tenants, clock: Clock) -> None:
    key, _ = await tenants.add_key("acme", "key:1", name="app", scopes=SCOPES)
    for act in (tenants.rotate("acme", key.id, "key:1", overlap_s=5),
                tenants.revoke("acme", key.id, "key:1"),
                tenants.change("acme", "key:1", video_days=3.0),
                tenants.remove("acme", "key:1")):  # fmt: skip
        clock.advance(seconds=1)
        await act
    wanted = ["tenant.removed", "tenant.changed", "key.revoked", "key.rotated"]
    assert (await acts(tenants))[:4] == wanted
    newest, *_ = await tenants.acts("acme", None, 1)
    assert newest.actor == "key:1"
    older = await tenants.acts("acme", (newest.at, newest.id), 2)
    assert [act.act for act in older] == wanted[1:3]
