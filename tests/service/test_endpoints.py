"""Endpoints whose tenant goes; the rest of them is tried over REST, in `test_webhooks`."""

import pytest

from service.database import Database
from service.endpoints import Endpoints
from service.errors import ServiceError


@pytest.mark.anyio
async def test_a_tenant_that_was_just_removed_gets_none(database: Database) -> None:
    with pytest.raises(ServiceError, match="gone") as caught:
        await Endpoints(database).add("gone", "https://hooks.example", ["clip.failed"])
    assert caught.value.code == "unauthorized"
