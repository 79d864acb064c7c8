"""Chores in rounds: each by itself, whatever becomes of the others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from service.janitor import Chore, Janitor

pytestmark = pytest.mark.anyio


class Counted:
    """A chore that says when it is done for the third time."""

    def __init__(self) -> None:
        self.rounds = 0
        self.third = anyio.Event()

    async def __call__(self) -> None:
        self.rounds += 1
        if self.rounds == 3:
            self.third.set()


class Failing(Counted):
    async def __call__(self) -> None:
        await super().__call__()
        raise OSError("no disk")


@asynccontextmanager
async def at_work(**chores: Chore) -> AsyncIterator[None]:
    """A janitor that is stopped in the end."""
    janitor = Janitor(chores, every_s=0.001)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(janitor.run)
        with anyio.fail_after(10):
            yield
        janitor.stop()


async def test_a_chore_that_fails_is_done_again_and_holds_no_other_up() -> None:
    fails, works = Failing(), Counted()
    async with at_work(fails=fails, works=works):
        await fails.third.wait()
        await works.third.wait()


async def test_a_chore_that_hangs_holds_no_other_up() -> None:
    works = Counted()
    async with at_work(hangs=anyio.sleep_forever, works=works):
        await works.third.wait()


async def test_rounds_follow_one_another_until_it_is_stopped() -> None:
    chore = Counted()
    async with at_work(chore=chore):
        await chore.third.wait()
    seen = chore.rounds
    await anyio.sleep(0.01)
    assert chore.rounds == seen
