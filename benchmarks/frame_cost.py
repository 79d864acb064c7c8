"""CPU time a frame, from a 720p JPEG to a repetition, beside MediaPipe Pose on the same JPEGs.

    python -m benchmarks.frame_cost [--data ../shared/data]

Each is a process of its own, which says what CPU time all its threads took. They take turns, a
second of video each, so that a busy machine hits all alike; a ratio is of all turns of a clip.
Ours is what a live session does but for its socket, in one thread: decoding, tracking, counting;
pictures are passed over while the person hardly moves, but for "each", which looks at each.
MediaPipe 0.10.21 (the full model, in all comparisons) decodes with simplejpeg and counts nothing.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.command_line import DATA, command_line
from benchmarks.frame_blocks import FPS, Worker
from benchmarks.hd_clips import HdClip, hd_clips
from benchmarks.reference import prepare_python
from benchmarks.section import Ratio, Section

BARS = {"full": 0.50, "lite": 0.35, "full, each": 0.50, "lite, each": 0.35}
"""What ours may take of MediaPipe's CPU time."""
THEIRS = "MediaPipe full"
_BLOCK = round(FPS)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one clip, CPU milliseconds a frame in each turn, by who took them."""

    name: str
    ms: dict[str, NDArray[np.float64]]

    def shares(self, name: str) -> NDArray[np.float64]:
        """Ours by theirs, turn by turn."""
        return self.ms[name] / self.ms[THEIRS]

    def share(self, name: str) -> float:
        """Ours by theirs in all turns together: they differ, where pictures are passed over."""
        return float(self.ms[name].mean() / self.ms[THEIRS].mean())

    def row(self) -> tuple[str, ...]:
        """As a row of the table."""
        cells = (f"{ms.mean():.1f}" for ms in self.ms.values())
        return self.name, *cells, *map(self._cell, BARS)

    def _cell(self, name: str) -> str:
        low, high = np.percentile(self.shares(name), (10, 90))
        return f"{self.share(name):.2f} ({low:.2f}–{high:.2f})"


def measured(
    clips: Sequence[HdClip], workers: Mapping[str, Worker], scratch: Path
) -> Iterator[Cost]:
    """Each clip in turns; the first of all is played twice, to warm up."""
    for clip in clips:
        clip.save(scratch / clip.name)
    _play(clips[0], workers, scratch)
    for clip in clips:
        yield _play(clip, workers, scratch)


def _play(clip: HdClip, workers: Mapping[str, Worker], scratch: Path) -> Cost:
    for worker in workers.values():
        worker.begin(scratch / clip.name)
    ms: dict[str, list[float]] = {name: [] for name in workers}
    for first in range(0, len(clip.jpegs) - _BLOCK + 1, _BLOCK):
        for name, worker in workers.items():
            ms[name].append(1000 * worker.cpu_s(first, first + _BLOCK) / _BLOCK)
    return Cost(clip.name, {name: np.array(taken) for name, taken in ms.items()})


def ratios(costs: Sequence[Cost]) -> Iterator[Ratio]:
    """The median over the clips, and the least and the most of them."""
    for name, bar in BARS.items():
        shares = [cost.share(name) for cost in costs]
        yield Ratio(
            f"CPU a frame, {name}, of MediaPipe's",
            float(np.median(shares)),
            min(shares),
            max(shares),
            bar,
        )


def sections(data: Path) -> Iterator[Section]:
    """The table of all clips."""
    python = prepare_python(None)
    clips = [*hd_clips(data)]
    with TemporaryDirectory() as scratch, ExitStack() as stack:
        workers = {
            name: stack.enter_context(
                Worker.start(Path(sys.executable), "benchmarks.session_frames", *name.split(", "))
            )
            for name in BARS
        }
        theirs = Worker.start(python, "benchmarks.mediapipe_frames")
        workers[THEIRS] = stack.enter_context(theirs)
        costs = [*measured(clips, workers, Path(scratch))]
    header = ("clip", *(f"{name}, ms" for name in workers), *(f"{name} of it" for name in BARS))
    note = "In brackets the 10th and 90th percentile of turns of one second of video."
    rows = [cost.row() for cost in costs]
    yield Section("CPU time a frame", header, rows, note, [*ratios(costs)])


def main() -> None:
    """Measure, and print the tables."""
    parser = command_line(__doc__, DATA)
    for section in sections(parser.parse_args().data):
        print(section.markdown(), *(ratio.row() for ratio in section.ratios), sep="\n")


if __name__ == "__main__":
    main()
