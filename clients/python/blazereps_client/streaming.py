"""Media from the first to the last, and all that the server says about it."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import aclosing, suppress
from queue import SimpleQueue
from threading import Thread

from blazereps_client.errors import LiveError
from blazereps_client.media import Media
from blazereps_client.messages import ServerMessage, SessionStart
from blazereps_client.session import DEFAULT_START, LiveSession, connect


async def stream(
    url: str,
    media: Iterable[Media] | AsyncIterable[Media],
    start: SessionStart = DEFAULT_START,
    *,
    realtime: bool = False,
    key: str | None = None,
    token: str | None = None,
    ticket: str | None = None,
    resume: bool = True,
) -> AsyncGenerator[ServerMessage, None]:
    """Stream media to the end, giving everything the server says from `session.created` on.

    `realtime` waits for each observation's own time, as a camera would; the others are those of
    `connect`. A plain iterable is read in a thread of its own, which is left behind where it waits
    for ever. Raises LiveError, and after the summary whatever iterating over `media` raises.
    """
    async with connect(url, start, key=key, token=token, ticket=ticket, resume=resume) as session:
        yield session.created
        feeding = asyncio.create_task(_feed(session, media, realtime=realtime))
        try:
            async for message in session:
                yield message
            await feeding
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)


async def _feed(
    session: LiveSession, media: Iterable[Media] | AsyncIterable[Media], *, realtime: bool
) -> None:
    began_s: float | None = None
    with suppress(LiveError):  # whoever iterates is told
        try:
            async with aclosing(_each(media)) as each:
                async for one in each:
                    if realtime:
                        began_s = time.monotonic() - one.at_s if began_s is None else began_s
                        await asyncio.sleep(began_s + one.at_s - time.monotonic())
                    await session.send(one)
        finally:
            session._finish()


async def _each(media: Iterable[Media] | AsyncIterable[Media]) -> AsyncGenerator[Media, None]:
    if isinstance(media, AsyncIterable):
        async for one in media:
            yield one
        return
    asked: SimpleQueue[Future[Media | None] | None] = SimpleQueue()
    # A daemon: nobody who leaves waits for what blocks.
    Thread(target=_read, args=(iter(media), asked), daemon=True).start()
    try:
        while (taken := await _ask(asked)) is not None:
            yield taken
    finally:
        asked.put(None)


async def _ask(asked: SimpleQueue[Future[Media | None] | None]) -> Media | None:
    answer: Future[Media | None] = Future()
    asked.put(answer)
    return await asyncio.wrap_future(answer)


def _read(media: Iterator[Media], asked: SimpleQueue[Future[Media | None] | None]) -> None:
    """One at a time, as they are asked for; None at the end."""
    while (answer := asked.get()) is not None:
        if answer.set_running_or_notify_cancel():
            try:
                answer.set_result(next(media, None))
            except BaseException as error:
                answer.set_exception(error)
