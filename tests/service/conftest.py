"""A real server over a real socket, with a fake core, and databases. Which server to take:

`address`           the settings' defaults; one for all tests of a process
`serve(...)`        an engine, a library, keys and settings of the test's own
`place_for_clips`   (worker.py) clips with keys, on either database; the test works on them itself
`server_process`    (server_process.py) in a process of its own: what it logs, how it obeys signals
`KillableServer`    (killable.py) the same killed and started again, on its port and data
`real_core`         (bundled.py) with `create_app` and `serving`, where real people are to be seen
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, aclosing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest

from service.app import create_app
from service.database import Database
from service.server import serving
from service.settings import Settings
from service.tenants import SCOPES, Scope, Tenants
from tests.service.databases import (
    BACKENDS,
    add_tables,
    database_at,
    fresh,
    remove_rows,
    write_tables,
)
from tests.service.fakes import FakeEngine, FakeLibrary

Serve = Callable[..., AbstractContextManager[str]]


@contextmanager
def serve_fake(
    engine: FakeEngine | None = None,
    library: FakeLibrary | None = None,
    *,
    keys: Mapping[str, str] | None = None,
    key_scopes: Collection[Scope] = SCOPES,
    **settings: Any,
) -> Iterator[str]:
    """`keys`: a key with these scopes for each tenant."""
    with TemporaryDirectory() as folder:
        chosen = Settings(**{"port": 0, "data": Path(folder), "drain_s": 0, **settings})
        write_tables(Path(folder) / "blazereps.db")  # where other data are given they start anew
        add_keys(chosen, keys or {}, key_scopes)
        app = create_app(chosen, engine or FakeEngine(), library or FakeLibrary())
        with serving(app, chosen) as address:
            yield address


def add_keys(
    settings: Settings, keys: Mapping[str, str], scopes: Collection[Scope] = SCOPES
) -> None:
    async def add() -> None:
        async with aclosing(Database(settings.database_url)) as database:
            await database.upgrade()
            tenants = Tenants(database)
            for tenant, key in keys.items():
                await tenants.add(tenant, "test")
                await tenants.add_key(tenant, "test", name="all", scopes=scopes, secret=key)

    if keys:
        anyio.run(add)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A server with the default settings."""
    with serve_fake() as address:
        yield address


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serves a given engine with given settings."""
    return serve_fake


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One for all tests of this process, since making and dropping it takes long."""
    with fresh("postgresql", tmp_path_factory.getbasetemp()) as url:
        add_tables(url)
        yield url


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind without rows, as the setting `database` takes it.

    Who alters its tables takes `empty`.
    """
    if request.param == "sqlite":
        write_tables(tmp_path / "test.db")
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgresql")
    remove_rows(url)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with aclosing(database_at(database_url)) as database:
        yield database


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without tables, for one test alone."""
    with fresh(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    async with aclosing(database_at(empty_url)) as database:
        yield database


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
