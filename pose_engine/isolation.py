"""A clip that is decoded in a process of its own: what breaks or exhausts that one ends only it."""

import json
import math
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import Any, Final, Self

import numpy as np

from pose_engine.decoding import SIZE, Kind, Word
from pose_engine.footage import ClipError, ClipLimits
from pose_engine.frames import Frame, upright
from pose_engine.thinning import Check, Stride, check_fps, every, unchecked

COMMAND: Final = (sys.executable, "-B", "-P", "-S", "-s", "-m", "pose_engine.decoding")
"""Starts the decoder; what it imports is found as here, and nothing else of here is left to it."""
_KEEP_MEMORY: Final = {
    "MALLOC_MMAP_THRESHOLD_": str(2**26),
    "MALLOC_TRIM_THRESHOLD_": str(2**27),
}
"""glibc hands each picture's memory to the next, not back to the kernel, which takes as long as
converting it."""
_MAX_TEXT = 4096
_DEATH_S = 1.0
_CHECK_S = 0.1
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class DecoderLimits:
    """What decoding one clip may take."""

    memory_bytes: int = 1024**3
    """Of the decoder's process."""
    cpu_s: int = 1800
    """Seconds of processor time."""
    wall_s: float = 1800.0
    """Seconds waited for it in all; while nobody waits for a frame, none."""
    stall_s: float = 30.0
    """Seconds without any sign that it goes on."""


