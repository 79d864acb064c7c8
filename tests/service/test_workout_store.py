"""Workouts as rows: kept once, set by set, corrected beside what was measured."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from sqlalchemy import func, select

from blazereps_client.results import Tally
from service.auth import Caller
from service.database import Database
from service.errors import ServiceError
from service.kept_workout import keep, range_degrees
from service.tables import Tenant, Workout, WorkoutSet
from service.webhook_events import WorkoutEnded
from service.workout_store import MAX_CORRECTIONS, WorkoutStore, pages, with_exercise
from tests.service.databases import until_somebody_waits
from tests.service.outbox import Outbox
from tests.service.tallies import SQUATS, hold, rep, rep_set, tally

pytestmark = pytest.mark.anyio

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)
KEY = Caller("acme", key_id="k")
ANN = Caller("acme", user="ann", key_id="k")
ONE: dict[str, Any] = {
    "workout_id": "a",
    "tenant_id": "acme",
    "user_id": "ann",
    "source": "live",
    "started_at": NOON,
    "duration_s": 90.1234,
    "tally": SQUATS,
    "now": NOON + timedelta(minutes=5),
}


@pytest.fixture
async def store(database: Database) -> WorkoutStore:
    async with database.write() as session:
        session.add_all(Tenant(id=name, created_at=NOON) for name in ("acme", "other"))
    return WorkoutStore(database, lambda: NOON + timedelta(days=1))


async def keep_one(
    database: Database, workout_id: str = "a", counted: Tally = SQUATS, **more: Any
) -> bool:
    async with database.write() as session:
        return await keep(session, **ONE | {"workout_id": workout_id, "tally": counted} | more)


async def rows(database: Database, table: type[Workout | WorkoutSet]) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_it_is_kept_with_its_sets(database: Database, store: WorkoutStore) -> None:
    assert await keep_one(database)
    workout = await store.get(KEY, "a")
    assert (workout.counts, workout.duration_s, workout.version) == ({"squat": 5}, 90.123, 1)
    assert Tally.model_validate(workout.tally) == SQUATS
    ((_, sets),) = await store.page_with_sets(KEY, None, 10)
    told = [(one.exercise, one.number, one.reps, one.held_s, one.range_degrees) for one in sets]
    assert told == [
        ("squat", 1, 2, None, 90),
        ("squat", 2, 3, None, 90),
        ("plank", 1, 0, 20.5, None),
    ]
    assert sets[1].started_at == NOON + timedelta(seconds=30)
    assert (sets[1].duration_s, sets[1].mean_rep_s, sets[1].mean_depth) == (6, 2, 0.9)


async def test_the_same_id_changes_nothing_and_is_told_once(
    database: Database, store: WorkoutStore
) -> None:
    outbox = Outbox(database)
    await outbox.add(9000, "workout.ended")
    assert await keep_one(database)
    assert not await keep_one(database, counted=tally(), user_id="bob")
    assert (await store.get(ANN, "a")).counts == {"squat": 5}
    told = await outbox.row()
    assert (told.user_id, told.created_at) == ("ann", ONE["now"])
    event = WorkoutEnded.model_validate_json(told.body)
    assert (event.data.workout_id, event.data.counts) == ("a", {"squat": 5})
    assert (event.data.user, event.timestamp) == ("ann", ONE["now"])


async def test_of_two_at_once_one_keeps_it(database: Database, store: WorkoutStore) -> None:
    kept: list[bool] = []

    async def keep_too() -> None:
        kept.append(await keep_one(database))

    async with anyio.create_task_group() as tasks, database.write() as session:
        assert await keep(session, **ONE)
        tasks.start_soon(keep_too)
        await until_somebody_waits(database)
    assert kept == [False]
    assert await rows(database, WorkoutSet) == 3


async def test_what_fails_later_in_the_transaction_keeps_nothing(
    database: Database, store: WorkoutStore
) -> None:
    outbox = Outbox(database)
    await outbox.add(9000, "workout.ended")

    async def fail() -> None:
        async with database.write() as session:
            assert await keep(session, **ONE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await outbox.rows() == []
    assert (await rows(database, Workout), await rows(database, WorkoutSet)) == (0, 0)


async def test_sets_with_one_number_and_holds_of_the_same_exercise_are_all_kept(
    database: Database, store: WorkoutStore
) -> None:
    await keep_one(
        database,
        counted=tally(hold("squat", 50, 3), rep_set("squat", 1, 2), rep_set("squat", 9, 1)),
    )
    ((_, sets),) = await store.page_with_sets(KEY, None, 10)
    assert [(one.number, one.reps, one.held_s) for one in sets] == [
        (1, 2, None),
        (2, 1, None),
        (3, 0, 3),
    ]


def test_the_range_of_motion_is_that_of_the_joint_that_moves_most() -> None:
    small = rep("squat", 1, top=100, bottom=70)
    measures = {**small.measures, "hip_top": small.measures["knee_top"]}
    assert range_degrees([small.model_copy(update={"measures": measures})]) == 30
    lower = small.measures["knee_bottom"].model_copy(update={"value": 20.0})
    wider = measures | {"hip_bottom": lower, "torso_lean_top": lower, "torso_lean_bottom": lower}
    assert range_degrees([small.model_copy(update={"measures": wider})]) == 80
    assert range_degrees([small, rep("squat", 3, top=None)]) == 30
    assert range_degrees([rep("squat", 3, top=None)]) is None


async def test_others_see_nothing(database: Database, store: WorkoutStore) -> None:
    await keep_one(database)
    for stranger in (Caller("other"), Caller("acme", user="bob")):
        with pytest.raises(ServiceError, match="no workout"):
            await store.get(stranger, "a")
        with pytest.raises(ServiceError, match="no workout"):
            await store.change(stranger, "a", "*", corrections={}, label="mine")
        with pytest.raises(ServiceError, match="no workout"):
            await store.remove(stranger, "a")
        assert await store.page(stranger, None, 10) == []
    assert [one.id for one in await store.page(ANN, None, 10)] == ["a"]


async def test_pages_go_through_all_once(database: Database, store: WorkoutStore) -> None:
    for n in range(7):
        await keep_one(database, f"w{n}", started_at=NOON + timedelta(hours=n // 3))
    seen = [workout.id async for workout, _ in pages(store, KEY, size=3)]
    assert seen == ["w6", "w5", "w4", "w3", "w2", "w1", "w0"]


async def test_by_exercise(database: Database, store: WorkoutStore) -> None:
    waves = tally().model_copy(update={"counts": {"unknown": 3}})
    await keep_one(database, "a")
    await keep_one(database, "b", waves)
    found = {
        name: [one.id for one in await store.page(KEY, None, 10, with_exercise(name))]
        for name in ("squat", "plank", "unknown", "push_up")
    }
    assert found == {"squat": ["a"], "plank": ["a"], "unknown": ["b"], "push_up": []}


async def test_by_an_exercise_whose_count_was_corrected(
    database: Database, store: WorkoutStore
) -> None:
    await keep_one(database)
    await store.change(KEY, "a", "*", corrections={"squat": 0, "plank": 0, "lunge": 7})
    found = {
        name: [one.id for one in await store.page(KEY, None, 10, with_exercise(name))]
        for name in ("squat", "plank", "lunge")
    }
    assert found == {"squat": [], "plank": ["a"], "lunge": ["a"]}, "a plank is held, not counted"


async def test_a_correction_stands_beside_what_was_measured(
    database: Database, store: WorkoutStore
) -> None:
    await keep_one(database)
    changed = await store.change(KEY, "a", '"1"', corrections={"squat": 6, "push_up": 2})
    assert (changed.counts, changed.version) == ({"squat": 5}, 2)
    changed = await store.change(ANN, "a", '"2"', corrections={"push_up": None, "plank": 0})
    at = (NOON + timedelta(days=1)).isoformat()
    assert changed.corrections == {
        "squat": {"count": 6, "by": "key:k", "at": at},
        "plank": {"count": 0, "by": "user", "at": at},
    }
    with pytest.raises(ServiceError, match=r'at "3"'):
        await store.change(KEY, "a", '"2"', corrections={"squat": 1})
    again = await store.get(KEY, "a")
    assert (again.corrections, again.version) == (changed.corrections, 3)


async def test_corrections_are_bounded(database: Database, store: WorkoutStore) -> None:
    await keep_one(database)
    most = {f"e{n}": n for n in range(MAX_CORRECTIONS)}
    await store.change(KEY, "a", "*", corrections=most)
    with pytest.raises(ServiceError, match=str(MAX_CORRECTIONS)):
        await store.change(KEY, "a", "*", corrections={"one_more": 1})


async def test_it_goes_with_its_sets(database: Database, store: WorkoutStore) -> None:
    await keep_one(database)
    await store.remove(KEY, "a")
    assert (await rows(database, Workout), await rows(database, WorkoutSet)) == (0, 0)


async def test_what_one_user_has_done_in_a_time(database: Database, store: WorkoutStore) -> None:
    await keep_one(database, "a")
    await keep_one(database, "b", tally(), started_at=NOON + timedelta(hours=1))
    await keep_one(database, "c", started_at=NOON + timedelta(hours=2))
    await keep_one(database, "d", user_id=None)
    await store.change(KEY, "b", "*", corrections={"squat": 4})
    done = [
        (one.workout_id, sorted(each.reps for each in one.sets), one.corrected)
        async for one in store.done("acme", "ann", NOON, NOON + timedelta(hours=2))
    ]
    assert done == [("a", [0, 2, 3], {}), ("b", [], {"squat": 4})]
    nobodys = store.done("acme", None, NOON, NOON + timedelta(hours=2))
    assert [one.workout_id async for one in nobodys] == ["d"]


async def test_others_have_their_turn_while_much_is_summed_up(
    database: Database, store: WorkoutStore
) -> None:
    async with database.write() as session:
        for n in range(600):
            await keep(session, **ONE | {"workout_id": f"w{n:03}", "tally": tally()})
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(other())
    seen = [turns async for _ in store.done("acme", "ann", NOON, NOON + timedelta(days=1))]
    beside.cancel()
    assert len(seen) == 600
    assert len({*seen}) >= 3


async def test_more_sets_than_can_be_summed_up_are_refused(
    database: Database, store: WorkoutStore
) -> None:
    narrow = WorkoutStore(database, max_sets=5)
    await keep_one(database, "a")
    assert [one async for one in narrow.done("acme", "ann", NOON, NOON + timedelta(days=1))]
    await keep_one(database, "b")
    with pytest.raises(ServiceError, match="at most 5 sets"):
        _ = [one async for one in narrow.done("acme", "ann", NOON, NOON + timedelta(days=1))]
