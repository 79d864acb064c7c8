"""Names looked up by the system's resolver, which cannot be broken off."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from service.resolver import Resolver

pytestmark = pytest.mark.anyio


class Silent:
    """The servers of a name that do not answer until they are let."""

    def __init__(self) -> None:
        self.answering = threading.Event()
        self.asked = threading.Semaphore(0)

    def __call__(self, host: str, port: None, type: int) -> list[Any]:  # noqa: A002
        if host == "silent.example":
            self.asked.release()
            self.answering.wait(20)
        return [(0, 0, 0, "", ("127.0.0.1", port))]


@pytest.fixture
def servers() -> Iterator[Silent]:
    silent = Silent()
    yield silent
    silent.answering.set()


async def abandoned(resolve: Resolver, servers: Silent, times: int) -> None:
    """So many lookups under way that nobody waits for any more."""
    for _ in range(times):
        with anyio.move_on_after(5) as waiting:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(resolve, "silent.example")
                while not servers.asked.acquire(blocking=False):
                    await anyio.sleep(0.001)
                tasks.cancel_scope.cancel()
        assert not waiting.cancelled_caught


async def test_localhost_is_here() -> None:
    assert {one.is_loopback for one in await Resolver()("localhost")} == {True}


async def test_silent_names_hold_up_no_other_and_nothing_else(servers: Silent) -> None:
    """More of them than the event loop has threads of its own."""
    resolve = Resolver(servers)
    await abandoned(resolve, servers, 40)
    with anyio.fail_after(10):
        assert len(await resolve("quick.example")) == 1
        await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)


async def test_a_process_that_ends_waits_for_none(servers: Silent) -> None:
    before = {*threading.enumerate()}
    await abandoned(Resolver(servers), servers, 2)
    begun = {*threading.enumerate()} - before
    assert len(begun) == 2
    assert all(thread.daemon for thread in begun)


async def test_lookups_that_nobody_waits_for_are_bounded_too(servers: Silent) -> None:
    resolve = Resolver(servers, at_once=2)
    await abandoned(resolve, servers, 2)
    with anyio.move_on_after(0.05) as waiting:
        await resolve("quick.example")
    assert waiting.cancelled_caught
    servers.answering.set()
    with anyio.fail_after(10):
        assert len(await resolve("quick.example")) == 1
