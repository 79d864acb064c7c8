"""A real server over a real socket, with a fake core."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from service.app import create_app
from service.server import serving
from service.settings import Settings
from tests.service.fakes import FakeEngine, FakeLibrary

Serve = Callable[..., AbstractContextManager[str]]


@contextmanager
def serve_fake(engine: FakeEngine | None = None, **settings: Any) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        chosen = Settings(**{"port": 0, "data": Path(folder), "drain_s": 0, **settings})
        with serving(create_app(chosen, engine or FakeEngine(), FakeLibrary()), chosen) as address:
            yield address


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A server with the default settings."""
    with serve_fake() as address:
        yield address


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serves a given engine with given settings."""
    return serve_fake


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
