"""The database: SQLite in the data folder, or PostgreSQL by one setting."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    event,
    func,
    inspect,
    select,
    tuple_,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as Overdue
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncResult, AsyncSession, create_async_engine

from service.tables import Table

MIGRATIONS: Final = Path(__file__).with_name("migrations")
AWAY: Final = (OperationalError, InterfaceError, Overdue)
"""What is raised where a database that is otherwise well does not answer."""
_PATIENCE_S: Final = 10.0
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "foreign_keys = ON",
    "synchronous = FULL",  # what was stored outlives a power failure
)
_POSTGRESQL_PATIENCE: Final = {"connect_timeout": 10, "tcp_user_timeout": 30_000}
"""Seconds to connect to PostgreSQL, and milliseconds until a server that says nothing is lost."""
_OPTIONS: Final[dict[str, Any]] = {"hide_parameters": True}  # errors may be logged
_SNAPSHOT: Final[dict[str, Any]] = {
    "isolation_level": "REPEATABLE READ",
    "postgresql_readonly": True,
}
"""What PostgreSQL has to be asked for; in SQLite's write-ahead log it is so anyhow."""
_UNSYNCED: Final = {"synchronize_session": False}  # no session holds what is erased
ERASED_AT_ONCE: Final = 1000
_PART: Final = 200


Row = TypeVar("Row", bound=Table)
Keep = Callable[[AsyncSession, Row], Awaitable[None]]
"""What else is kept of a row, as the last thing in the transaction that makes or changes it."""


async def keep_nothing(_session: AsyncSession, _row: Table) -> None:
    """Nothing else."""


class Turn(IntEnum):
    """What is done by one after the other; PostgreSQL locks numbers that no other program does."""

    UPGRADE = 0x626C617A  # "blaz"
    QUEUE = 0x626C617B
    LOCAL = 0x626C617C


def alembic_config(connection: Connection) -> Config:
    """What Alembic's commands need to run our migrations on a connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _to_head(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_waiting_for(Turn.UPGRADE))
    command.upgrade(alembic_config(connection), "head")


class Database:
    """Transactions on one database; several processes may share it.

    Raises sqlalchemy.exc.SQLAlchemyError where it cannot be reached or used.
    """

    def __init__(self, url: str, *, patience_s: float = _PATIENCE_S) -> None:
        """`patience_s`: how long who writes to SQLite waits for others of this process, and then
        for other processes."""
        sqlite = url.startswith("sqlite")
        self.engine = _sqlite(url, patience_s) if sqlite else _postgresql(url)
        self.listeners: list[Callable[[Mapping[Any, Any]], None]] = []
        """Called with the `info` of each writing session once all of it is kept."""
        # Who waits for SQLite itself asks again and again, out of turn, and holds a connection.
        self._turn: AbstractAsyncContextManager[None] = (
            _BoundedLock(patience_s) if sqlite else nullcontext()
        )
        self._writer = self.engine.execution_options(begin="IMMEDIATE")
        self._reader = self.engine.execution_options(**({} if sqlite else _SNAPSHOT))

    async def upgrade(self, migrate: Callable[[Connection], None] = _to_head) -> None:
        """Bring the tables to this version's; processes that start together wait for each other."""
        # SQLite alters a table by dropping it: rows with foreign keys to it would go with it.
        unchecked = self._writer.execution_options(foreign_keys="OFF")
        async with unchecked.connect() as connection:
            async with connection.begin():
                await connection.run_sync(migrate)
            await connection.invalidate()  # nobody else is to be given it

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A look at what is kept, as of the first query; nothing is written through it."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """All of it is kept at the end, or nothing where an error leaves it.

        In SQLite one writes at a time, from the first statement on: what was read stays true.
        """
        async with self._turn, AsyncSession(self._writer, expire_on_commit=False) as session:
            async with session.begin():
                yield session
            for listener in self.listeners:
                listener(session.info)

    async def erase(
        self, table: type[Table], *where: ColumnElement[bool], at_once: int = ERASED_AT_ONCE
    ) -> None:
        """Erase rows, however many, in short transactions that wait for nobody.

        Those that somebody else has locked stay: they are for the next time.
        """
        key = inspect(table).primary_key
        some = select(*key).where(*where).limit(at_once).with_for_update(skip_locked=True)
        gone = delete(table).where(tuple_(*key).in_(some))
        while True:
            async with self.write() as session:
                erased = await session.scalars(gone.returning(key[0]), execution_options=_UNSYNCED)
                if len(erased.all()) < at_once:
                    return

    async def aclose(self) -> None:
        """No more transactions."""
        await self.engine.dispose()


class _BoundedLock(AbstractAsyncContextManager[None]):
    """One holder at a time; raises Overdue for who waits too long: the database may be locked,
    and those before him each find that out anew."""

    def __init__(self, patience_s: float) -> None:
        self._lock, self._patience_s = anyio.Lock(), patience_s

    async def __aenter__(self) -> None:
        try:
            with anyio.fail_after(self._patience_s):
                await self._lock.acquire()
        except TimeoutError:
            limit = f"others have been writing for {self._patience_s:g} s"
            raise Overdue(limit) from None

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


@asynccontextmanager
async def read_in_parts(
    session: AsyncSession, query: Select[*tuple[Any, ...]]
) -> AsyncIterator[AsyncResult[*tuple[Any, ...]]]:
    """The rows of a query that may be many: between its parts others have their turn."""
    rows = await session.stream(query, execution_options={"yield_per": _PART})
    try:
        yield rows
    finally:
        await rows.close()


async def take_turn(session: AsyncSession, turn: Turn) -> None:
    """Wait for those who write what one writes after the other, until this transaction ends.

    In SQLite that is so of all that is written.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_waiting_for(turn))


def _waiting_for(turn: Turn) -> Select[tuple[None]]:
    return select(func.pg_advisory_xact_lock(turn.value))


def _sqlite(url: str, patience_s: float) -> AsyncEngine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        Path(path).touch(mode=0o600)
    engine = create_async_engine(url, **_OPTIONS)

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(dialect: Any, _: object, args: Any, options: Any) -> Any:
        connection = dialect.connect(*args, **options)
        driver = connection.driver_connection
        # Of a query that is cancelled again and again, as anyio does, the connection is closed and
        # its thread stopped: closing stops it too, and a thread that has ended answers nobody.
        driver.stop = cache(driver.stop)
        return connection

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say
        cursor = connection.cursor()
        for pragma in (f"busy_timeout = {round(1000 * patience_s)}", *_PRAGMAS):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if "foreign_keys" in options:
            connection.exec_driver_sql(f"PRAGMA foreign_keys = {options['foreign_keys']}")
        connection.exec_driver_sql(f"BEGIN {options.get('begin', 'DEFERRED')}")

    return engine


def _postgresql(url: str) -> AsyncEngine:
    asked = make_url(url).query
    patience = {name: value for name, value in _POSTGRESQL_PATIENCE.items() if name not in asked}
    engine = create_async_engine(url, pool_pre_ping=True, connect_args=patience, **_OPTIONS)

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET TIME ZONE 'UTC'")  # moments come in it, not in the server's own
        cursor.close()
        connection.commit()

    return engine
