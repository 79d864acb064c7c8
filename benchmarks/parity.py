"""How far our landmarks are from MediaPipe 0.10.21's, on the same decoded frames.

    python -m benchmarks.parity [CLIP ...] [--variant full] [--frames 90] [--golden FILE]

`both`, `ours`, `theirs`: frames with somebody for both or for one only (ours also looks for people
who lie, theirs does not); median and 95th percentile of the distance of landmarks in % of torso
length; mean difference of visibility (ours is 0 outside the frame); median distance in the world
in mm. `--floor` says what a difference of one grey level in one pixel does to ours.

MediaPipe is installed once into a venv of its own under .benchmarks/; for lite and heavy our own
model cache must hold the published file (`blazereps models build lite`).
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.command_line import command_line
from benchmarks.reference import Reference, lend_model, prepare_python
from models.store import ModelStore
from pose_engine.clips import Clip
from pose_engine.engine import PoseEngine, Variant
from pose_engine.frames import Frame, read_image
from pose_engine.landmarks import FloatArray, Landmark, Pose
from pose_engine.tracker import PoseTracker

QUALITY = 85
CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"


class Nudged:
    """Our own tracker on pictures that differ in one pixel by one grey level.

    Where a body is unclear the nets turn a difference of no account into a large one, which the
    region then feeds back. What is left of that between this and the plain tracker is the floor
    below which no two implementations can agree.
    """

    def __init__(self, tracker: PoseTracker) -> None:
        self._tracker = tracker
        self._count = 0

    def track(self, frame: Frame) -> Pose | None:
        """What we say of the next frame, nudged."""
        pixels = frame.pixels.copy()
        pixels[frame.height // 2, frame.width // 2, 1] ^= 1
        self._count += 1
        return self._tracker.track(Frame(pixels), self._count / 30)


@dataclass
class Tally:
    """Differences over some frames; distances in % of the other side's torso length."""

    distances: list[FloatArray]
    visibility: list[FloatArray]
    world_m: list[FloatArray]
    both: int = 0
    only_ours: int = 0
    only_theirs: int = 0

    @classmethod
    def empty(cls) -> "Tally":
        """No frames yet."""
        return cls([], [], [])

    def add(self, ours: Pose | None, theirs: Pose | None) -> None:
        """Compares one frame."""
        self.only_ours += theirs is None and ours is not None
        self.only_theirs += ours is None and theirs is not None
        if ours is None or theirs is None or ours.world is None or theirs.world is None:
            return
        self.both += 1
        distance = np.linalg.norm(ours.image[:, :2] - theirs.image[:, :2], axis=1)
        self.distances.append((100 * distance / torso_length(theirs)).astype(np.float32))
        self.visibility.append(np.abs(ours.visibility - theirs.visibility))
        self.world_m.append(np.linalg.norm(ours.world - theirs.world, axis=1))

    def row(self, name: str) -> str:
        """One line of the table."""
        counts = f"{name:44.44}{self.both:6}{self.only_ours:6}{self.only_theirs:8}"
        if not self.both:
            return counts
        return counts + (
            f"{np.median(self.distances):9.2f}{np.percentile(self.distances, 95):8.2f}"
            f"{np.mean(self.visibility):9.4f}{1000 * np.median(self.world_m):9.2f}"
        )


HEADER = (
    f"{'clip':44}{'both':>6}{'ours':>6}{'theirs':>8}{'median%':>9}{'p95%':>8}{'vis':>9}{'mm':>9}"
)


