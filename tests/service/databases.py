"""Databases for tests: each is tried on SQLite and, where there is a server, on PostgreSQL."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

SERVER = "postgresql://postgres@127.0.0.1:5432"
BACKENDS = ("sqlite", "postgresql")


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
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
