"""Many live sessions on one server at once: what it holds, how long answers take, memory.

    python -m benchmarks.live_load [--frames 8 --fps 10] [--landmarks 50 --rate 30] [--seconds 300]
                                   [--out docs/live_load.md]

Starts `blazereps serve` in a process of its own and streams a bundled clip to it over and over, as
JPEGs and as the landmarks that the tracker found in it, each session begun at another moment. The
clients are the Python client, in this process. An answer's time is from before the send to the ack
of that very observation; of those that were dropped there is none. Landmarks are never dropped:
where the server cannot keep up, less is sent than was due.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np

from benchmarks.checkout import CLIP, REPS
from benchmarks.command_line import OUT, command_line
from benchmarks.report import publish, table
from benchmarks.server_process import Server, blazereps
from blazereps_client import ImageAt, LiveError, PoseAt, SessionStart, connect
from blazereps_client.media import Media
from blazereps_client.messages import Ack
from blazereps_client.video import clip_images
from pose_engine.frames import read_image
from service.settings import Settings
from service.startup import load_core

_PAUSE_S = 1.0
"""Between the end of the clip and its next beginning."""
_SAMPLE_S = 5.0


@dataclass
class Load:
    """Sessions of one kind, and what became of what they sent."""

    name: str
    shots: Sequence[Media]
    start: SessionStart
    sessions: int
    fps: float
    sent: int = 0
    processed: int = 0
    dropped: int = 0
    lost: int = 0
    expected: int = 0
    counted: int = 0
    answers_s: list[float] = field(default_factory=list)

    def due(self, seconds: float) -> int:
        """How many all its sessions send in that time where nothing holds them back."""
        shots = takewhile(lambda shot: shot.at_s < seconds, over_and_over(self.shots))
        return self.sessions * sum(1 for _ in shots)


def shots(fps: float, rate: float) -> tuple[list[ImageAt], list[PoseAt]]:
    """The clip as JPEGs, `fps` a second, and as landmarks, `rate` a second at most."""
    tracker = load_core(Settings()).engine.tracker()
    poses = []
    for image in clip_images(CLIP, fps=rate):
        pose = tracker.track(read_image(image.data), image.at_s)
        points = None if pose is None else np.column_stack((pose.image, pose.visibility)).tolist()
        world = None if pose is None or pose.world is None else pose.world.tolist()
        poses.append(PoseAt(image.at_s, points, world))
    return [*clip_images(CLIP, fps=fps)], poses


def over_and_over(taken: Sequence[Media]) -> Iterator[Media]:
    """The same again and again, each lap after the last."""
    lap_s = taken[-1].at_s + _PAUSE_S
    for lap in range(10**6):
        yield from (_later(one, lap * lap_s) for one in taken)


def _later(media: Media, by_s: float) -> Media:
    match media:
        case PoseAt():
            return PoseAt(media.at_s + by_s, media.points, media.world)
        case ImageAt():
            return ImageAt(media.at_s + by_s, media.data)
    raise TypeError(media)


async def run(url: str, load: Load, seconds: float, number: int) -> None:
    """One session, in its own rhythm."""
    await asyncio.sleep(number / load.sessions * load.shots[-1].at_s)
    try:
        async with connect(url, load.start) as session:
            sent_s: dict[int, float] = {}
            session.on(Ack, lambda ack: _answered(load, sent_s, ack))
            laps = await _play(session.send, load, seconds, sent_s)
            summary = await session.end()
    except LiveError:
        load.lost += 1
        return
    load.processed += summary.processed
    load.dropped += summary.dropped
    load.counted += summary.counts.get("squat", 0)
    load.expected += REPS * laps


async def _play(
    send: Callable[[Media], Awaitable[object]],
    load: Load,
    seconds: float,
    sent_s: dict[int, float],
) -> int:
    """Sends in real time, as far as the server lets it, until the time is over; how many laps."""
    began_s = time.monotonic()
    for n, media in enumerate(over_and_over(load.shots)):
        await asyncio.sleep(max(0.0, began_s + media.at_s - time.monotonic()))
        if time.monotonic() - began_s >= seconds:
            return n // len(load.shots)
        sent_s[n] = time.monotonic()
        await send(media)
        load.sent += 1
    raise AssertionError("it never ends")


def _answered(load: Load, sent_s: dict[int, float], ack: Ack) -> None:
    if (sent := sent_s.get(ack.seq)) is not None:
        load.answers_s.append(time.monotonic() - sent)
    for seq in [seq for seq in sent_s if seq <= ack.seq]:
        del sent_s[seq]


@asynccontextmanager
async def watched(server: Server) -> AsyncIterator[list[float]]:
    """The server's resident memory in MB, each five seconds."""
    samples: list[float] = []

    async def watch() -> None:
        while True:
            samples.append(server.resident_mb)
            await asyncio.sleep(_SAMPLE_S)

    watching = asyncio.create_task(watch())
    try:
        yield samples
    finally:
        watching.cancel()


