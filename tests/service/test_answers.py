"""Answers that are kept: one try of a request at a time, and the first one's answer for all."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import anyio
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from service.answers import KEEP, LEASE, Answers, Asked, keep_answer
from service.auth import Caller
from service.database import Database
from service.errors import ServiceError
from service.tables import Answered, Tenant
from service.tenants import Tenants
from tests.service.clocks import Clock

pytestmark = pytest.mark.anyio

ACME = Caller("acme", key_id="k1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def answers(database: Database, clock: Clock) -> Answers:
    for tenant in ("acme", "other"):
        await Tenants(database).add(tenant, "test")
    return Answers(database, clock)


def asked(caller: Caller = ACME, fingerprint: str = "f") -> Asked:
    return Asked(caller, "key", fingerprint, 202)


async def keep(
    database: Database, one: Asked, body: str | None, headers: Mapping[str, str] | None = None
) -> None:
    async with database.write() as session:
        await keep_answer(session, one, headers or {}, body)


async def refusal(answers: Answers, one: Asked) -> str:
    with pytest.raises(ServiceError) as caught:
        await answers.claim(one)
    return caught.value.code


async def test_of_many_at_once_one_is_to_be_answered(answers: Answers) -> None:
    told: list[str] = []

    async def claim() -> None:
        try:
            assert await answers.claim(asked()) is None
            told.append("mine")
        except ServiceError as error:
            told.append(error.code)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(claim)
    assert sorted(told) == ["idempotency_in_progress"] * 9 + ["mine"]


async def test_a_tenant_that_was_just_removed_claims_nothing(answers: Answers) -> None:
    assert await refusal(answers, asked(Caller("gone"))) == "unauthorized"


async def test_what_was_answered_is_given_again(
    answers: Answers, database: Database, clock: Clock
) -> None:
    first = asked()
    assert await answers.claim(first) is None
    await keep(database, first, '{"a": 1}', {"location": "/x"})
    await answers.give_up(first)
    clock.now += LEASE
    found = await answers.claim(asked())
    assert found is not None
    assert (found.status, found.headers, found.body) == (202, {"location": "/x"}, '{"a": 1}')
    assert await refusal(answers, asked(fingerprint="g")) == "idempotency_mismatch"


async def test_what_held_a_secret_is_told_once(answers: Answers, database: Database) -> None:
    first = asked()
    await answers.claim(first)
    await keep(database, first, None)
    assert await refusal(answers, asked()) == "told_once"


async def test_another_tenant_or_user_is_another(answers: Answers) -> None:
    for caller in (ACME, replace(ACME, user="ann"), Caller("other")):
        assert await answers.claim(asked(caller)) is None


async def test_what_was_given_up_is_free(answers: Answers) -> None:
    first = asked()
    await answers.claim(first)
    await answers.give_up(first)
    assert await answers.claim(asked(fingerprint="g")) is None


async def test_a_dead_one_is_taken_over_and_does_no_more(
    answers: Answers, database: Database, clock: Clock
) -> None:
    first, second = asked(), asked()
    await answers.claim(first)
    clock.now += LEASE
    assert await answers.claim(second) is None

    async def too_late(session: AsyncSession, _: Tenant) -> None:
        await keep_answer(session, first, {}, "first")

    tenants = Tenants(database)
    with pytest.raises(ServiceError) as caught:
        await tenants.add("late", "test", too_late)
    assert caught.value.code == "idempotency_in_progress"
    assert [one.id for one in await tenants.after("", 10)] == ["acme", "other"]
    await answers.give_up(first)
    await keep(database, second, "second")
    found = await answers.claim(asked())
    assert found is not None
    assert found.body == "second"


async def test_one_that_lives_is_not_taken_over(answers: Answers, clock: Clock) -> None:
    first = asked()
    await answers.claim(first)
    for _ in range(3):
        clock.now += LEASE / 2
        await answers.renew(first)
    assert await refusal(answers, asked()) == "idempotency_in_progress"


async def test_one_that_lives_for_more_than_a_day_is_not_taken_over(
    answers: Answers, clock: Clock
) -> None:
    first = asked()
    await answers.claim(first)
    clock.now += KEEP
    await answers.renew(first)
    await answers.forget_old()
    assert await refusal(answers, asked()) == "idempotency_in_progress"


async def test_a_dead_one_is_forgotten(answers: Answers, database: Database, clock: Clock) -> None:
    await answers.claim(asked())
    clock.now += LEASE
    await answers.forget_old()
    async with database.read() as session:
        assert await session.scalar(select(Answered)) is None


class Renewed(Answers):
    """Fails at first; says when it was renewed twice after that."""

    times = 0

    async def renew(self, asked: Asked) -> None:
        self.times += 1
        if self.times == 1:
            raise OperationalError("UPDATE", None, OSError("the database is away"))
        await super().renew(asked)
        if self.times == 3:
            self.twice.set()

    twice: anyio.Event


async def test_it_says_so_for_ever(answers: Answers, database: Database) -> None:
    renewed, first = Renewed(database, lease=timedelta(milliseconds=30)), asked()
    renewed.twice = anyio.Event()
    await renewed.claim(first)
    before = await lease_of(database)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(renewed.renew_for_ever, first)
            await renewed.twice.wait()
            tasks.cancel_scope.cancel()
    assert await lease_of(database) > before


async def lease_of(database: Database) -> datetime:
    async with database.read() as session:
        return (await session.scalars(select(Answered.leased_until))).one()


async def test_after_a_day_it_is_forgotten(
    answers: Answers, database: Database, clock: Clock
) -> None:
    for begins_anew in (False, True):
        first = asked()
        assert await answers.claim(first) is None
        await keep(database, first, "{}")
        clock.now += KEEP - timedelta(seconds=1)
        await answers.forget_old()
        assert await answers.claim(asked()) is not None
        clock.now += timedelta(seconds=1)
        if not begins_anew:
            await answers.forget_old()
    assert await answers.claim(asked()) is None
