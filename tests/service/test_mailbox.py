"""The two ways of waiting."""

import anyio
import pytest

from service.mailbox import Mailbox

pytestmark = pytest.mark.anyio


async def test_the_newest_wins_and_the_others_are_counted() -> None:
    mailbox = Mailbox[int](1, newest_wins=True)
    for item in range(5):
        await mailbox.put(item)
    assert (mailbox.dropped, mailbox.observations, mailbox.credit) == (4, 1, 0)
    assert mailbox.first == 4
    assert mailbox.take() == [4]
    assert mailbox.credit == 1


async def test_lossless_makes_the_writer_wait() -> None:
    mailbox = Mailbox[int](2, newest_wins=False)
    with anyio.move_on_after(0.05) as patience:
        for item in range(5):
            await mailbox.put(item)
    assert patience.cancelled_caught
    assert (mailbox.dropped, mailbox.observations) == (0, 2)


async def test_lossless_keeps_everything_in_order() -> None:
    mailbox = Mailbox[int](2, newest_wins=False)

    async def write() -> None:
        for item in range(100):
            await mailbox.put(item)
        await mailbox.close()

    taken = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        while await mailbox.wait():
            taken += mailbox.take(3)
    assert taken == list(range(100))


async def test_closing_lets_what_waits_be_taken_first() -> None:
    mailbox = Mailbox[int](2, newest_wins=False)
    await mailbox.put(1)
    await mailbox.close()
    assert await mailbox.wait()
    assert mailbox.take() == [1]
    assert not await mailbox.wait()


async def test_as_much_is_taken_as_waits_and_is_wanted() -> None:
    mailbox = Mailbox[int](8, newest_wins=False)
    for item in range(5):
        await mailbox.put(item)
    assert [mailbox.take(3), mailbox.take(3)] == [[0, 1, 2], [3, 4]]


async def test_a_command_is_not_dropped() -> None:
    mailbox = Mailbox[str](1, newest_wins=True)
    await mailbox.put("a")
    await mailbox.put_command("pause")
    for newer in ("b", "c"):
        await mailbox.put(newer)
    assert (mailbox.dropped, mailbox.credit) == (2, 0)
    assert mailbox.take(9) == ["pause", "c"]


async def test_what_is_late_waits_for_room_and_stays() -> None:
    mailbox = Mailbox[int](3, newest_wins=True)
    with anyio.move_on_after(0.05) as patience:
        for item in range(5):
            await mailbox.put(item, late=True)
    assert patience.cancelled_caught
    for newer in (5, 6):
        await mailbox.put(newer)
    assert (mailbox.dropped, mailbox.credit) == (1, 0)
    assert mailbox.take(9) == [0, 1, 2, 6]
