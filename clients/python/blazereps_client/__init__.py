"""Counts exercise repetitions from video, live, with a blazereps server.

async with connect("ws://127.0.0.1:8000/v1/live") as session:
    await session.send(ImageAt(0.0, jpeg))
    print((await session.end()).counts)

`blazereps_client.sync` is the same without asyncio.
"""

from blazereps_client.errors import LiveError
from blazereps_client.media import ImageAt, Media, PoseAt, VideoAt
from blazereps_client.messages import Arm, Outputs, SessionStart, Subject
from blazereps_client.session import LiveSession, connect
from blazereps_client.streaming import stream

__all__ = [
    "Arm",
    "ImageAt",
    "LiveError",
    "LiveSession",
    "Media",
    "Outputs",
    "PoseAt",
    "SessionStart",
    "Subject",
    "VideoAt",
    "connect",
    "stream",
]
