"""Where our tracker and MediaPipe find the person of rendered clips, kept between runs."""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.checkout import CHECKOUT, KEPT
from benchmarks.comparison import OURS, THEIRS
from benchmarks.factorial import Filmed
from benchmarks.keypoints import Array
from benchmarks.reference import MEDIAPIPE, Reference, lend_model, prepare_python
from models.store import ModelStore
from pose_engine.clips import Clip
from pose_engine.engine import PoseEngine, Variant
from pose_engine.frames import Frame
from pose_engine.landmarks import LANDMARK_COUNT, Pose

FOLDER = KEPT / "pck"
_ENGINE = CHECKOUT / "pose_engine"

RAW = "full, unsmoothed"
RUNS = {"lite": Variant.LITE, "full": Variant.FULL, "heavy": Variant.HEAVY, RAW: Variant.FULL}
"""A run's name -> the net. All but `RAW` are smoothed as either product does by default."""

Tracks = Mapping[str, Array]
"""A clip's name -> where landmarks were found, (frames, 33, 2) pixels; NaN where nobody was."""

Track = Callable[[Sequence[Filmed]], Iterable[Array]]
"""Gives the points of clips, one clip after the other."""


def ours(clips: Sequence[Filmed], run: str, store: ModelStore) -> Tracks:
    """What our tracker finds, each clip a stream."""
    files = store.build(RUNS[run], report=say)
    sources = [*sorted(_ENGINE.glob("*.py")), files.detector, files.landmarker]

    def track(missing: Sequence[Filmed]) -> Iterator[Array]:
        engine = PoseEngine.load(detector=files.detector, landmarker=files.landmarker)
        for clip in missing:
            yield points(clip, engine.tracker(smoothing=run != RAW).track)

    return kept(_folder(OURS, run, *(path.read_bytes() for path in sources)), clips, track)


def theirs(clips: Sequence[Filmed], run: str, store: ModelStore) -> Tracks:
    """What MediaPipe finds, each clip a stream."""

    def track(missing: Sequence[Filmed]) -> Iterator[Array]:
        store.build(RUNS[run], report=say)
        python = prepare_python(None)
        lend_model(python, store, RUNS[run])
        with Reference.start(python, RUNS[run], smoothing=run != RAW) as reference:
            for clip in missing:
                yield points(clip, lambda frame, _: reference.track(frame))
                reference.new_stream()

    return kept(_folder(THEIRS, run, MEDIAPIPE.encode()), clips, track)


def _folder(tracker: str, run: str, *sources: bytes) -> Path:
    return FOLDER / f"{tracker}-{run}-{_digest(*sources)}".replace(", ", "-")


def points(clip: Filmed, observe: Callable[[Frame, float], Pose | None]) -> Array:
    """Where the person's landmarks are found, (frames, 33, 2)."""
    found = np.full((len(clip.truth.image), LANDMARK_COUNT, 2), np.nan)
    with Clip.open(clip.video) as opened:
        for at, frame in opened.frames():
            pose = observe(frame, at)
            if pose is not None:
                found[round(at * clip.truth.fps)] = pose.image[:, :2]
    return found


def kept(folder: Path, clips: Sequence[Filmed], track: Track) -> Tracks:
    """What was tracked, out of the folder where the same video was tracked before."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        folder / f"{clip.condition.name}-{_digest(clip.video.read_bytes())}.npy" for clip in clips
    ]
    missing = [(clip, path) for clip, path in zip(clips, paths, strict=True) if not path.exists()]
    if missing:
        say(f"{folder.name}: {len(missing)} clips")
        found = track([clip for clip, _ in missing])
        for (_, path), array in zip(missing, found, strict=True):
            _save(path, array)
    named = zip(clips, paths, strict=True)
    return {clip.condition.name: np.load(path) for clip, path in named}


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:12]


def _save(path: Path, array: Array) -> None:
    """All of it or nothing."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, array)
    part.rename(path)


def say(line: str) -> None:
    """How far it is, beside the tables."""
    print(line, file=sys.stderr, flush=True)