class IsolatedClip:
    """An open video file; `with IsolatedClip(path, limits=limits) as clip:` closes it.

    `width`, `height`, `duration_s` and `unreadable` are as those of `Clip`. It is for the thread
    that opened it: on Linux the process dies with that thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        limits: ClipLimits,
        decoder: DecoderLimits = DecoderLimits(),
        command: Sequence[str] = COMMAND,
        check: Check = unchecked,
    ) -> None:
        """Starts a decoder, which opens the file and decodes its first frame.

        `command`: what to start. `check`: called while the decoder is silent, also as it opens, or
        leaves frames out; what it raises ends the clip. Raises ClipError; its codes are those of
        `Clip.open` and decoder_crashed, decoder_memory, decoder_time.
        """
        self._limits, self._decoder, self._check = limits, decoder, check
        self._left_s = decoder.wall_s
        self._picture = FileIO(_memory(3 * limits.max_pixels), "r+")
        with _blocked(_STOPPING):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd="/",
                env=_environment(),
                pass_fds=[self._picture.fileno()],
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._told = self._process.stdin, self._process.stdout
        self._poll = select.poll()
        self._poll.register(self._told, select.POLLIN)
        try:
            self._open(path)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The decoder's process."""
        return self._process.pid

    def close(self) -> None:
        """Ends the decoder, whatever it does; no frames can be read any more."""
        self._process.kill()
        self._process.wait()
        self._orders.close()
        self._told.close()
        self._picture.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def frames(
        self,
        fps: float | None = None,
        *,
        after_s: float | None = None,
        stride: Stride = every,
    ) -> Iterator[tuple[float, Frame]]:
        """The clip's frames as `Clip.frames` gives them; once, and the clip is closed with them.

        The next ones are decoded meanwhile. Raises what `Clip.frames` raises, and ClipError with
        decoder_crashed, decoder_memory, decoder_time.
        """
        check_fps(fps)
        with self:
            self._order({"fps": fps, "after_s": after_s, "stride": stride()})
            last = -math.inf
            while (word := self._hear()).kind != Kind.ENDED:
                at = word.seconds
                if not last < at < math.inf:
                    raise _broken("times that do not increase")
                last = at
                if word.kind == Kind.FRAME:
                    yield at, self._frame(word)
                    with suppress(BrokenPipeError):  # it may have said already that it is done
                        self._say(stride())
                else:
                    self._check()

    def _open(self, path: Path) -> None:
        self._order(
            {
                "path": str(path.absolute()),
                "limits": asdict(self._limits),
                "memory_bytes": self._decoder.memory_bytes,
                "cpu_s": self._decoder.cpu_s,
                "picture": self._picture.fileno(),
                "parent": os.getpid(),
            }
        )
        word = self._hear()
        if word.kind != Kind.OPENED:
            raise _broken("no word of the clip")
        self.width, self.height = word.width, word.height
        self.duration_s = None if math.isnan(word.seconds) else word.seconds

    def _order(self, what: dict[str, Any]) -> None:
        try:
            self._say(what)
        except BrokenPipeError:
            raise self._death() from None

    def _say(self, what: Any) -> None:
        self._orders.write(json.dumps(what).encode() + b"\n")

    def _hear(self) -> Word:
        word = Word.unpacked(self._read(SIZE))
        self.unreadable = word.unreadable
        if word.kind == Kind.REFUSED:
            lengths = word.width, word.height
            if max(lengths) > _MAX_TEXT:
                raise _broken("too long a word")
            code, message = (self._read(length).decode(errors="replace") for length in lengths)
            raise ClipError(code, message)
        return word

    def _frame(self, word: Word) -> Frame:
        if not 0 < word.width * word.height <= self._limits.max_pixels:
            raise _broken("a frame that is too large")
        pixels = np.empty((word.height, word.width, 3), np.uint8)
        # Read, not mapped here: whatever the decoder does with the memory, reading it is safe.
        if os.preadv(self._picture.fileno(), [pixels.data], 0) != pixels.nbytes:
            raise _broken("of a frame that there is not")
        return upright(pixels, word.degrees, word.mirrored)

    def _read(self, length: int) -> bytearray:
        body = bytearray(length)
        rest = memoryview(body)
        while rest:
            self._wait()
            count = os.readv(self._told.fileno(), [rest])
            if count == 0:
                raise self._death()
            rest = rest[count:]
        return body

    def _wait(self) -> None:
        """Until there is something to read."""
        began_s, patience_s = monotonic(), min(self._decoder.stall_s, self._left_s)
        while not self._poll.poll(1000 * min(_CHECK_S, patience_s)):
            self._check()
            if monotonic() - began_s >= patience_s:
                raise ClipError("decoder_time", self._limit())
        self._left_s = max(0.0, self._left_s - (monotonic() - began_s))

    def _limit(self) -> str:
        """What the decoder has taken too long for."""
        stall_s, wall_s = self._decoder.stall_s, self._decoder.wall_s
        if stall_s < self._left_s:
            return f"decoder gave no sign of life for {stall_s:g} s, the limit"
        return f"clip takes more than {wall_s:g} s to decode, the limit"

    def _death(self) -> ClipError:
        """Why the decoder is silent for ever."""
        try:
            status = self._process.wait(_DEATH_S)
        except subprocess.TimeoutExpired:
            return _broken("nothing")
        if status == -signal.SIGXCPU:
            limit = f"clip takes more than {self._decoder.cpu_s} s of processor time, the limit"
            return ClipError("decoder_time", limit)
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        return ClipError("decoder_crashed", f"the decoder was ended {how}")


def _broken(what: str) -> ClipError:
    return ClipError("decoder_crashed", f"the decoder said {what}")


@contextmanager
def _blocked(signals: Sequence[signal.Signals]) -> Iterator[None]:
    """A process that is started meanwhile never heeds these signals: those to a whole group are
    for this one, which may end it in good order."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _memory(size: int) -> int:
    """What both processes can reach; it takes up no more than has been written."""
    if sys.platform == "linux":
        memory = os.memfd_create("picture")
    else:
        with TemporaryFile() as file:
            memory = os.dup(file.fileno())
    os.ftruncate(memory, size)
    return memory


def _environment() -> dict[str, str]:
    """Where modules are, and nothing that could be a secret."""
    here = str(Path(__file__).parents[1])
    found = {"PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)])}
    libraries = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return found | libraries | _KEEP_MEMORY | {"OPENBLAS_NUM_THREADS": "1"}
