"""Sessions become workouts: once each, whoever ends them and wherever somebody is killed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from blazereps_client.messages import CountingReset
from pose_engine.frames import ImageLimits
from service import kept_workout
from service.core import Core
from service.database import Database
from service.harvest import BATCH, Harvest
from service.journal import Journal
from service.media import Observation
from service.metrics import Metrics
from service.receipts import request_erasure
from service.sessions import Kept, SqliteSessions, Superseded
from service.stream import Stream, resume
from service.tables import Tenant, Workout, WorkoutSet
from service.telemetry import NoSpans, Telemetry
from service.tenants import Tenants
from tests.service.fakes import HOLD, REP, REST, FakeEngine, OtherLibrary, grey_pose
from tests.service.outbox import Outbox
from tests.service.streams import CORE, landmarks, moment

pytestmark = pytest.mark.anyio

BEGAN_S = 1_738_324_800.0  # 2025-01-31 12:00 UTC
BEGAN = datetime.fromtimestamp(BEGAN_S, UTC)
TELEMETRY = Telemetry(Metrics(), NoSpans())


class World:
    """A database and sessions with one clock."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.now_s = database, BEGAN_S
        self.sessions = self.kept(folder, SqliteSessions)

    def kept(self, folder: Path, kind: type[SqliteSessions]) -> SqliteSessions:
        def now_s() -> float:
            return self.now_s

        return kind(folder / "sessions.db", keep_s=60, most=100, clock=now_s, timer=now_s)

    def harvest(self, core: Core = CORE) -> Harvest:
        resumed = partial(resume, core, ImageLimits(), self.sessions, TELEMETRY)
        return Harvest(self.database, self.sessions, resumed, clock=self.now)

    async def pass_window(self, core: Core = CORE) -> None:
        """What is silent now is taken over in the second round, as it was in the first."""
        for _ in range(2):
            self.now_s += 61
            await self.harvest(core).expired()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)

    async def workouts(self) -> dict[str, Workout]:
        query = select(Workout).options(undefer(Workout.tally))
        async with self.database.read() as session:
            return {one.id: one for one in await session.scalars(query)}


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with database.write() as session:
        session.add_all(Tenant(id=name, created_at=BEGAN) for name in ("acme", "other"))
    made = World(database, tmp_path)
    yield made
    made.sessions.close()


def begin(world: World, name: str, owner: str = "acme/ann") -> Stream:
    journal = Journal(world.sessions, name, epoch=1)
    stream = Stream(CORE, landmarks(), ImageLimits(), journal, TELEMETRY)
    world.sessions.begin(name, "token", owner, stream.state())
    return stream


def play(stream: Stream, levels: tuple[int, ...], first: int = 0) -> None:
    for seq, level in enumerate(levels, first):
        stream.observe(Observation(seq, 100 + seq / 10, 0, grey_pose(level)), moment(seq))


async def test_what_nobody_resumed_is_kept_as_it_would_have_ended(world: World) -> None:
    play(begin(world, "a"), (*REP, *REP, *HOLD[:-1]))
    await world.harvest().expired()
    assert await world.workouts() == {}
    await world.pass_window()
    workout = (await world.workouts())["a"]
    assert (workout.tenant_id, workout.user_id, workout.source) == ("acme", "ann", "live")
    assert (workout.started_at, workout.duration_s) == (BEGAN, 2.2)
    assert workout.created_at == BEGAN + timedelta(seconds=122)
    assert workout.counts == {"squat": 2}
    async with world.database.read() as session:
        sets = [*await session.scalars(select(WorkoutSet).order_by(WorkoutSet.number))]
    assert [(one.reps, one.held_s) for one in sets] == [(2, None), (0, 0.5)]
    began = [(one.started_at - BEGAN).total_seconds() for one in sets]
    assert began == pytest.approx([0.2, 1.7])  # though the capture clock began at 100
    assert world.sessions.expired("", 10) == []


CHANGED = Core(FakeEngine(), OtherLibrary())


async def test_of_an_exercise_that_is_gone_what_was_told_is_kept(world: World) -> None:
    play(begin(world, "a"), (*REP, *HOLD, *REST, *REP, *REP))
    await world.pass_window(CHANGED)
    workout = (await world.workouts())["a"]
    assert (workout.counts, workout.duration_s) == ({"squat": 3}, 4.2)
    async with world.database.read() as session:
        rows = [*await session.scalars(select(WorkoutSet).order_by(WorkoutSet.started_at))]
    assert [(one.reps, one.held_s) for one in rows] == [(1, None), (0, 0.5), (2, None)]
    assert (rows[-1].started_at - BEGAN).total_seconds() == pytest.approx(2.9)
    last = workout.tally["sets"][-1]
    assert (last["number"], last["rest_s"]) == (2, pytest.approx(2.3))
    assert world.sessions.expired("", 10) == []


async def test_what_was_told_before_a_reset_is_not_kept(world: World) -> None:
    stream = begin(world, "a")
    play(stream, (*REP, *REP))
    stream.obey(CountingReset(), moment(16))
    play(stream, REP, first=16)
    await world.pass_window(CHANGED)
    workout = (await world.workouts())["a"]
    assert workout.counts == {"squat": 1}
    assert [one["number"] for one in workout.tally["sets"]] == [1]


async def test_a_session_that_ended_is_kept_and_not_handed_over(world: World) -> None:
    stream = begin(world, "a", "acme")
    play(stream, REP)
    stream.finish(moment(9))
    await world.harvest().finished("a", "acme", BEGAN_S, stream)
    assert (await world.workouts())["a"].user_id is None
    await forget_workout(world, "a")
    await world.pass_window()
    assert await world.workouts() == {}  # erased, and not kept again


