"""Databases for tests: each is tried on SQLite and, where there is a server, on PostgreSQL."""

import uuid
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import psycopg
import pytest
from anyio.from_thread import start_blocking_portal
from pydantic import SecretStr
from sqlalchemy import text

from service.database import Database
from service.settings import Settings
from service.tables import Table

SERVER = "postgresql://postgres@127.0.0.1:5432"
BACKENDS = ("sqlite", "postgresql")


_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def until_somebody_waits(database: Database, number: int = 1) -> None:
    """Until so many transactions wait for others; in SQLite they do from their begin on."""
    if database.engine.dialect.name == "sqlite":
        return
    with anyio.fail_after(10):
        async with database.read() as session:
            while (await session.scalar(_WAITING) or 0) < number:
                await session.rollback()  # the view is of the transaction's begin
                await anyio.sleep(0.01)


_OTHERS_LEAVE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def fresh(backend: str, folder: Path) -> Iterator[str]:
    """The URL, as the setting `database` takes it, of an empty database."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = f"blazereps_{uuid.uuid4().hex}"
    try:
        server = psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {SERVER}: {error}")
    with server:
        server.execute(f"CREATE DATABASE {name}")
        # A zone of which no moment may be seen, and in which there are none at the end of time.
        server.execute(f"ALTER DATABASE {name} SET timezone TO 'Europe/Berlin'")
        # What a test stored need not outlive a power failure.
        server.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def database_at(url: str) -> Database:
    """`url`: as the setting `database` takes it."""
    return Database(Settings(database=SecretStr(url)).database_url)


def add_tables(url: str) -> None:
    """As a server does when it starts."""

    async def add() -> None:
        async with aclosing(database_at(url)) as database:
            await database.upgrade()

    with start_blocking_portal() as portal:  # the caller may be in an event loop
        portal.call(add)


def write_tables(file: Path) -> None:
    """An SQLite database with its tables, as `add_tables` makes it but at once."""
    file.write_bytes(_tables())


@cache
def _tables() -> bytes:
    with TemporaryDirectory() as folder, fresh("sqlite", Path(folder)) as url:
        add_tables(url)
        return Path(url.removeprefix("sqlite:///")).read_bytes()


def remove_rows(url: str) -> None:
    """Of a PostgreSQL database with its tables; who is still connected to it is no longer."""
    rows = "; ".join(f"DELETE FROM {table}" for table in reversed(Table.metadata.sorted_tables))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_OTHERS_LEAVE)
        connection.execute(rows)