async def measure(loads: Sequence[Load], seconds: float) -> str:
    """All sessions at once; the tables, as Markdown."""
    with blazereps() as server:
        url = f"ws://127.0.0.1:{server.port}/v1/live"
        async with watched(server) as memory:
            began_s, server_s, clients_s = time.monotonic(), server.cpu_s, time.process_time()
            async with asyncio.TaskGroup() as tasks:
                for load in loads:
                    for number in range(load.sessions):
                        tasks.create_task(run(url, load, seconds, number))
            took_s, used_s = time.monotonic() - began_s, server.cpu_s - server_s
            ours_s = time.process_time() - clients_s
    return "\n\n".join((
        table(
            ("sessions", "sent of what was due", "counted from", "dropped", "lost sessions",
             "squats of those of whole laps",
             "median", "95 %", "99 %", "most"),
            (_row(load, seconds) for load in loads if load.sessions),
        ),
        table(
            ("seconds", "CPU of the server", "CPU of the clients", "memory after a third",
             "after two", "at the end"),
            [(f"{took_s:.0f}", f"{used_s / took_s:.2f} cores", f"{ours_s / took_s:.2f} cores",
              *(f"{mb:.0f} MB" for mb in _told(memory)))],
        ),
    ))  # fmt: skip


def _told(memory: Sequence[float]) -> Iterator[float]:
    """After a third of the time, after two thirds, and at the end."""
    return (memory[min(len(memory) * part // 3, len(memory) - 1)] for part in (1, 2, 3))


def _row(load: Load, seconds: float) -> tuple[object, ...]:
    ms = 1000 * np.percentile(load.answers_s, [50, 95, 99, 100])
    return (
        f"{load.sessions} of {load.name} at {load.fps:g}/s",
        f"{load.sent} ({load.sent / load.due(seconds):.0%})",
        load.processed,
        f"{load.dropped} ({load.dropped / max(load.sent, 1):.1%})",
        load.lost,
        f"{load.counted} of {load.expected}",
        *(f"{one:.0f} ms" for one in ms),
    )


def main() -> None:
    """Measure, and print the tables or write the page."""
    parser = command_line(__doc__, OUT)
    parser.add_argument("--frames", type=int, default=8, help="sessions of JPEGs")
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--landmarks", type=int, default=50, help="sessions of landmarks")
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--seconds", type=float, default=300)
    arguments = parser.parse_args()
    images, poses = shots(arguments.fps, arguments.rate)
    frames = SessionStart(exercise="squat", pacing="live")
    landmarks = SessionStart(exercise="squat", input="landmarks")
    text = asyncio.run(
        measure(
            [
                Load("JPEGs", images, frames, arguments.frames, arguments.fps),
                Load("landmarks", poses, landmarks, arguments.landmarks, arguments.rate),
            ],
            arguments.seconds,
        )
    )
    publish(text, arguments.out)


if __name__ == "__main__":
    main()
