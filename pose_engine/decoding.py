"""The process in which a clip is decoded for `pose_engine.isolation`.

    python -m pose_engine.decoding

It reads two lines of JSON, the second once the first is answered, and says what `Kind` lists.
"""

import json
import math
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pose_engine.clips import Clip, ClipError, ClipLimits, upright
from pose_engine.isolation import HEADER, Kind
from pose_engine.sandbox import confine


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
                _tell(told, clip, json.loads(wanted), order["memory_bytes"])
    except ClipError:
        _check_memory(order["memory_bytes"])
        raise


def _tell(told: BinaryIO, clip: Clip, wanted: dict[str, Any], memory_bytes: int) -> None:
    at, unreadable = 0.0, 0
    for at, raw in clip.decoded(wanted["fps"], after_s=wanted["after_s"]):
        if clip.unreadable > unreadable:
            unreadable = clip.unreadable
            _check_memory(memory_bytes)
        if raw is None:
            _say(told, HEADER.pack(Kind.PASSED, at, unreadable, 0, 0))
        else:
            pixels = np.ascontiguousarray(upright(raw))
            height, width = pixels.shape[:2]
            _say(told, HEADER.pack(Kind.FRAME, at, unreadable, width, height), pixels.data)
    if clip.unreadable > unreadable:
        _check_memory(memory_bytes)
    _say(told, HEADER.pack(Kind.ENDED, at, clip.unreadable, 0, 0))


def _check_memory(memory_bytes: int) -> None:
    """Raises MemoryError where less than a quarter is left: that some part of a clip cannot be
    decoded is then put down to it, for FFmpeg calls a picture that finds no memory damaged."""
    np.empty(memory_bytes // 4, np.uint8)


def _refuse(told: BinaryIO, code: str, message: str) -> None:
    body = code.encode(), message.encode(errors="replace")
    _say(told, HEADER.pack(Kind.REFUSED, math.nan, 0, *map(len, body)), memoryview(b"".join(body)))


def _say(told: BinaryIO, header: bytes, body: memoryview | None = None) -> None:
    told.write(header)
    if body is not None:
        told.write(body)
    told.flush()


if __name__ == "__main__":
    main()
