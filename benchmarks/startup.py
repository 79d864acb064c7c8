"""How long a server takes to be ready, and an import of the counting core.

    python -m benchmarks.startup [--times 5]

Each time in a process of its own: `blazereps serve` (full model, an empty data folder, default
settings but for `max_sessions`) from its spawning until `/readyz` answers 200, and the import of a
module as a fresh interpreter times it. CPU time says the same on a busy machine.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

import httpx2

from benchmarks.command_line import command_line
from benchmarks.report import table
from benchmarks.server_process import blazereps

Row = tuple[str, str, str]
"""What, how much, and how much is wanted."""
HEADER = ("what", "measured", "wanted")
START_S, IMPORT_S = 3.0, 0.3
"""Wanted at most."""
_TIMED = (
    "from time import perf_counter as wall, process_time as cpu; before = wall(), cpu(); "
    "import {}; print(wall() - before[0], cpu() - before[1])"
)


def start() -> tuple[float, float]:
    """Seconds from spawning a server until it is ready, and its CPU's."""
    began_s = time.monotonic()
    with blazereps() as server:
        ready = httpx2.get(f"http://127.0.0.1:{server.port}/readyz", trust_env=False)
        ready.raise_for_status()
        return time.monotonic() - began_s, server.cpu_s


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
    parser = command_line(__doc__)
    parser.add_argument("--times", type=int, default=5)
    print(table(HEADER, rows(parser.parse_args().times)))


if __name__ == "__main__":
    main()
