"""Chores in rounds: each by itself, whatever becomes of the others."""

import anyio
import pytest

from service.janitor import Janitor

pytestmark = pytest.mark.anyio


async def test_a_chore_that_fails_holds_no_other_up() -> None:
    done: list[str] = []

    async def fails() -> None:
        done.append("fails")
        raise OSError("no disk")

    async def works() -> None:
        done.append("works")

    janitor = Janitor({"fails": fails, "works": works}, every_s=60)
    await janitor.round()
    await janitor.round()
    assert done == ["fails", "works"] * 2


async def test_rounds_follow_one_another_until_it_is_stopped() -> None:
    third = anyio.Event()
    rounds = 0

    async def chore() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            third.set()

    async with anyio.create_task_group() as tasks:
        janitor = Janitor({"chore": chore}, every_s=0.001)
        tasks.start_soon(janitor.run)
        with anyio.fail_after(10):
            await third.wait()
        janitor.stop()
    seen = rounds
    await anyio.sleep(0.01)
    assert rounds == seen
