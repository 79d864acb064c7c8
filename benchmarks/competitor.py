"""A live server as one would build it on MediaPipe, to measure ours beside.

    .benchmarks/mediapipe/bin/python -m benchmarks.competitor PORT [--threads 2]

It is run by the Python that has MediaPipe, and does as little as it can, so that what is measured
is not that somebody built it badly:

- FastAPI and uvicorn as ours, with httptools, which ours does without; the same WebSocket protocol
  of uvicorn's, nothing compressed.
- A graph of MediaPipe's a session, made when it begins: it follows one person and cannot be shared.
  `solutions.pose` with the full model and smoothing, given pictures that it need not copy.
- JPEGs are decoded by simplejpeg, the fastest ordinary decoder.
- Frames are looked at in a thread pool, so that the event loop is free and cores are used; the
  newest frame wins, as in ours. Nothing is logged, kept, resumed, authenticated or validated.
- It counts by one joint's angle and two thresholds: wrong often, but next to free.
"""

import asyncio
import json
import math
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import simplejpeg
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from mediapipe.python.solutions.pose import Pose, PoseLandmark

from benchmarks.command_line import command_line

DOWN_DEGREES, UP_DEGREES = 100, 150
"""A repetition is less than the one, and then more than the other."""
JOINTS = {
    "squat": (PoseLandmark.LEFT_HIP, PoseLandmark.LEFT_KNEE, PoseLandmark.LEFT_ANKLE),
    "push_up": (PoseLandmark.LEFT_SHOULDER, PoseLandmark.LEFT_ELBOW, PoseLandmark.LEFT_WRIST),
}


class AngleCounter:
    """Counts how often a joint was bent and straightened."""

    def __init__(self, joint: Sequence[int]) -> None:
        self._joint = joint
        self._down = False
        self.count = 0

    def observe(self, landmarks: Sequence[Any]) -> None:
        """MediaPipe's landmarks of the next frame."""
        (ax, ay), (bx, by), (cx, cy) = ((landmarks[n].x, landmarks[n].y) for n in self._joint)
        turn = math.degrees(math.atan2(ay - by, ax - bx) - math.atan2(cy - by, cx - bx)) % 360
        bend = min(turn, 360 - turn)
        if self._down and bend > UP_DEGREES:
            self.count += 1
        self._down = bend < DOWN_DEGREES or (self._down and bend <= UP_DEGREES)


class Session:
    """One person's graph and counters. Blocking, for one thread at a time."""

    def __init__(self) -> None:
        self._pose = Pose(model_complexity=1)
        self._counters = {name: AngleCounter(joint) for name, joint in JOINTS.items()}
        self._processed = 0

    def look(self, seq: int, jpeg: bytes) -> str:
        """The answer to a frame, as JSON."""
        pixels = simplejpeg.decode_jpeg(jpeg, colorspace="RGB")
        pixels.flags.writeable = False
        found = self._pose.process(pixels).pose_landmarks
        if found is not None:
            for counter in self._counters.values():
                counter.observe(found.landmark)
        self._processed += 1
        counts = {name: counter.count for name, counter in self._counters.items()}
        return json.dumps({
            "type": "ack", "seq": seq, "processed": self._processed,
            "subject": found is not None, "counts": counts,
        })  # fmt: skip

    def close(self) -> None:
        """Ends the graph."""
        self._pose.close()


async def serve(socket: WebSocket, pool: Executor) -> None:
    """One client, until it goes."""
    await socket.accept()
    loop = asyncio.get_running_loop()
    session = await loop.run_in_executor(pool, Session)
    await socket.send_text('{"type": "session.created"}')
    newest: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(1)

    async def work() -> None:
        while True:
            seq, jpeg = await newest.get()
            await socket.send_text(await loop.run_in_executor(pool, session.look, seq, jpeg))

    working = asyncio.create_task(work())
    try:
        await _read(socket, newest)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await working
        await loop.run_in_executor(pool, session.close)


async def _read(socket: WebSocket, newest: asyncio.Queue[tuple[int, bytes]]) -> None:
    """Takes frames, numbered as they come; one that still waits gives way to the next."""
    with suppress(WebSocketDisconnect):
        seq = 0
        while True:
            jpeg = await socket.receive_bytes()
            if newest.full():
                newest.get_nowait()
            newest.put_nowait((seq, jpeg))
            seq += 1


def create_app(threads: int) -> FastAPI:
    """The app, with so many threads to look at frames."""
    app, pool = FastAPI(), ThreadPoolExecutor(threads)

    @app.websocket("/v1/live")
    async def live(socket: WebSocket) -> None:
        await serve(socket, pool)

    return app


def main() -> None:
    """Serve until the end."""
    parser = command_line(__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    uvicorn.run(
        create_app(arguments.threads),
        port=arguments.port,
        log_level="warning",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )


if __name__ == "__main__":
    main()
