"""What is asked often reads an index, whatever there is of others: as SQLite plans it."""

from collections.abc import Awaitable, Callable
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from obstore.store import LocalStore
from sqlalchemy import event

from service.auth import Caller
from service.clip_store import ClipStore
from service.database import Database
from service.deliveries import Deliveries, forget_deliveries
from service.endpoints import Endpoints
from service.errors import ServiceError
from service.receipts import request_erasure
from service.retention import Retention
from service.settings import Settings
from service.storage import Storage
from service.tables import Tenant
from service.tenants import Tenants
from service.workout_store import WorkoutStore
from tests.service.clocks import NOON

PLACE = NOON, "0" * 32
KEY, ANN = Caller("acme"), Caller("acme", "ann")


async def erase(database: Database) -> None:
    async with database.write() as session:
        await request_erasure(session, "acme", "ann", NOON)


async def statistics(database: Database) -> None:
    async for _ in WorkoutStore(database).done("acme", "ann", NOON, NOON):
        pass


async def retention(database: Database) -> None:
    with TemporaryDirectory() as folder:
        storage = Storage(LocalStore(folder))
        for chore in Retention(database, storage, Settings()).chores.values():
            await chore()


async def deliveries(database: Database) -> None:
    with pytest.raises(ServiceError):  # there is no such endpoint
        await Endpoints(database).deliveries("acme", "0" * 32, None, PLACE, 50)


ASKED: dict[str, Callable[[Database], Awaitable[Any]]] = {
    "workouts of a key": lambda it: WorkoutStore(it).page(KEY, PLACE, 50),
    "workouts of a user": lambda it: WorkoutStore(it).page(ANN, PLACE, 50),
    "clips of a key": lambda it: ClipStore(it, lease_s=1).page(KEY, PLACE, 50),
    "clips of a user": lambda it: ClipStore(it, lease_s=1).page(ANN, PLACE, 50),
    "clip claimed": lambda it: ClipStore(it, lease_s=1).claim(),
    "statistics": statistics,
    "key": lambda it: Tenants(it).key_with("0" * 64),
    "acts": lambda it: Tenants(it).acts(None, PLACE, 50),
    "acts of a tenant": lambda it: Tenants(it).acts("acme", PLACE, 50),
    "deliveries": deliveries,
    "delivery claimed": lambda it: Deliveries(it).claim(),
    "deliveries forgotten": forget_deliveries,
    "retention": retention,
    "erasure": erase,
}


SORTED = ("clip claimed", "erasure")
"""What sorts little: clips that wait, and a tenant's endpoints, of which there are ten."""


NOTHING = ("SCAN CONSTANT ROW", "SCAN (subquery-")
"""How an empty list is looked through."""


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("asked", ASKED)
async def test_an_index_is_read(database: Database, asked: str) -> None:
    async with database.write() as session:
        session.add(Tenant(id="acme", created_at=NOON))
    said: list[tuple[str, Any]] = []

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def noted(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith(("SELECT", "DELETE", "UPDATE")):
            said.append((statement, parameters))

    await ASKED[asked](database)
    assert said
    async with database.engine.connect() as connection:
        for statement, parameters in tuple(said):
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [step for *_, step in plan]
            scans = [one for one in steps if one.startswith("SCAN ") and "tenant" not in one]
            assert all(one.startswith(NOTHING) for one in scans), (statement, steps)
            sorts = "USE TEMP B-TREE FOR ORDER BY" in steps
            assert not sorts or asked in SORTED, (statement, steps)
            if PLACE[1] in parameters and "LIMIT" in statement:
                assert "id)<(?,?))" in " ".join(steps)
