"""What it costs to decode a clip in a process of its own, beside decoding it in this one.

    python -m benchmarks.isolation CLIP [--rounds 3] [--track-ms 0]

Milliseconds to open it, and a frame: as the clock has it, and of processor time, this process's and
both processes'. `--track-ms`: how long each frame keeps this process busy, as tracking would. The
least of the rounds.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from benchmarks.command_line import command_line
from pose_engine.clips import Clip
from pose_engine.footage import ClipLimits
from pose_engine.isolation import IsolatedClip

Open = Callable[[Path], AbstractContextManager[Clip | IsolatedClip]]
LIMITS = ClipLimits()
WAYS: dict[str, Open] = {
    "in this process": lambda path: Clip.open(path, limits=LIMITS),
    "in its own": lambda path: IsolatedClip(path, limits=LIMITS),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """All in milliseconds."""

    opening: float
    frame: float
    cpu_here: float
    cpu_in_all: float


def cost(way: Open, path: Path, track_s: float) -> Cost:
    """Of one reading of a clip; what starting costs is part of `cpu_in_all`."""
    began_s, here_s, in_all_s = perf_counter(), process_time(), _in_all_s()
    with way(path) as clip:
        opened_s = perf_counter()
        count = sum(_work(track_s) for _ in clip.frames())
        ended_s = perf_counter()
    spent_s = (ended_s - opened_s, process_time() - here_s, _in_all_s() - in_all_s)
    return Cost(1000 * (opened_s - began_s), *(1000 * spent / count for spent in spent_s))


def _in_all_s() -> float:
    """Processor time of this process and of the ones it has started that have ended."""
    return sum(os.times()[:4])


def _work(seconds: float) -> int:
    """One frame's."""
    until_s = process_time() + seconds
    while process_time() < until_s:
        pass
    return 1


def main() -> None:
    """Prints the table, and the ratios."""
    parser = command_line(__doc__)
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--track-ms", type=float, default=0)
    args = parser.parse_args()
    print(f"{'':18}{'open':>8}{'frame':>8}{'cpu here':>10}{'in all':>8}")
    best = []
    for name, way in WAYS.items():
        rounds = [astuple(cost(way, args.clip, args.track_ms / 1000)) for _ in range(args.rounds)]
        best.append(np.min(rounds, axis=0))
        print(_row(name, best[-1]))
    print(_row("ratio", best[1] / best[0]))


def _row(name: str, numbers: NDArray[np.float64]) -> str:
    opening, frame, here, in_all = numbers
    return f"{name:18}{opening:8.2f}{frame:8.2f}{here:10.2f}{in_all:8.2f}"


if __name__ == "__main__":
    main()
