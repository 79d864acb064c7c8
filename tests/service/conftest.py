"""A real server over a real socket, with a fake core."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, aclosing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from service.app import create_app
from service.database import Database
from service.server import serving
from service.settings import Settings
from service.tenants import SCOPES, Scope, Tenants
from tests.service.databases import BACKENDS, fresh
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


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, as the setting `database` takes it."""
    with fresh(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    """One without tables."""
    url = Settings(database=SecretStr(database_url)).database_url
    async with aclosing(Database(url)) as database:
        yield database


@pytest.fixture
async def database(empty: Database) -> Database:
    """One with its tables."""
    await empty.upgrade()
    return empty


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
