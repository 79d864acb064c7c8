"""Databases for tests: each is tried on SQLite and, where there is a server, on PostgreSQL."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import psycopg
import pytest
from sqlalchemy import text

from service.database import Database

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
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
