"""Deliveries as rows: told in a transaction, claimed by one, tried again as the schedule says."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from service.database import Database
from service.deliveries import GIVE_UP_DAYS, KEPT_DAYS, LEASE_S, Tried, forget_deliveries, tell
from service.endpoints import MAX_FORMER
from service.retries import DELAYS_S, MAX_RETRY_AFTER_S, Outcome
from service.tables import Attempt, Endpoint
from tests.service.outbox import DELIVERED, FAILED, LATEST, Outbox, opened_outbox

pytestmark = pytest.mark.anyio

GONE = Tried(Outcome.GONE, 0.1, 410, excerpt="")


@pytest.fixture
async def outbox(database: Database) -> Outbox:
    return await opened_outbox(database)


async def endpoint(outbox: Outbox) -> Endpoint:
    (only,) = await outbox.endpoints.all(outbox.tenant)
    return only


async def exhaust(outbox: Outbox) -> list[str | None]:
    """Fail every try of what waits; why the endpoint was switched off, at each."""
    whys = []
    for delay_s in (*DELAYS_S, 0):
        whys.append(await outbox.fail())
        outbox.clock.advance(seconds=delay_s * LATEST)
    return whys


async def test_who_asked_is_told_and_nobody_else(database: Database, outbox: Outbox) -> None:
    asked = await outbox.add()
    await outbox.add(9000, "workout.ended")
    off = await outbox.add()
    await outbox.endpoints.change(outbox.tenant, off.id, "*", enabled=False)
    other = await opened_outbox(database, "other")
    await other.add()
    await outbox.tell(user="ann")
    row = await outbox.row()
    assert (row.endpoint_id, row.tenant_id, row.user_id) == (asked.id, "acme", "ann")
    assert (row.status, row.attempts, row.next_at) == ("pending", 0, outbox.clock())
    assert (await outbox.claim()).body == outbox.event("ann").model_dump_json().encode()


async def test_what_did_not_happen_is_not_told(outbox: Outbox) -> None:
    await outbox.add()

    async def broken() -> None:
        async with outbox.database.write() as session:
            await tell(session, outbox.tenant, None, outbox.event(), outbox.clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()
    assert await outbox.rows() == []


async def test_many_that_claim_at_once_share(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell(8)
    claims = await asyncio.gather(*(outbox.deliveries.claim() for _ in range(12)))
    claimed = [one.id for one in claims if one is not None]
    assert len(claimed) == len({*claimed})
    while (more := await outbox.deliveries.claim()) is not None:  # where others were faster
        claimed.append(more.id)
    assert sorted(claimed) == sorted(row.id for row in await outbox.rows())


async def test_the_endpoints_that_are_busy_are_left_out(outbox: Outbox) -> None:
    busy, free = await outbox.add(), await outbox.add()
    await outbox.tell(2)
    for _ in range(2):
        claimed = await outbox.deliveries.claim([busy.id])
        assert claimed is not None
        assert claimed.endpoint_id == free.id
    assert await outbox.deliveries.claim([busy.id]) is None


async def test_the_tenants_that_are_busy_are_left_out(outbox: Outbox) -> None:
    other = await outbox.another()
    for one in (outbox, other):
        await one.add()
        await one.tell()
    claimed = await outbox.deliveries.claim((), ["acme"])
    assert claimed is not None
    assert claimed.tenant_id == "other"
    assert await outbox.deliveries.claim((), ["acme"]) is None


async def test_what_was_delivered_is_done(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell()
    assert await outbox.deliveries.pending() == 1
    await outbox.deliveries.record(await outbox.claim(), DELIVERED)
    row = await outbox.row()
    assert (row.status, row.attempts, row.next_at) == ("delivered", 1, None)
    assert await outbox.deliveries.pending() == 0
    outbox.clock.advance(days=2)
    assert await outbox.deliveries.claim() is None


async def test_the_schedule_is_kept_and_ends(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell()
    for delay_s in DELAYS_S:
        began = outbox.clock()
        await outbox.fail()
        row = await outbox.row()
        assert row.next_at is not None
        assert abs((row.next_at - began).total_seconds() - delay_s) <= delay_s * (LATEST - 1)
        outbox.clock.now = row.next_at - timedelta(milliseconds=1)
        assert await outbox.deliveries.claim() is None
        outbox.clock.now = row.next_at
    await outbox.fail()
    row = await outbox.row()
    assert (row.status, row.attempts, row.next_at) == ("failed", 8, None)
    _, tries = await outbox.endpoints.delivery("acme", row.endpoint_id, row.id)
    assert [one.number for one in tries] == [*range(1, 9)]
    assert {(one.status_code, one.excerpt, one.fault) for one in tries} == {(500, "oh", None)}


@pytest.mark.parametrize(
    ("asked_s", "waits_s"), [(600, 600), (10**9, MAX_RETRY_AFTER_S)], ids=["longer", "too long"]
)
async def test_a_receiver_may_ask_for_time(outbox: Outbox, asked_s: float, waits_s: float) -> None:
    await outbox.add()
    await outbox.tell()
    await outbox.fail(replace(FAILED, retry_after_s=asked_s))
    assert (await outbox.row()).next_at == outbox.clock() + timedelta(seconds=waits_s)


async def test_who_is_silent_loses_it(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell()
    first = await outbox.claim()
    assert await outbox.deliveries.claim() is None
    outbox.clock.advance(seconds=LEASE_S)
    second = await outbox.claim()
    assert (second.id, second.attempt) == (first.id, 2)
    await outbox.deliveries.record(first, FAILED)
    row = await outbox.row()
    assert row.next_at == outbox.clock() + timedelta(seconds=LEASE_S)  # the second one's still
    await outbox.deliveries.record(second, DELIVERED)
    assert (await outbox.row()).status == "delivered"


async def test_what_is_given_back_is_due(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell()
    first = await outbox.claim()
    await outbox.deliveries.give_back(first)
    second = await outbox.claim()
    assert (second.id, second.attempt) == (first.id, 2)
    await outbox.deliveries.give_back(first)  # too late
    assert await outbox.deliveries.claim() is None
    _, tries = await outbox.endpoints.delivery("acme", first.endpoint_id, first.id)
    assert [bool(one.fault) for one in tries] == [True, False]


async def test_both_secrets_sign_for_a_while(outbox: Outbox) -> None:
    made = await outbox.add()
    rotated = await outbox.endpoints.rotate("acme", made.id, overlap_s=60)
    await outbox.tell(2)
    assert (await outbox.claim()).secrets == (rotated.secret, made.secret)
    outbox.clock.advance(seconds=60)
    assert (await outbox.claim()).secrets == (rotated.secret,)


async def test_where_nobody_listens_nothing_is_sent(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell(3)
    why = await outbox.fail(GONE)
    off = await endpoint(outbox)
    assert (off.disabled_at, off.disabled_why, off.version) == (outbox.clock(), why, 2)
    assert why is not None
    assert "410" in why
    assert [row.status for row in await outbox.rows()] == ["failed"] * 3
    await outbox.tell()
    assert len(await outbox.rows()) == 3


async def test_an_endpoint_that_takes_nothing_for_days_is_switched_off(outbox: Outbox) -> None:
    await outbox.add()
    began = outbox.clock()
    whys: list[str | None] = [None]
    while whys[-1] is None:
        assert outbox.clock() - began < timedelta(days=GIVE_UP_DAYS)
        await outbox.tell()
        whys = await exhaust(outbox)
    assert outbox.clock() - began >= timedelta(days=GIVE_UP_DAYS)
    assert whys == [None] * 7 + [f"it took nothing for {GIVE_UP_DAYS} days"]
    assert not (await endpoint(outbox)).enabled


async def test_one_that_takes_something_now_and_then_stays(outbox: Outbox) -> None:
    await outbox.add()
    for _ in range(GIVE_UP_DAYS + 1):
        await outbox.tell()
        await exhaust(outbox)
        await outbox.tell()
        await outbox.deliveries.record(await outbox.claim(), DELIVERED)
    assert (await endpoint(outbox)).enabled


async def test_switching_it_on_begins_anew(outbox: Outbox) -> None:
    made = await outbox.add()
    await outbox.tell()
    await outbox.fail()
    outbox.clock.advance(days=GIVE_UP_DAYS)
    await outbox.endpoints.change("acme", made.id, "*", enabled=False)
    assert (await outbox.row()).status == "failed"
    await outbox.endpoints.change("acme", made.id, "*", enabled=True)
    on = await endpoint(outbox)
    assert (on.enabled, on.disabled_why, on.failing_since) == (True, None, None)


async def test_what_fails_while_it_is_switched_off_stays_failed(outbox: Outbox) -> None:
    made = await outbox.add()
    await outbox.tell(2)
    under_way, other = await outbox.claim(), await outbox.claim()
    await outbox.endpoints.change("acme", made.id, "*", enabled=False)
    await outbox.deliveries.record(under_way, FAILED)
    await outbox.deliveries.record(other, DELIVERED)
    assert sorted(row.status for row in await outbox.rows()) == ["delivered", "failed"]


async def test_a_second_rotation_takes_nothing_of_the_first_ones_time(outbox: Outbox) -> None:
    first = (made := await outbox.add()).secret
    await outbox.tell(3)
    second = (await outbox.endpoints.rotate("acme", made.id, overlap_s=60)).secret
    outbox.clock.advance(seconds=30)
    rotated = await outbox.endpoints.rotate("acme", made.id, overlap_s=60)
    assert rotated.previous_until == outbox.clock() + timedelta(seconds=60)
    assert (await outbox.claim()).secrets == (rotated.secret, second, first)
    outbox.clock.advance(seconds=30)
    assert (await outbox.claim()).secrets == (rotated.secret, second)
    last = await outbox.endpoints.rotate("acme", made.id, overlap_s=0)
    assert (await outbox.claim()).secrets == (last.secret,)


async def test_many_former_secrets_are_not_kept(outbox: Outbox) -> None:
    made = await outbox.add()
    for _ in range(MAX_FORMER + 1):
        await outbox.endpoints.rotate("acme", made.id, overlap_s=60)
    await outbox.tell()
    assert len((await outbox.claim()).secrets) == 1 + MAX_FORMER


async def test_what_was_erased_meanwhile_is_not_recorded(outbox: Outbox) -> None:
    made = await outbox.add()
    await outbox.tell()
    claimed = await outbox.claim()
    await outbox.endpoints.remove("acme", made.id, "*")
    await outbox.deliveries.record(claimed, FAILED)
    await outbox.deliveries.give_back(claimed)
    assert await outbox.rows() == []


async def test_a_fault_fits_its_column(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell()
    claimed = await outbox.claim()
    await outbox.deliveries.record(claimed, Tried(Outcome.FAILED, fault="\0" + "x" * 1000))
    _, (tried,) = await outbox.endpoints.delivery("acme", claimed.endpoint_id, claimed.id)
    assert tried.fault == "\N{REPLACEMENT CHARACTER}" + "x" * 499


async def test_a_redelivery_is_a_try_more(outbox: Outbox) -> None:
    made = await outbox.add()
    await outbox.tell()
    await exhaust(outbox)
    row = await outbox.endpoints.redeliver("acme", made.id, (await outbox.row()).id)
    assert (row.status, row.next_at) == ("pending", outbox.clock())
    claimed = await outbox.claim()
    assert (claimed.id, claimed.attempt) == (row.id, 9)
    await outbox.deliveries.record(claimed, FAILED)
    assert (await outbox.row()).status == "failed"


async def test_what_is_under_way_is_not_sent_beside_it(outbox: Outbox) -> None:
    made = await outbox.add()
    await outbox.tell()
    claimed = await outbox.claim()
    await outbox.endpoints.redeliver("acme", made.id, claimed.id)
    assert await outbox.deliveries.claim() is None


@pytest.mark.parametrize("wait_s", [10, 3600])
async def test_what_waits_can_be_hurried(outbox: Outbox, wait_s: float) -> None:
    made = await outbox.add()
    await outbox.tell()
    await outbox.fail(replace(FAILED, retry_after_s=wait_s))
    await outbox.endpoints.redeliver("acme", made.id, (await outbox.row()).id)
    assert (await outbox.claim()).attempt == 2


async def test_what_is_old_is_forgotten(outbox: Outbox) -> None:
    await outbox.add()
    await outbox.tell()
    await outbox.deliveries.record(await outbox.claim(), DELIVERED)
    outbox.clock.advance(days=KEPT_DAYS)
    await outbox.tell()
    new = {row.id for row in await outbox.rows("pending")}
    await forget_deliveries(outbox.database, outbox.clock)
    assert len(await outbox.rows()) == 2
    outbox.clock.advance(seconds=1)
    await forget_deliveries(outbox.database, outbox.clock)
    assert {row.id for row in await outbox.rows()} == new
    async with outbox.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Attempt)) == 0
