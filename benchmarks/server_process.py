"""A server in a process of its own: where it runs, and what it takes, as Linux tells it."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.checkout import CHECKOUT

_STARTS_S = 60.0
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """It listens on 127.0.0.1."""

    pid: int
    port: int

    @property
    def cpu_s(self) -> float:
        """The seconds of CPU that it and its ended children have used so far."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, stat[11:15])) * _TICK_S

    @property
    def resident_mb(self) -> float:
        """Its memory."""
        return _resident_mb(self.pid)

    @property
    def with_children_mb(self) -> float:
        """Its memory and that of its children, what they share counted twice."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        children = [int(pid) for task in tasks for pid in task.read_text().split()]
        return self.resident_mb + sum(map(_resident_mb, children))


@contextmanager
def served(
    command: Sequence[str], port: int, *, cores: Collection[int] = (), **environment: str
) -> Iterator[Server]:
    """A server while the context lasts, all its threads on `cores` where any are named;
    TimeoutError where it does not start."""
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            if cores:
                os.sched_setaffinity(process.pid, cores)  # threads that it starts inherit it
            _await(port)
            yield Server(process.pid, port)
        finally:
            process.terminate()


@contextmanager
def blazereps(*, cores: Collection[int] = (), **settings: object) -> Iterator[Server]:
    """`blazereps serve` with a port and data of its own and these settings."""
    command = [sys.executable, "-m", "service", "serve"]
    with TemporaryDirectory() as data:
        port = free_port()
        chosen = {"data": data, "port": port, "max_sessions": 1000} | settings
        environment = {f"BLAZEREPS_{name.upper()}": str(value) for name, value in chosen.items()}
        with served(command, port, cores=cores, **environment) as server:
            yield server


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def busy_s(cores: Collection[int]) -> float:
    """How long these have been busy so far, with whatever, other machines' work included."""
    lines = map(str.split, Path("/proc/stat").read_text().splitlines())
    names = {f"cpu{core}" for core in cores}
    return sum(_busy_ticks(line) for line in lines if line[0] in names) * _TICK_S


def _busy_ticks(line: Sequence[str]) -> int:
    user, nice, system, _idle, _waiting, *interrupts_and_stolen = map(int, line[1:9])
    return user + nice + system + sum(interrupts_and_stolen)


def _resident_mb(pid: int) -> float:
    """0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


def _await(port: int) -> None:
    give_up_s = time.monotonic() + _STARTS_S
    while time.monotonic() < give_up_s:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.01)
    raise TimeoutError("the server does not start")