def torso_length(pose: Pose) -> float:
    """Pixels from the middle of the shoulders to that of the hips, depth included: a torso that
    points at the camera has no length in the picture."""
    joints = pose.image
    shoulders = joints[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(axis=0)
    hips = joints[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(axis=0)
    return float(np.linalg.norm(shoulders - hips))


def compare(clip: Path, engine: PoseEngine, python: Path, args: argparse.Namespace) -> Tally:
    """Both on the first frames of a clip."""
    tally, smoothing = Tally.empty(), args.smoothing
    tracker = engine.tracker(smoothing=smoothing)
    with Clip.open(clip) as opened, other_side(engine, python, args) as reference:
        for count, (_, frame) in enumerate(islice(opened.frames(), args.frames)):
            seen, shown = live(frame, tracker) if args.live else (frame, frame)
            # MediaPipe's Python class tells its filters of 30 frames a second, always.
            tally.add(tracker.track(seen, (count + 1) / 30), reference.track(shown))
    return tally


def live(frame: Frame, tracker: PoseTracker) -> tuple[Frame, Frame]:
    """The frame out of a JPEG: as small as a live session reads it, and whole."""
    rows = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", rows, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    return read_image(data, shrink=tracker.shrink), read_image(data)


@contextmanager
def other_side(
    engine: PoseEngine, python: Path, args: argparse.Namespace
) -> Iterator[Reference | Nudged]:
    """What ours is compared with."""
    if args.floor:
        yield Nudged(engine.tracker(smoothing=args.smoothing))
        return
    with Reference.start(python, args.variant, smoothing=args.smoothing) as reference:
        yield reference


def total(tallies: Iterable[Tally]) -> Tally:
    """All frames of all clips."""
    whole = Tally.empty()
    for tally in tallies:
        whole.distances += tally.distances
        whole.visibility += tally.visibility
        whole.world_m += tally.world_m
        whole.both += tally.both
        whole.only_ours += tally.only_ours
        whole.only_theirs += tally.only_theirs
    return whole


def golden(clip: Path, python: Path, frames: tuple[int, ...] = (0, 12, 24)) -> dict[str, object]:
    """What MediaPipe (full, smoothing off) says of a few frames, as numbers for a test."""
    figures: dict[str, object] = {}
    with (
        Clip.open(clip) as opened,
        Reference.start(python, Variant.FULL, smoothing=False) as reference,
    ):
        for index, (_, frame) in enumerate(islice(opened.frames(), frames[-1] + 1)):
            pose = reference.track(frame)
            if index not in frames or pose is None or pose.world is None:
                continue
            figures[str(index)] = {
                "image_px": np.round(pose.image, 1).tolist(),
                "world_m": np.round(pose.world, 3).tolist(),
                "visibility": np.round(pose.visibility, 3).tolist(),
            }
    return figures


def spread(clips: list[Path], count: int) -> list[Path]:
    """`count` of the clips, evenly from first to last."""
    indices = np.linspace(0, len(clips) - 1, min(count, len(clips))).round().astype(int)
    return [clips[i] for i in indices]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = command_line(__doc__)
    parser.add_argument("clips", nargs="*", type=Path, metavar="CLIP")
    parser.add_argument("--count", type=int, default=99, help="at most so many shared clips")
    parser.add_argument("--frames", type=int, default=90, help="the first frames of each clip")
    parser.add_argument("--variant", type=Variant, default=Variant.FULL, choices=list(Variant))
    parser.add_argument("--smoothing", action="store_true", help="smoothed on both sides")
    parser.add_argument("--no-refine", action="store_true", help="ours without the heatmaps")
    parser.add_argument("--floor", action="store_true", help="against ourselves, one pixel off")
    parser.add_argument("--python", type=Path, help="a Python that has MediaPipe already")
    parser.add_argument("--live", action="store_true", help="JPEGs, ours read as small as will do")
    parser.add_argument("--golden", type=Path, help="write MediaPipe's figures of CLIPs as JSON")
    return parser.parse_args()


def main() -> None:
    """Prints a table, a clip a line and all frames together last."""
    args = arguments()
    clips = args.clips or spread(sorted(CLIPS.glob("*.*")), args.count)
    if not clips:
        sys.exit(f"no clip is given, and there is none in {CLIPS}")
    python = Path() if args.floor else prepare_python(args.python)
    if args.golden:
        figures = {clip.name: golden(clip, python) for clip in clips}
        args.golden.write_text(json.dumps(figures, separators=(",", ":")) + "\n")
        return
    store = ModelStore()
    files = store.build(args.variant, report=lambda line: print(line, file=sys.stderr))
    if not args.floor:
        lend_model(python, store, args.variant)
    engine = PoseEngine.load(
        detector=files.detector, landmarker=files.landmarker, refine=not args.no_refine
    )
    print(HEADER)
    tallies = []
    for clip in clips:
        tallies.append(compare(clip, engine, python, args))
        print(tallies[-1].row(clip.stem), flush=True)
    print(total(tallies).row("all"))


if __name__ == "__main__":
    main()
