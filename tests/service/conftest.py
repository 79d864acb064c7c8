"""A real server over a real socket, with a fake core."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from service.app import create_app
from service.server import serving
from service.settings import Settings
from tests.service.fakes import FakeEngine, FakeLibrary

Serve = Callable[..., AbstractContextManager[str]]


def serve_fake(engine: FakeEngine | None = None, **settings: Any) -> AbstractContextManager[str]:
    chosen = Settings(port=0, **settings)
    return serving(create_app(chosen, engine or FakeEngine(), FakeLibrary()), chosen)


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
