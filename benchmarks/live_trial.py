"""One server on one core under so many live sessions: how long answers take, what is dropped."""

import asyncio
import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.live_clients import BARE, Dialect, Played, Window, clients_of, ours, play_all
from benchmarks.reference import prepare_python
from benchmarks.server_process import Server, blazereps, busy_s, free_port, served
from blazereps_client import SessionStart

MOST_WAIT_S, MOST_DROPPED = 0.1, 0.01
"""It holds while 95 % of the answers come within that, and no more than that is dropped."""
THEIRS = "MediaPipe full"
CONTESTANTS = ("full", "lite", "full, each", THEIRS)
"""Each: no picture is passed over."""
_AUTOGROUP = Path("/proc/self/autogroup")
"""sched(7), the autogroup feature."""
_THREADS = 1
"""Of the competitor on one core: with 2 or 4 answers take longer."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was seen within the window."""

    sessions: float
    seconds: float
    played: Sequence[Played]
    server_s: float
    others_s: float
    """How long its cores were busy with anything else."""
    clients_s: float
    memory_mb: float

    @property
    def answered(self) -> int:
        """Frames."""
        return sum(len(one.waits_s) for one in self.played)

    @property
    def due(self) -> int:
        """Frames."""
        return sum(one.due for one in self.played)

    @property
    def dropped(self) -> float:
        """The share of the frames due that were not answered."""
        return (self.due - self.answered) / self.due

    def wait_s(self, percent: float) -> float:
        """Of the answers."""
        waits_s = [wait for one in self.played for wait in one.waits_s]
        return float(np.percentile(waits_s, percent)) if waits_s else np.inf

    @property
    def looked_at(self) -> float:
        """The share of the answers for which the server looked at the picture."""
        answers = [len(one.waits_s) * one.looked_at for one in self.played]
        return sum(answers) / max(self.answered, 1)

    @property
    def late_s(self) -> float:
        """How late the clients sent; the 95th percentile."""
        return float(np.percentile([late for one in self.played for late in one.late_s], 95))

    @property
    def ms_a_frame(self) -> float:
        """Of the server's CPU, an answered frame."""
        return 1000 * self.server_s / max(self.answered, 1)

    @property
    def holds(self) -> bool:
        """Whether the server keeps up."""
        return self.wait_s(95) <= MOST_WAIT_S and self.dropped <= MOST_DROPPED

    @property
    def disturbed(self) -> bool:
        """Whether others took part of the core."""
        return self.others_s > 0.05 * self.seconds

    def row(self) -> tuple[str, ...]:
        """As a row below `HEADER`."""
        return (
            f"{self.sessions:g}",
            f"{self.answered / self.seconds:.1f}",
            f"{self.looked_at:.0%}",
            f"{self.dropped:.1%}",
            *(f"{1000 * self.wait_s(percent):.0f} ms" for percent in (50, 95)),
            f"{self.ms_a_frame:.1f} ms",
            *(f"{took_s / self.seconds:.0%}" for took_s in (self.server_s, self.others_s)),
            f"{self.clients_s / self.seconds:.0%}",
            f"{self.memory_mb:.0f} MB",
        )


HEADER = (
    "sessions", "answers a second", "looked at", "dropped", "median", "95 %", "CPU an answer",
    "core, the server", "others", "clients' core", "memory",
)  # fmt: skip


class Start(Protocol):
    """What starts a server."""

    def __call__(self, *, cores: Collection[int]) -> AbstractContextManager[Server]:
        """It runs on these while the context lasts."""


@dataclass(frozen=True, slots=True)
class Contest:
    """A server that runs, and who may be sent to it."""

    server: Server
    dialect: Dialect
    cores: Collection[int]
    clips: Sequence[Sequence[bytes]]

    def trial(self, sessions: float, window: Window) -> Trial:
        """So many sessions at once."""
        return asyncio.run(self._trial(sessions, window))

    async def _trial(self, sessions: float, window: Window) -> Trial:
        url = f"ws://127.0.0.1:{self.server.port}/v1/live"
        begun = asyncio.Event()
        watching = asyncio.create_task(self._watch(begun, window))
        clients = clients_of(sessions, self.dialect, self.clips, window)
        played = await play_all(url, clients, begun.set)
        return Trial(sessions, window.seconds, played, *await watching)

    async def _watch(
        self, begun: asyncio.Event, window: Window
    ) -> tuple[float, float, float, float]:
        """CPU seconds within the window: the server, others on its cores, this process; memory."""
        await begun.wait()
        await asyncio.sleep(window.warm_s)
        before = self._used_s()
        await asyncio.sleep(window.seconds)
        server_s, core_s, clients_s = (b - a for a, b in zip(before, self._used_s(), strict=True))
        return server_s, max(0.0, core_s - server_s), clients_s, self.server.resident_mb

    def _used_s(self) -> tuple[float, float, float]:
        return self.server.cpu_s, busy_s(self.cores), time.process_time()


@contextmanager
def contest(name: str, clips: Sequence[Sequence[bytes]]) -> Iterator[Contest]:
    """A contestant's server alone on one core, and this process on the others."""
    variant, _, each = name.partition(", ")
    if name == THEIRS:
        start, dialect = _theirs, BARE
    else:
        start = partial(blazereps, variant=variant, inference_workers=1)
        dialect = ours(SessionStart(adaptive=not each))
    with alone(start, dialect, clips) as running:
        yield running


@contextmanager
def alone(
    start: Start, dialect: Dialect, clips: Sequence[Sequence[bytes]], *, cores: int = 1
) -> Iterator[Contest]:
    """A server alone on so many cores, and this process on the others."""
    every = sorted(os.sched_getaffinity(0), reverse=True)
    its, rest = every[:cores], every[cores:]
    if not rest:
        raise SystemExit(
            "live sessions are measured with a core more than the server's, for clients"
        )
    os.sched_setaffinity(0, rest)
    try:
        with ahead_of_others(), start(cores=its) as server:
            yield Contest(server, dialect, its, clips)
    finally:
        os.sched_setaffinity(0, every)


@contextmanager
def ahead_of_others() -> Iterator[None]:
    """This terminal's processes go before other ones', where Linux lets them: what else a machine
    does would be measured otherwise. A process's own niceness is not heard beyond its terminal."""
    with suppress(OSError):
        _AUTOGROUP.write_text("-15")
    try:
        yield
    finally:
        with suppress(OSError):
            _AUTOGROUP.write_text("0")


def _theirs(cores: Collection[int]) -> AbstractContextManager[Server]:
    port, python = free_port(), prepare_python(None)
    command = [str(python), "-m", "benchmarks.competitor", str(port), "--threads", str(_THREADS)]
    return served(command, port, cores=cores)
