"""Sessions over asyncio that lose no time."""

import pytest

from blazereps_client import backoff


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)
