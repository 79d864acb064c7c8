"""Real servers over real sockets, with a fake core, and a page for the browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from service.tenants import new_key
from tests.clients.javascript.browser import Page, serving_page
from tests.clients.javascript.node import CLIENT
from tests.service.conftest import serve_fake

KEY: Final = new_key()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with serve_fake() as address:
        yield address


@pytest.fixture(scope="session")
def guarded() -> Iterator[str]:
    """A server with a key."""
    with serve_fake(keys={"app": KEY}) as address:
        yield address


def issued(address: str, what: str, shown: str, **body: Any) -> Any:
    """A token or a ticket."""
    headers = {"Authorization": f"Bearer {shown}"}
    return httpx2.post(f"http://{address}/v1/{what}", headers=headers, json=body).json()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """In Chromium, where there is one; `/shots/` is the test's own folder."""
    folders = {"/client/": CLIENT, "/shots/": tmp_path}
    with serving_page(folders, profile=tmp_path / "profile") as page:
        yield page
