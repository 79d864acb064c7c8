"""How long a server takes to be ready, and an import of the counting core.

    python -m benchmarks.startup [--times 5]

Each time in a process of its own: `blazereps serve` (full model, default settings, an empty data
folder) from its spawning until `/readyz` answers 200, and the import of a module as a fresh
interpreter times it. CPU time says the same on a busy machine.
"""

import argparse
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.report import table

Row = tuple[str, str, str]
"""What, how much, and how much is wanted."""
HEADER = ("what", "measured", "wanted")
START_S, IMPORT_S = 3.0, 0.3
"""Wanted at most."""
_GIVE_UP_S = 60.0
_TIMED = (
    "from time import perf_counter as wall, process_time as cpu; before = wall(), cpu(); "
    "import {}; print(wall() - before[0], cpu() - before[1])"
)


@contextmanager
def server(**settings: str) -> Iterator[tuple[int, int]]:
    """A server of its own with these settings; gives its process's number and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with TemporaryDirectory() as data:
        command = [str(Path(sys.executable).with_name("blazereps")), "serve", "--port", str(port)]
        chosen = {f"BLAZEREPS_{name.upper()}": value for name, value in settings.items()}
        with subprocess.Popen(
            command,
            env=os.environ | chosen | {"BLAZEREPS_DATA": data},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield process.pid, port
            finally:
                process.terminate()


def until_ready(port: int) -> None:
    """Waits for `/readyz`; raises TimeoutError."""
    give_up_s = time.monotonic() + _GIVE_UP_S
    while time.monotonic() < give_up_s:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_GIVE_UP_S)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise TimeoutError("the server is not ready")


def cpu_s(pid: int) -> float:
    """The seconds of CPU that a process and those it has waited for took, as Linux tells it."""
    ticks = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def start() -> tuple[float, float]:
    """Seconds from spawning a server until it is ready, and its CPU's."""
    began_s = time.monotonic()
    with server() as (pid, port):
        until_ready(port)
        return time.monotonic() - began_s, cpu_s(pid)


def imported(modules: str) -> tuple[float, float]:
    """Seconds that an import takes in a fresh interpreter, and its CPU's."""
    command = [sys.executable, "-c", _TIMED.format(modules)]
    wall_s, used_s = subprocess.check_output(command, text=True).split()
    return float(wall_s), float(used_s)


def rows(times: int = 5) -> list[Row]:
    """Medians of so many."""
    core = "classifiers.library, classifiers.session"
    return [
        _row("start to ready", start, times, f"{START_S:g} s"),
        _row("import of `classifiers`", lambda: imported(core), times, f"{IMPORT_S:g} s"),
        _row("import of the app", lambda: imported("service.app"), times, "–"),
    ]


def _row(what: str, measure: Callable[[], tuple[float, float]], times: int, most: str) -> Row:
    wall_s, used_s = _medians([measure() for _ in range(times)])
    return what, f"{wall_s:.2f} s ({used_s:.2f} s of CPU)", most


def _medians(measured: Sequence[tuple[float, float]]) -> tuple[float, float]:
    walls, used = zip(*measured, strict=True)
    return median(walls), median(used)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5)
    print(table(HEADER, rows(parser.parse_args().times)))


if __name__ == "__main__":
    main()
