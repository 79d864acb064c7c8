"""Blocks of frames worked off in a process of their own, which says what CPU time each took.

Standard input, a line of JSON each: `{"folder": F}` begins another stream, of the JPEGs in F in the
order of their names; `{"first": A, "last": B}` asks for its frames from A up to B. Standard output:
for each block the CPU seconds of the whole process, all its threads included. MediaPipe's Python
runs it too: it imports nothing but the standard library.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FPS = 15.0
"""Frames a second of every stream."""

Step = Callable[[bytes, float], object]
"""Takes a JPEG and when it was taken, in seconds."""


def answer(new_stream: Callable[[], Step]) -> None:
    """Works off what is asked until the input ends."""
    jpegs: Sequence[bytes] = ()
    step = new_stream()
    for line in sys.stdin:
        asked = json.loads(line)
        if folder := asked.get("folder"):
            jpegs = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
            step = new_stream()
            continue
        began_s = time.process_time()
        for number in range(asked["first"], asked["last"]):
            step(jpegs[number], number / FPS)
        print(time.process_time() - began_s, flush=True)


class Worker:
    """The process, as the one who asks sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def start(cls, python: Path, module: str, *arguments: str) -> Iterator["Worker"]:
        """Runs a module that calls `answer`, and ends it."""
        with subprocess.Popen(
            [str(python), "-m", module, *arguments],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            yield cls(process)
            process.communicate()

    def begin(self, folder: Path) -> None:
        """Another stream."""
        self._ask(folder=str(folder))

    def cpu_s(self, first: int, last: int) -> float:
        """What the frames from `first` up to `last` take; RuntimeError where it has ended."""
        self._ask(first=first, last=last)
        assert self._process.stdout is not None
        if not (told := self._process.stdout.readline()):
            raise RuntimeError("a worker ended early: does its Python have what it imports?")
        return float(told)

    def _ask(self, **what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(what)}\n")
        self._process.stdin.flush()
