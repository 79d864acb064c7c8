"""The process in which a clip is decoded for `pose_engine.isolation`.

    python -m pose_engine.decoding

It hears lines of JSON (>): what to open, what is wanted, and after each frame the stride to the
next. It answers in `Word`s (<), any of which may be REFUSED instead:

    > {"path": "/clips/squat.mp4", "limits": {...}, ...}
    < OPENED
    > {"fps": 15, "after_s": null, "stride": 1}
    < FRAME
    > 2
    < PASSED, FRAME
    > 1
    < ENDED
"""

import json
import math
import os
import select
import sys
from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from io import BufferedReader
from mmap import mmap
from pathlib import Path
from struct import Struct
from time import monotonic
from typing import Any, BinaryIO, Final, NamedTuple

# PyAV imports these as it finds streams in a file, when no other file can be opened any more.
import av.audio.codeccontext
import av.audio.stream
import av.subtitles.codeccontext
import av.subtitles.stream  # noqa: F401
from av.video.frame import VideoFrame

from pose_engine.display import as_rgb, turn_of
from pose_engine.footage import ClipError, ClipLimits, Footage, opened
from pose_engine.sandbox import confine
from pose_engine.thinning import thinned

_FORM: Final = Struct("<BdIIIH?")
SIZE: Final = _FORM.size
_SIGN_S: Final = 0.1
"""So often at most it is said that frames are left out: hearing it takes time, too."""
_AHEAD: Final = 4
"""Frames decoded before it is known whether they are wanted: the last is looked at meanwhile."""


class Kind(IntEnum):
    """What a `Word` is about."""

    OPENED = 1
    """The clip: its length in seconds or NaN, the width and height of its upright pictures."""
    FRAME = 2
    """One that is wanted: the shared memory begins with width times height pixels, 3 bytes each,
    until the next stride is told; how they are turned is said, and not done yet."""
    PASSED = 3
    """One that is left out: said now and then, which shows that it goes on."""
    ENDED = 4
    """Nothing more is said."""
    REFUSED = 5
    """A code and a message in UTF-8, as of a `ClipError`, follow; their bytes stand for width and
    height."""


class Word(NamedTuple):
    """What the decoder says at once."""

    kind: int
    seconds: float
    """Of the frame."""
    unreadable: int
    """Frames, so far."""
    width: int = 0
    height: int = 0
    degrees: int = 0
    mirrored: bool = False
    """This and the one before: of the frame's `Turn`."""

    def packed(self) -> bytes:
        """`SIZE` bytes."""
        return _FORM.pack(*self)

    @classmethod
    def unpacked(cls, packed: bytes | bytearray) -> "Word":
        """From `SIZE` bytes."""
        return cls(*_FORM.unpack(packed))


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
    memory_bytes, limits = order["memory_bytes"], ClipLimits(**order["limits"])
    try:
        with opened(Path(order["path"]), limits) as file:
            confine(memory_bytes=memory_bytes, cpu_s=order["cpu_s"], parent=order["parent"])
            _decode(file, limits, order, heard, told)
    except MemoryError as error:
        limit = f"clip takes more than {memory_bytes} bytes of memory to decode, the limit"
        raise ClipError("decoder_memory", limit) from error


def _decode(
    file: BufferedReader,
    limits: ClipLimits,
    order: dict[str, Any],
    heard: BinaryIO,
    told: BinaryIO,
) -> None:
    try:
        with Footage.read(file, limits=limits, threads=1) as clip:
            length = math.nan if clip.duration_s is None else clip.duration_s
            _say(told, Word(Kind.OPENED, length, 0, clip.width, clip.height))
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

    def of(self, clip: Footage) -> Iterator[tuple[float, VideoFrame | None]]:
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

    def _ahead(self, clip: Footage) -> Iterator[tuple[float, VideoFrame]]:
        decoded: deque[tuple[float, VideoFrame]] = deque()
        for one in clip.decoded(self._order["fps"]):
            decoded.append(one)
            while decoded and (len(decoded) > _AHEAD or self._known()):
                yield decoded.popleft()
        yield from decoded

    def _known(self) -> bool:
        return self._stride is not None or bool(self._news.poll(0))


def _tell(told: BinaryIO, clip: Footage, wanted: _Wanted, picture: mmap, memory_bytes: int) -> None:
    at, unreadable, said_s = 0.0, 0, monotonic()
    for at, raw in wanted.of(clip):
        if clip.unreadable > unreadable:
            unreadable = clip.unreadable
            _check_memory(memory_bytes)
        if raw is not None:
            rgb = as_rgb(raw, clip.sample_aspect)
            _show(rgb, picture)
            _say(told, Word(Kind.FRAME, at, unreadable, rgb.width, rgb.height, *turn_of(raw)))
            wanted.given()
        elif monotonic() - said_s > _SIGN_S:
            _say(told, Word(Kind.PASSED, at, unreadable))
        else:
            continue
        said_s = monotonic()
    if clip.unreadable > unreadable:
        _check_memory(memory_bytes)
    _say(told, Word(Kind.ENDED, at, clip.unreadable))


def _show(rgb: VideoFrame, picture: mmap) -> None:
    """Writes its pixels, row after row."""
    [plane] = rgb.planes
    pixels, size = memoryview(plane), 3 * rgb.width
    if size == plane.line_size:
        picture[: size * rgb.height] = pixels
        return
    for row in range(rgb.height):
        start = row * plane.line_size
        picture[row * size : (row + 1) * size] = pixels[start : start + size]


def _check_memory(memory_bytes: int) -> None:
    """Raises MemoryError where less than a quarter is left: that some part of a clip cannot be
    decoded is then put down to it, for FFmpeg calls a picture that finds no memory damaged."""
    bytes(memory_bytes // 4)  # of the kernel, which gives pages only once they are written to


def _refuse(told: BinaryIO, code: str, message: str) -> None:
    first, second = code.encode(), message.encode(errors="replace")
    _say(told, Word(Kind.REFUSED, math.nan, 0, len(first), len(second)), first + second)


def _say(told: BinaryIO, word: Word, body: bytes = b"") -> None:
    told.write(word.packed() + body)
    told.flush()


if __name__ == "__main__":
    main()
