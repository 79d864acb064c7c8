"""What the doctor looks at in the database: that it can be used, its keys and its clock."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text

from service.database import Database, alembic_config
from service.doctor import Found, failed, warned
from service.settings import Settings
from service.startup import KeysNeeded, check_single_user
from service.tenants import Tenants

MAX_SKEW_S: Final = 5.0
"""Leases on clips last BLAZEREPS_CLIP_LEASE_S by the clock of whoever takes them."""
_BUILT: Final = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Schema:
    """Which migrations a database has: None of a database without tables."""

    current: str | None
    head: str
    known: bool
    """Whether this version of blazereps can go on from there."""


async def database_is_ready(settings: Settings) -> Found:
    """It is reached, takes tables and rows, and its tables are ours or can be made so."""
    async with aclosing(Database(settings.database_url)) as database:
        server, schema = await _server(database), await _schema(database)
        await _probe(database)
    if not schema.known:
        newer = f"{server}: its tables are of another version of blazereps ({schema.current})"
        return failed(newer, "run the version that made them, or a newer one")
    if schema.current == schema.head:
        return Found(f"{server}, tables of this version ({schema.head}), writable")
    since = f"from {schema.current}" if schema.current else "made"
    return Found(f"{server}, writable; the next start has its tables {since} to {schema.head}")


async def keys_guard(settings: Settings) -> Found:
    """Where other machines reach the server, it asks for keys."""
    async with aclosing(Database(settings.database_url)) as database:
        schema = await _schema(database)
        has_keys = schema.current is not None and await Tenants(database).any_key()
    if has_keys:
        return _tokens(settings)
    try:
        check_single_user(settings)
    except KeysNeeded:
        return failed(
            f"other machines reach {settings.host}, and there are no keys",
            "run `blazereps tenants add NAME`, or set BLAZEREPS_OPEN_ACCESS where something before "
            "it asks for keys",
        )
    return Found(f"no keys: {settings.host} is for a single user")


async def clock_is_right(
    settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Found:
    """This machine's clock is not absurd, and goes with the database's."""
    async with aclosing(Database(settings.database_url)) as database, database.read() as session:
        there = (await session.execute(select(func.now()))).scalar_one()
    if there.tzinfo is None:  # SQLite's, which is UTC
        there = there.replace(tzinfo=UTC)
    skew_s = abs((now() - there).total_seconds())
    remedy = "let NTP set the clocks: tokens, leases and S3 go by them"
    if now() < _BUILT:
        return failed(f"it is {now():%Y-%m-%d} here", remedy)
    if skew_s > MAX_SKEW_S:
        return warned(f"{skew_s:.0f} s from the database's clock", remedy)
    return Found("with the database's")


def _tokens(settings: Settings) -> Found:
    if settings.token_secret is None and settings.database_url.startswith("postgresql"):
        return warned(
            "there are keys, but no BLAZEREPS_TOKEN_SECRET",
            "set it where several machines serve: else each refuses the tokens of the others",
        )
    return Found("callers are asked for keys")


async def _server(database: Database) -> str:
    async with database.read() as session:
        if database.engine.dialect.name == "postgresql":
            return f"PostgreSQL {await session.scalar(text('SHOW server_version'))}"
        version = await session.scalar(text("SELECT sqlite_version()"))
        mode = await session.scalar(text("PRAGMA journal_mode"))
        return f"SQLite {version} ({str(mode).upper()})"


async def _schema(database: Database) -> Schema:
    async with database.read() as session:
        connection = await session.connection()
        return await connection.run_sync(_look)


def _look(connection: Connection) -> Schema:
    script = ScriptDirectory.from_config(alembic_config(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    known = {None, *(one.revision for one in script.walk_revisions())}
    return Schema(current, script.get_current_head() or "", current in known)


async def _probe(database: Database) -> None:
    """Makes and drops a table, as migrations do, in one transaction."""
    table = f"probe_{uuid4().hex}"
    async with database.write() as session:
        await session.execute(text(f"CREATE TABLE {table} (number INTEGER)"))
        await session.execute(text(f"INSERT INTO {table} VALUES (1)"))
        await session.execute(text(f"DROP TABLE {table}"))
