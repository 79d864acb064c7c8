"""Work beside other work: it ends with that, and what is raised there is told as it is."""

import anyio
import pytest

from service.beside import beside

pytestmark = pytest.mark.anyio


class Work:
    """Goes on until it is ended."""

    def __init__(self) -> None:
        self.began, self.ended = anyio.Event(), False

    async def __call__(self) -> None:
        try:
            self.began.set()
            await anyio.sleep_forever()
        finally:
            self.ended = True


async def test_it_ends_with_the_context() -> None:
    work = Work()
    async with beside(work):
        await work.began.wait()
        assert not work.ended
    assert work.ended


async def test_what_is_raised_passes_on() -> None:
    async def failing() -> None:
        async with beside(work):
            await work.began.wait()
            raise LookupError("mine")

    work = Work()
    with pytest.raises(LookupError, match="mine"):
        await failing()
    assert work.ended


async def test_it_is_cancelled_with_the_context() -> None:
    work = Work()
    with anyio.move_on_after(0.01) as scope:
        async with beside(work):
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert work.ended
