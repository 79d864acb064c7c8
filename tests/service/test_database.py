"""The database: the same on SQLite and PostgreSQL, whole transactions, and no column forgotten."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import anyio
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, String, event, func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from service.database import AWAY, Database, alembic_config
from service.settings import Settings
from service.tables import Endpoint, Key, Table, Tenant
from service.tenants import Tenants
from tests.service.databases import write_tables

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)
OLD_ROWS = (
    "INSERT INTO tenant (id, created_at) VALUES ('acme', :now)",
    "INSERT INTO api_key (id, tenant_id, name, digest, previous_digest, previous_until, scopes, "
    "created_at) VALUES ('k', 'acme', '', 'new', 'old', :until, '[]', :now)",
    "INSERT INTO webhook_endpoint (id, tenant_id, url, events, secret, previous_secret, "
    "previous_until, created_at, version) "
    "VALUES ('rotated', 'acme', '', '[]', 'is', 'was', :until, :now, 1)",
    "INSERT INTO webhook_endpoint (id, tenant_id, url, events, secret, created_at, version) "
    "VALUES ('plain', 'acme', '', '[]', 'is', :now, 1)",
)
"""Of the first tables."""


def tenant(name: str = "acme", at: datetime = NOW) -> Tenant:
    return Tenant(id=name, created_at=at)


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Table.metadata))


@pytest.mark.anyio
async def test_migrations_make_what_the_tables_say(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.anyio
async def test_secrets_that_were_rotated_before_an_update_stay_good(empty: Database) -> None:
    def before(connection: Connection) -> None:
        command.upgrade(alembic_config(connection), "0001")
        for row in OLD_ROWS:
            connection.execute(text(row), {"until": NOW + timedelta(days=1), "now": NOW})

    await empty.upgrade(before)
    await empty.upgrade()
    tenants = Tenants(empty, lambda: NOW)
    for digest in ("new", "old"):
        key = await tenants.key_with(digest)
        assert key
        assert key.id == "k"
    async with empty.read() as session:
        endpoints = {one.id: one for one in await session.scalars(select(Endpoint))}
    assert endpoints["plain"].former_secrets == []
    (former,) = endpoints["rotated"].former_secrets
    assert (former["secret"], endpoints["rotated"].previous_until) == (
        "was",
        NOW + timedelta(days=1),
    )


@pytest.mark.anyio
async def test_it_is_brought_up_to_date_by_several_at_once(empty: Database) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(empty.upgrade)
    async with empty.write() as session:
        session.add(tenant())


@pytest.mark.anyio
async def test_a_migration_that_makes_a_table_anew_keeps_what_refers_to_it(
    empty: Database,
) -> None:
    await empty.upgrade()
    key = Key(id="k", tenant_id="acme", name="", digest="", scopes=[], created_at=NOW)
    for row in (tenant(), key):
        async with empty.write() as session:
            session.add(row)

    def migrate(connection: Connection) -> None:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("tenant") as batch:
            batch.alter_column("id", existing_type=String(64), type_=String(65))

    await empty.upgrade(migrate)
    async with empty.read() as session:
        assert await session.scalar(select(Key.id)) == "k"
    with pytest.raises(IntegrityError):
        async with empty.write() as session:
            session.add(Key(id="l", tenant_id="no", name="", digest="l", scopes=[], created_at=NOW))


@pytest.mark.anyio
async def test_what_is_written_is_read_with_its_zone(database: Database) -> None:
    at = NOW.astimezone(timezone(timedelta(hours=5)))
    async with database.write() as session:
        session.add(tenant(at=at))
    async with database.read() as session:
        found = await session.get_one(Tenant, "acme")
    assert found.created_at == at
    assert found.created_at.utcoffset() == timedelta(0)


@pytest.mark.anyio
async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        async with database.write() as session:
            session.add(tenant(at=datetime(2025, 1, 31)))  # noqa: DTZ001


@pytest.mark.anyio
async def test_an_error_leaves_nothing(database: Database) -> None:
    with suppress(LookupError):
        async with database.write() as session:
            session.add(tenant())
            await session.flush()
            raise LookupError
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(Key(id="k", tenant_id="nobody", name="", digest="", scopes=[],
                            created_at=NOW))  # fmt: skip
    async with database.read() as session:
        assert await session.scalar(select(Tenant)) is None


@pytest.mark.anyio
async def test_who_waits_for_a_locked_sqlite_does_not_wait_for_all_the_others(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/test.db", patience_s=0.5)
    await database.upgrade()
    raised: list[type[Exception]] = []

    async def write() -> None:
        try:
            async with database.write() as session:
                await session.execute(text("SELECT 1"))
        except AWAY as error:
            raised.append(type(error))

    with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with anyio.fail_after(6):
            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(write)
    assert len(raised) == 20
    async with database.write() as session:
        session.add(tenant())
    await database.aclose()


@contextmanager
def written_elsewhere(folder: Path) -> Iterator[Database]:
    """A database that another process has locked for half a second."""
    file = folder / "test.db"
    write_tables(file)
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        free = threading.Timer(0.5, other.rollback)
        free.start()
        try:
            yield Database(f"sqlite+aiosqlite:///{file}")
        finally:
            free.join()


async def cancelled(database: Database) -> None:
    """Somebody who waits to write is cancelled, which anyio does again and again."""

    async def write() -> None:
        async with database.write() as session:
            await session.execute(text("SELECT 1"))

    with anyio.move_on_after(0.1):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)


async def until_only(tasks: set[asyncio.Task[Any]]) -> None:
    """Until no other task is left."""
    with anyio.fail_after(10):
        while asyncio.all_tasks() - tasks:
            await anyio.sleep(0.02)


@pytest.mark.anyio
async def test_who_is_cancelled_while_sqlite_is_locked_leaves_nothing(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    with written_elsewhere(tmp_path) as database:
        await cancelled(database)
        await until_only(before)
        await database.aclose()


@pytest.mark.anyio
async def test_who_is_cancelled_while_connecting_to_sqlite_leaves_nothing(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    with anyio.CancelScope() as scope:

        def connecting(*_: object) -> None:
            scope.cancel()

        event.listen(database.engine.sync_engine, "connect", connecting, insert=True)
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
    assert scope.cancelled_caught
    await until_only(before)
    await database.aclose()


def test_the_process_ends_though_somebody_was_cancelled_while_sqlite_was_locked(
    tmp_path: Path,
) -> None:
    with written_elsewhere(tmp_path) as database:
        run = threading.Thread(target=lambda: asyncio.run(cancelled(database)), daemon=True)
        run.start()
        run.join(10)
        assert not run.is_alive()


@pytest.mark.anyio
async def test_a_look_sees_one_moment(database: Database) -> None:
    """Else a row and what belongs to it contradict each other, where one changes between."""
    async with database.read() as session:
        assert await session.get(Tenant, "acme") is None
        async with database.write() as writing:
            writing.add(tenant())
        assert await session.scalar(select(func.count()).select_from(Tenant)) == 0
    async with database.read() as session:
        assert await session.get(Tenant, "acme") is not None


@pytest.mark.anyio
async def test_writers_wait_for_each_other(database: Database) -> None:
    """Each reads how long the name is and makes it longer: no change is lost."""
    async with database.write() as session:
        session.add(tenant())
        await session.flush()
        session.add(Key(id="k", tenant_id="acme", name="", digest="d", scopes=[],
                        created_at=NOW))  # fmt: skip

    async def add_a_letter() -> None:
        async with database.write() as session:
            key = await session.get_one(Key, "k", with_for_update=True)
            key.name += "x"

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(add_a_letter)
    async with database.read() as session:
        assert (await session.get_one(Key, "k")).name == "x" * 20


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_writers_of_sqlite_take_turns(database: Database) -> None:
    written: list[int] = []

    async def write(number: int) -> None:
        async with database.write() as session:
            session.add(tenant(f"t{number}"))
            await session.flush()
            written.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(write, number)
    assert written == [*range(20)]


@pytest.mark.anyio
async def test_many_rows_are_erased_a_few_at_once_but_those_that_are_locked(
    database: Database,
) -> None:
    async with database.write() as session:
        session.add_all(tenant(f"t{number}") for number in range(6))
    if database.engine.dialect.name == "postgresql":
        async with database.write() as session:
            await session.get_one(Tenant, "t0", with_for_update=True)
            with anyio.fail_after(5):
                await database.erase(Tenant, Tenant.id != "t1", at_once=2)
        async with database.read() as session:
            assert [*await session.scalars(select(Tenant.id))] == ["t0", "t1"]
    await database.erase(Tenant, Tenant.id != "t1", at_once=2)
    async with database.read() as session:
        assert [*await session.scalars(select(Tenant.id))] == ["t1"]


@pytest.mark.anyio
async def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new")
    database = Database(settings.database_url)
    await database.upgrade()
    await database.aclose()
    file = settings.folder / "blazereps.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.folder.stat().st_mode) == 0o700