async def forget_workout(world: World, name: str) -> None:
    async with world.database.write() as session:
        await session.delete(await session.get_one(Workout, name))


class Cut(BaseException):
    """The process is killed."""


class Fragile(SqliteSessions):
    """Sessions in a process that is killed once, after a workout is kept."""

    alive = False

    def settle(self, session_id: str) -> None:
        self._live()
        super().settle(session_id)

    def forget(self, kept: Kept) -> None:
        self._live()
        super().forget(kept)

    def _live(self) -> None:
        alive, self.alive = self.alive, True
        if not alive:
            raise Cut


@pytest.mark.parametrize("ended", [True, False])
async def test_who_is_killed_between_keeping_and_forgetting_keeps_it_once(
    world: World, tmp_path: Path, *, ended: bool
) -> None:
    world.sessions.close()
    world.sessions = world.kept(tmp_path, Fragile)
    outbox = Outbox(world.database)
    await outbox.add(9000, "workout.ended")
    stream = begin(world, "a")
    play(stream, REP)
    if ended:
        stream.finish(moment(9))
        with pytest.raises(Cut):
            await world.harvest().finished("a", "acme/ann", BEGAN_S, stream)
    else:
        with pytest.raises(Cut):
            await world.pass_window()
    assert [*await world.workouts()] == ["a"]
    await world.pass_window()
    assert [*await world.workouts()] == ["a"]
    assert len(await outbox.rows()) == 1
    assert world.sessions.expired("", 10) == []


async def test_who_lives_on_unnoticed_is_superseded(world: World) -> None:
    stream = begin(world, "a")
    play(stream, REP)
    await world.pass_window()
    with pytest.raises(Superseded):
        play(stream, REP, first=8)
    assert (await world.workouts())["a"].counts == {"squat": 1}


async def test_a_session_that_lives_is_not_touched(world: World) -> None:
    stream = begin(world, "a")
    play(stream, REP)
    world.now_s += 50
    stream.rest(moment(50))
    for _ in range(2):
        world.now_s += 50
        await world.harvest().expired()
    assert await world.workouts() == {}
    kept = world.sessions.resume("a", "token", "acme/ann")
    again = resume(CORE, ImageLimits(), world.sessions, TELEMETRY, kept)
    assert again.counts["squat"] == 1


async def test_several_that_harvest_keep_each_once(world: World) -> None:
    for number in range(BATCH + 3):
        play(begin(world, f"{number:02}"), REP)
    one, other = world.harvest(), world.harvest()
    world.now_s += 61
    await one.expired()
    world.now_s += 61
    taken = world.sessions.expired("", 1)  # a third one has begun, and is late
    await one.expired()
    await other.expired()
    world.sessions.forget(taken[0])
    assert len(await world.workouts()) == BATCH + 3
    assert world.sessions.expired("", 10) == []


@pytest.mark.parametrize("levels", [(), REP[:1]])
async def test_a_session_in_which_nothing_happened_is_no_workout(
    world: World, levels: tuple[int, ...]
) -> None:
    play(begin(world, "a"), levels)
    await world.pass_window()
    assert await world.workouts() == {}
    assert world.sessions.expired("", 10) == []


async def test_a_session_in_which_nothing_was_counted_is_one(world: World) -> None:
    play(begin(world, "a"), REP[:2])
    await world.pass_window()
    assert (await world.workouts())["a"].counts == {}


async def test_a_user_may_have_slashes(world: World) -> None:
    play(begin(world, "a", "acme/team/ann"), REP)
    await world.pass_window()
    workout = (await world.workouts())["a"]
    assert (workout.tenant_id, workout.user_id) == ("acme", "team/ann")


async def test_nothing_is_kept_of_who_was_erased_meanwhile(world: World) -> None:
    for name, owner in (("a", "acme/ann"), ("b", "acme/bob"), ("c", "gone/ann")):
        play(begin(world, name, owner), REP)
    async with world.database.write() as session:
        await request_erasure(session, "acme", "ann", BEGAN + timedelta(seconds=1))
    world.now_s += 2
    play(begin(world, "d"), REP)  # begins anew
    await world.pass_window()
    assert sorted(await world.workouts()) == ["b", "d"]
    assert world.sessions.expired("", 10) == []


async def test_nothing_is_kept_of_a_tenant_that_another_one_has_the_name_of(world: World) -> None:
    for name, owner in (("a", "acme/ann"), ("b", "acme")):
        play(begin(world, name, owner), REP)
    tenants = Tenants(world.database, world.now)
    world.now_s += 1
    await tenants.remove("acme", "test")
    await tenants.add("acme", "test")
    world.now_s += 1
    play(begin(world, "c"), REP)
    await world.pass_window()
    assert [*await world.workouts()] == ["c"]


async def test_what_cannot_be_kept_now_is_kept_later_and_holds_nobody_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        play(begin(world, name), REP)
    failing = {"a"}

    async def tell(_: object, __: str, ___: str | None, event: Any, ____: datetime) -> None:
        if event.data.workout_id in failing:
            raise OSError("cannot be told")

    monkeypatch.setattr(kept_workout, "tell", tell)
    await world.pass_window()
    assert [*await world.workouts()] == ["b"]
    failing.clear()
    await world.harvest().expired()
    assert sorted(await world.workouts()) == ["a", "b"]


async def test_what_cannot_be_read_is_given_up(world: World) -> None:
    world.sessions.begin("a", "token", "acme", '{"version": 0}')
    await world.pass_window()
    assert world.sessions.expired("", 10) == []
    assert await world.workouts() == {}
