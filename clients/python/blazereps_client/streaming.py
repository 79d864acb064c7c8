"""Media from the first to the last, and all that the server says about it."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from contextlib import suppress

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
    `connect`. A plain iterable is read in a thread. Raises LiveError, and after the summary
    whatever iterating over `media` raises.
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
            async for one in _each(media):
                if realtime:
                    began_s = time.monotonic() - one.at_s if began_s is None else began_s
                    await asyncio.sleep(began_s + one.at_s - time.monotonic())
                await session.send(one)
        finally:
            session._finish()


async def _each(media: Iterable[Media] | AsyncIterable[Media]) -> AsyncIterator[Media]:
    if isinstance(media, AsyncIterable):
        async for one in media:
            yield one
        return
    waiting = iter(media)
    while (taken := await asyncio.to_thread(next, waiting, None)) is not None:
        yield taken
