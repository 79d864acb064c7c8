"""A server is killed after a webhook was received and before that was recorded."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from anyio.from_thread import start_blocking_portal

from service.tenants import new_key
from tests.service.calling import calling
from tests.service.receiver import NO_CONTENT, receiving
from tests.service.server_process import ServerProcess, server_process
from tests.service.waiting import until

KEY = new_key()


@contextmanager
def serving(data: Path, keys: Mapping[str, str]) -> Iterator[tuple[ServerProcess, httpx2.Client]]:
    with (
        server_process(data, keys=keys, webhook_networks='["127.0.0.0/8"]') as (server, address),
        calling(f"{address}/v1", KEY) as client,
    ):
        yield server, client


def let_the_lease_run_out(data: Path) -> None:
    with closing(sqlite3.connect(data / "blazereps.db")) as database, database:
        database.execute("UPDATE webhook_delivery SET next_at = '2025-01-31 12:00:00'")


def shown(client: httpx2.Client, path: str) -> Any:
    def seen() -> Any:
        return (found := client.get(path).json())["status"] != "pending" and found

    return until(seen)


def test_it_is_delivered_again_under_the_same_id(tmp_path: Path) -> None:
    received = threading.Event()

    async def silent(_: asyncio.StreamWriter) -> None:
        received.set()
        await asyncio.Event().wait()

    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(receiving(silent, NO_CONTENT)) as receiver,
    ):
        with serving(tmp_path, {"acme": KEY}) as (server, client):
            wanted = {"url": f"http://127.0.0.1:{receiver.port}/", "events": ["clip.failed"]}
            path = f"/webhooks/{client.post('/webhooks', json=wanted).json()['id']}"
            delivery = client.post(f"{path}/test").json()["id"]
            assert received.wait(20)
            server.process.kill()
        let_the_lease_run_out(tmp_path)
        with serving(tmp_path, {}) as (_, client):
            found = shown(client, f"{path}/deliveries/{delivery}")
        assert [heard.headers["webhook-id"] for heard in receiver.heard] == [delivery] * 2
        assert receiver.heard[0].body == receiver.heard[1].body
    assert found["status"] == "delivered"
    assert [one["status_code"] for one in found["tries"]] == [None, 204]
