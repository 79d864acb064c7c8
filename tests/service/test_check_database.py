"""What the doctor sees of a database, on both kinds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from service.check_database import clock_is_right, database_is_ready, keys_guard
from service.database import Database
from service.doctor import Verdict
from service.settings import Settings
from service.tenants import Tenants

pytestmark = pytest.mark.anyio
OK, WARN, FAIL = Verdict


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database=SecretStr(database_url))


@pytest.fixture
def new(empty_url: str) -> Settings:
    """Of a database without tables."""
    return Settings(database=SecretStr(empty_url))


@pytest.fixture
async def with_key(database: Database) -> None:
    tenants = Tenants(database)
    await tenants.add("acme", "test")
    await tenants.add_key("acme", "test", name="one", scopes=["read"])


async def test_an_empty_database_can_be_made_ready(new: Settings, empty: Database) -> None:
    found = await database_is_ready(new)
    assert found.verdict is OK
    assert "made to 0002" in found.said
    async with empty.read() as session:
        connection = await session.connection()
        tables = await connection.run_sync(lambda one: inspect(one).get_table_names())
    assert tables == []


async def test_one_of_this_version_is_ready(settings: Settings, database: Database) -> None:
    found = await database_is_ready(settings)
    assert found.verdict is OK
    assert "tables of this version (0002), writable" in found.said
    assert found.said.startswith(("SQLite 3.", "PostgreSQL 1"))
    assert ("(WAL)" in found.said) == found.said.startswith("SQLite")


async def test_one_of_a_newer_version_fails(new: Settings, empty: Database) -> None:
    await empty.upgrade()
    async with empty.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    found = await database_is_ready(new)
    assert found.verdict is FAIL
    assert "(9999)" in found.said


@pytest.mark.parametrize("check", [database_is_ready, keys_guard, clock_is_right])
async def test_one_that_is_away_is_an_error(check: Any) -> None:
    away = Settings(database=SecretStr("postgresql://me:hunter2@127.0.0.1:1/none"))
    with pytest.raises(SQLAlchemyError, match=r"127\.0\.0\.1") as refused:
        await check(away)
    assert "hunter2" not in str(refused.value)


async def test_one_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_text("no database, but words enough to look like a header of one" * 20)
    with pytest.raises(SQLAlchemyError, match="not a database"):
        await database_is_ready(Settings(database=SecretStr(f"sqlite:///{broken}")))


@pytest.mark.parametrize("changes", [{}, {"host": "0.0.0.0", "open_access": True}])
async def test_without_keys_a_single_user_is_well(changes: dict[str, Any], new: Settings) -> None:
    assert (await keys_guard(new.model_copy(update=changes))).verdict is OK


async def test_without_keys_other_machines_are_refused(new: Settings) -> None:
    found = await keys_guard(new.model_copy(update={"host": "0.0.0.0"}))
    assert found.verdict is FAIL
    assert "tenants add" in found.remedy


@pytest.mark.usefixtures("with_key")
async def test_with_keys_other_machines_are_served(settings: Settings) -> None:
    secret = {"host": "0.0.0.0", "token_secret": SecretStr("t" * 32)}
    assert (await keys_guard(settings.model_copy(update=secret))).verdict is OK


@pytest.mark.usefixtures("with_key")
async def test_machines_that_share_a_database_should_share_the_secret(settings: Settings) -> None:
    shared = settings.database_url.startswith("postgresql")
    assert (await keys_guard(settings)).verdict is (WARN if shared else OK)


@pytest.mark.parametrize(
    ("off", "verdict"), [(0, OK), (60, WARN), (-60, WARN), (-20 * 365 * 86400, FAIL)]
)
async def test_clocks_that_differ_are_noticed(
    off: int, verdict: Verdict, settings: Settings
) -> None:
    there = datetime.now(UTC) + timedelta(seconds=off)
    assert (await clock_is_right(settings, lambda: there)).verdict is verdict
