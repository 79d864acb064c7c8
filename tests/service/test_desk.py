"""Steps that wait go to the thread together, and each gives its own."""

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial

import anyio
import pytest
from anyio import to_thread

from pose_engine.landmarks import Pose
from service.core import Coming
from service.desk import Desk
from tests.service.fakes import FakeLibrary, FakeSession, grey_pose

pytestmark = pytest.mark.anyio
WHOSE: ContextVar[str] = ContextVar("whose")
HERE_S = 5


@pytest.fixture
def limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(1)


class _Library(FakeLibrary):
    """Knows what was looked ahead at last."""

    expected: Sequence[Pose] = ()

    def look_ahead(self, coming: Sequence[tuple[FakeSession, Pose, float]], /) -> None:
        self.expected = [pose for _, pose, _ in coming]


class _Bench:
    """A desk, and what came of the steps."""

    def __init__(self, limiter: anyio.CapacityLimiter) -> None:
        self.library = _Library()
        self.desk = Desk(self.library, limiter)
        self.gate, self.entered = threading.Event(), threading.Event()
        self.done: list[int] = []

    async def do(
        self, number: int, step: Callable[[], None] = lambda: None, coming: Coming = ()
    ) -> None:
        def whole() -> int:
            step()
            self.done.append(number)
            return number

        assert await self.desk.do(whole, coming) == number

    def hold(self) -> None:
        self.entered.set()
        assert self.gate.wait(HERE_S)


async def test_what_waits_goes_together_in_its_order(limiter: anyio.CapacityLimiter) -> None:
    bench = _Bench(limiter)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.do, 0, bench.hold)
        await to_thread.run_sync(bench.entered.wait)
        for number in range(1, 9):
            tasks.start_soon(bench.do, number)
        await anyio.wait_all_tasks_blocked()
        bench.gate.set()
    assert bench.done == [*range(9)]


async def test_what_waits_is_looked_at_together(limiter: anyio.CapacityLimiter) -> None:
    bench = _Bench(limiter)
    poses = [grey_pose(level) for level in range(3)]
    session = bench.library.session()

    def step() -> None:
        assert bench.library.expected == poses

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.do, 0, bench.hold)
        await to_thread.run_sync(bench.entered.wait)
        for number, some in enumerate((poses[:2], poses[2:]), 1):
            coming = [(session, pose, 1.0) for pose in some]
            tasks.start_soon(bench.do, number, step, coming)
        await anyio.wait_all_tasks_blocked()
        bench.gate.set()
    assert bench.done == [0, 1, 2]


class _Blind(FakeLibrary):
    """One that cannot look ahead."""

    def look_ahead(self, coming: Sequence[tuple[FakeSession, Pose, float]], /) -> None:
        raise ArithmeticError(coming)


async def test_without_looking_ahead_each_is_done(limiter: anyio.CapacityLimiter) -> None:
    desk = Desk(_Blind(), limiter)
    assert await desk.do(lambda: 7, [(FakeLibrary().session(), grey_pose(1), 1.0)]) == 7


async def test_one_that_fails_is_told_alone(limiter: anyio.CapacityLimiter) -> None:
    bench = _Bench(limiter)

    async def fail() -> None:
        with pytest.raises(ZeroDivisionError):
            await bench.desk.do(lambda: 1 // 0)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.do, 0, bench.hold)
        await to_thread.run_sync(bench.entered.wait)
        tasks.start_soon(fail)
        tasks.start_soon(bench.do, 1)
        await anyio.wait_all_tasks_blocked()
        bench.gate.set()
    assert bench.done == [0, 1]


async def test_each_is_done_in_the_context_of_who_asked(limiter: anyio.CapacityLimiter) -> None:
    desk, seen = Desk(FakeLibrary(), limiter), []

    async def ask(name: str) -> None:
        WHOSE.set(name)
        seen.append((name, await desk.do(WHOSE.get)))

    async with anyio.create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(ask, name)
    assert sorted(seen) == [(name, name) for name in "abc"]


async def test_what_is_cancelled_is_done_first(limiter: anyio.CapacityLimiter) -> None:
    """A session's next step may come at once from another task: two at a time would be wrong."""
    bench = _Bench(limiter)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.do, 0, bench.hold)
        await to_thread.run_sync(bench.entered.wait)
        tasks.start_soon(bench.do, 1)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
        bench.gate.set()
    assert bench.done == [0, 1]


async def test_others_of_the_limiter_have_their_turn(limiter: anyio.CapacityLimiter) -> None:
    bench = _Bench(limiter)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.do, 0, bench.hold)
        await to_thread.run_sync(bench.entered.wait)
        tasks.start_soon(partial(to_thread.run_sync, bench.done.append, 7, limiter=limiter))
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(bench.do, 1)
        await anyio.wait_all_tasks_blocked()
        bench.gate.set()
    assert bench.done == [0, 7, 1]
