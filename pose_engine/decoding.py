"""The process in which a clip is decoded for `pose_engine.isolation`.

    python -m pose_engine.decoding

It reads lines of JSON, each once the one before is answered, and says what `Kind` lists: what to
open, which frames are wanted and, after each of them, the stride to the next.
"""

import json
import math
import os
import select
import sys
from collections import deque
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from av.video.frame import VideoFrame

from pose_engine.clips import Clip, ClipError, ClipLimits, thinned, upright
from pose_engine.isolation import HEADER, Kind
from pose_engine.sandbox import confine

_AHEAD: Final = 4
"""Frames decoded before it is known whether they are wanted: the last is looked at meanwhile."""


def main() -> None:
    """Opens a clip, says what it is, and then its frames."""
    with os.fdopen(os.dup(1), "wb") as told:
        try:
            _serve(sys.stdin.buffer, told)
        except ClipError as error:
            _refuse(told, error.code, str(error))
        except Exception as error:  # whatever it is, the parent is told why
            _refuse(told, "decoder_crashed", f"the decoder failed: {error!r}")


def _serve(heard: BinaryIO, told: BinaryIO) -> None:
    order = json.loads(heard.readline())
    memory_bytes = order["memory_bytes"]
    confine(memory_bytes=memory_bytes, cpu_s=order["cpu_s"], parent=order["parent"])
    try:
        _decode(order, heard, told)
    except MemoryError as error:
        limit = f"clip takes more than {memory_bytes} bytes of memory to decode, the limit"
        raise ClipError("decoder_memory", limit) from error


def _decode(order: dict[str, Any], heard: BinaryIO, told: BinaryIO) -> None:
    limits = ClipLimits(**order["limits"])
    try:
        with Clip.open(Path(order["path"]), limits=limits, threads=order["threads"]) as clip:
            length = math.nan if clip.duration_s is None else clip.duration_s
            _say(told, HEADER.pack(Kind.OPENED, length, 0, clip.width, clip.height))
            if wanted := heard.readline():
                with mmap(order["picture"], 3 * limits.max_pixels) as picture:
                    frames = _Wanted(heard, json.loads(wanted))
                    _tell(told, clip, frames, picture, order["memory_bytes"])
    except ClipError:
        _check_memory(order["memory_bytes"])
        raise


class _Wanted:
    """Which frames are, as it becomes known; until then some are decoded ahead."""

    def __init__(self, heard: BinaryIO, order: dict[str, Any]) -> None:
        self._heard, self._order = heard, order
        self._stride: int | None = order["stride"]
        self._news = select.poll()
        self._news.register(heard, select.POLLIN)

    def of(self, clip: Clip) -> Iterator[tuple[float, VideoFrame | None]]:
        """All frames, None in place of one that is not wanted."""
        order = self._order
        return thinned(
            self._ahead(clip), order["fps"], after_s=order["after_s"], stride=self._asked
        )

    def given(self) -> None:
        """The one that was wanted: what comes next is not known yet."""
        self._stride = None

    def _asked(self) -> int:
        if self._stride is None:
            self._stride = json.loads(self._heard.readline() or b"1")
        return self._stride

    def _ahead(self, clip: Clip) -> Iterator[tuple[float, VideoFrame]]:
        decoded: deque[tuple[float, VideoFrame]] = deque()
        for one in clip.decoded(self._order["fps"]):
            decoded.append(one)
            while decoded and (len(decoded) > _AHEAD or self._known()):
                yield decoded.popleft()
        yield from decoded

    def _known(self) -> bool:
        return self._stride is not None or bool(self._news.poll(0))


def _tell(told: BinaryIO, clip: Clip, wanted: _Wanted, picture: mmap, memory_bytes: int) -> None:
    at, unreadable = 0.0, 0
    for at, raw in wanted.of(clip):
        if clip.unreadable > unreadable:
            unreadable = clip.unreadable
            _check_memory(memory_bytes)
        if raw is None:
            _say(told, HEADER.pack(Kind.PASSED, at, unreadable, 0, 0))
        else:
            pixels = upright(raw)
            np.frombuffer(picture, np.uint8, pixels.size).reshape(pixels.shape)[:] = pixels
            height, width = pixels.shape[:2]
            _say(told, HEADER.pack(Kind.FRAME, at, unreadable, width, height))
            wanted.given()
    if clip.unreadable > unreadable:
        _check_memory(memory_bytes)
    _say(told, HEADER.pack(Kind.ENDED, at, clip.unreadable, 0, 0))


def _check_memory(memory_bytes: int) -> None:
    """Raises MemoryError where less than a quarter is left: that some part of a clip cannot be
    decoded is then put down to it, for FFmpeg calls a picture that finds no memory damaged."""
    np.empty(memory_bytes // 4, np.uint8)


def _refuse(told: BinaryIO, code: str, message: str) -> None:
    body = code.encode(), message.encode(errors="replace")
    _say(told, HEADER.pack(Kind.REFUSED, math.nan, 0, *map(len, body)) + b"".join(body))


def _say(told: BinaryIO, what: bytes) -> None:
    told.write(what)
    told.flush()


if __name__ == "__main__":
    main()
