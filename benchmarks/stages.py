"""Milliseconds a frame that each stage of the pose engine takes, on one thread.

    python -m benchmarks.stages CLIP [--variant full] [--frames 150]

The detector runs on every frame here, though a tracker needs it only when nobody is followed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.command_line import command_line
from models.store import ModelStore
from pose_engine.clips import Clip
from pose_engine.detector import Detector
from pose_engine.engine import Variant
from pose_engine.frames import Frame
from pose_engine.geometry import Region
from pose_engine.landmarker import SIZE, Landmarker
from pose_engine.landmarks import FloatArray
from pose_engine.runtime import OnnxNet
from pose_engine.smoothing import PoseSmoother


class Stopwatch:
    """Durations of named stages, in milliseconds."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str, *, without: tuple[str, ...] = ()) -> Iterator[None]:
        """Notes how long the block took, less the last durations of the stages `without`."""
        start = perf_counter()
        yield
        within = sum(self._times[other][-1] for other in without)
        self._times.setdefault(name, []).append(1000 * (perf_counter() - start) - within)

    def table(self) -> Iterator[str]:
        """A line a stage: how often, median, 95th percentile."""
        yield f"{'stage':22}{'frames':>8}{'median ms':>11}{'p95 ms':>9}"
        for stage, times in self._times.items():
            median, slow = np.percentile(times, [50, 95])
            yield f"{stage:22}{len(times):8}{median:11.2f}{slow:9.2f}"


class TimedNet:
    """A net that notes how long it runs, so that what is around it can be told apart."""

    def __init__(self, net: OnnxNet, stage: str, watch: Stopwatch) -> None:
        self._net, self._stage, self._watch = net, stage, watch
        self.outputs = net.outputs

    def run(self, image: FloatArray) -> dict[str, FloatArray]:
        """Runs the net and notes how long it took."""
        with self._watch.stage(self._stage):
            return self._net.run(image)


def measure(clip: Clip, variant: Variant, count: int) -> Stopwatch:
    """Every stage on the first `count` frames."""
    watch = Stopwatch()
    files = ModelStore().find(variant)
    detector = Detector(TimedNet(OnnxNet.load(files.detector), "detector net", watch))
    landmarker = Landmarker(TimedNet(OnnxNet.load(files.landmarker), "landmark net", watch))
    smoother = PoseSmoother(smoothing=True)
    region: Region | None = None
    for frame in islice(_decoded(clip, watch), count):
        with watch.stage("detector, the rest", without=("detector net",)):
            found = detector.detect(frame)
        region = region or (found[0].region if found else None)
        if region is None:
            continue
        with watch.stage("crop"):
            region.crop(frame, SIZE, replicate=True)
        with watch.stage("landmarks, the rest", without=("crop", "landmark net")):
            located = landmarker.locate(frame, region)
        region = None
        if located is not None:
            with watch.stage("smoothing"):
                region = smoother(located, 1 / 30).region
    return watch


def _decoded(clip: Clip, watch: Stopwatch) -> Iterator[Frame]:
    frames = clip.frames()
    while True:
        with watch.stage("decode"):
            _, frame = next(frames, (0.0, None))
        if frame is None:
            return
        yield frame


def main() -> None:
    """Prints the table."""
    parser = command_line(__doc__)
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument("--variant", type=Variant, default=Variant.FULL, choices=list(Variant))
    parser.add_argument("--frames", type=int, default=150)
    args = parser.parse_args()
    with Clip.open(args.clip) as clip:
        watch = measure(clip, args.variant, args.frames)
        print(f"{args.clip.name}, {clip.width}x{clip.height}, {args.variant}, one thread")
        sys.stdout.writelines(f"{line}\n" for line in watch.table())


if __name__ == "__main__":
    main()
