"""What is sent in sessions with the fake server, and what is heard of it."""

from collections.abc import Iterator
from itertools import count

from blazereps_client import ImageAt, LiveSession, Media, SessionStart
from blazereps_client.messages import EventMessage, ServerMessage, SessionSummary

LOSSLESS = SessionStart(pacing="lossless")


def images(number: int) -> Iterator[Media]:
    return (ImageAt(i / 10, b"jpeg") for i in range(number))


async def send_all(session: LiveSession, number: int) -> SessionSummary:
    for image in images(number):
        await session.send(image)
    return await session.end()


async def send_for_ever(session: LiveSession) -> None:
    for i in count():
        await session.send(ImageAt(i / 10, b"jpeg"))


def events(told: list[ServerMessage]) -> list[int]:
    return [message.event_id for message in told if isinstance(message, EventMessage)]
