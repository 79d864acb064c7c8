"""How many clips a key may upload a day: never one more, however many come at once."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from service.database import Database
from service.errors import ServiceError
from service.quotas import forget_usage, take_clip
from service.tables import Usage
from service.tenants import new_key
from tests.service.calling import calling
from tests.service.conftest import Serve

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)


async def taken(tries: int, take: Callable[[], Awaitable[None]]) -> int:
    """How many of so many tries at once were granted."""
    granted = 0

    async def one() -> None:
        nonlocal granted
        with suppress(ServiceError):
            await take()
            granted += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(tries):
            tasks.start_soon(one)
    return granted


async def take(database: Database, quota: int, now: datetime = NOON, key_id: str = "k1") -> None:
    async with database.write() as session:
        await take_clip(session, key_id, now, quota)


@pytest.mark.anyio
async def test_of_twenty_at_once_ten_are_granted(database: Database) -> None:
    assert await taken(20, lambda: take(database, 10)) == 10
    assert await taken(1, lambda: take(database, 10, key_id="k2")) == 1


@pytest.mark.anyio
async def test_the_day_is_that_of_utc(database: Database) -> None:
    midnight = datetime(2025, 2, 1, tzinfo=UTC)
    await take(database, 1)
    with pytest.raises(ServiceError, match="1 clips a day") as caught:
        await take(database, 1, midnight - timedelta(seconds=90))
    assert caught.value.retry_after_s == 90
    await take(database, 1, midnight)
    await forget_usage(database, lambda: midnight)
    async with database.read() as session:
        assert [*await session.scalars(select(Usage.day))] == [midnight.date()]


@pytest.mark.anyio
async def test_a_quota_of_none_grants_none(database: Database) -> None:
    assert await taken(3, lambda: take(database, 0)) == 0


def test_an_upload_over_it_is_refused(serve: Serve, database_url: str) -> None:
    admin = new_key()
    with (
        serve(keys={"ops": admin}, database=SecretStr(database_url)) as address,
        calling(address, admin) as client,
    ):
        wanted = {"name": "app", "scopes": ["count"], "clips_per_day": 1}
        key = client.post("/v1/tenants/ops/keys", json=wanted).json()["key"]
        client.headers["Authorization"] = f"Bearer {key}"
        first, second = (client.post("/v1/clips", content=b"no clip") for _ in range(2))
    assert first.status_code == 202
    assert (second.status_code, second.json()["code"]) == (429, "quota_exceeded")
    assert 0 < int(second.headers["Retry-After"]) <= 86400
