"""What tells whether a body was read rightly: the heat, the flag, visibility or the detector.

    python -m benchmarks.heat [--out docs/pose.md]

The rendered clips of `benchmarks.pck`, each frame for itself: whoever the detector finds in four
directions is read there and with the region turned round. A reading is right in as many joints as
are within 0.2 torso lengths of the truth. And what is found where every frame is a still.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from benchmarks.command_line import OUT, command_line
from benchmarks.comparison import NEAR, Score
from benchmarks.factorial import FLOOR, Filmed, filmed
from benchmarks.keypoints import JOINTS, Array, errors, torso_lengths
from benchmarks.report import publish, table
from benchmarks.tracks import FOLDER, points, say
from models.store import ModelStore
from pose_engine.clips import Clip
from pose_engine.detector import Detector
from pose_engine.engine import LEAST_SCORE, PoseEngine, Variant
from pose_engine.frames import Frame
from pose_engine.landmarker import Landmarker
from pose_engine.runtime import OnnxNet

MARK = "measured heat"
BANDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a person; `right`: the share of his joints in view that are where they are.

    `score` is the detector's, `visibility` the mean over the landmarks.
    """

    score: float
    flag: float
    visibility: float
    heat: float
    right: float


Frames = Sequence[Sequence[Reading]]
"""Every reading of each frame."""


class Reader:
    """Reads frames in all the ways there are."""

    def __init__(self, detector: Detector, landmarker: Landmarker) -> None:
        self._detector = detector
        self._landmarker = landmarker

    def read(self, frame: Frame, right: Callable[[Array], float]) -> Iterator[Reading]:
        """`right` is told (33, 2) pixels, and says how many of them are."""
        for turns in range(4):
            for detection in self._detector.detect(
                frame, quarter_turns=turns, least_score=LEAST_SCORE
            ):
                for region in (detection.region, detection.region.turned_round()):
                    found = self._landmarker.locate(frame, region)
                    if found is not None:
                        yield Reading(
                            score=detection.score,
                            flag=found.flag,
                            visibility=float(found.visibility.mean()),
                            heat=found.heat,
                            right=right(found.image[:, :2].astype(float)),
                        )


def read(clip: Filmed, reader: Reader) -> Frames:
    """All frames of a clip in which somebody is in view."""
    truth, frames = clip.truth, []
    torso = torso_lengths(truth.world, truth.camera)
    in_view = truth.visible[:, JOINTS]

    def right(found: Array, frame: int) -> float:
        here = slice(frame, frame + 1)
        near = errors(found[None], truth.image[here], torso[here]) < NEAR
        return float(near[in_view[here]].mean())

    with Clip.open(clip.video) as opened:
        for index, (_, frame) in enumerate(opened.frames()):
            if in_view[index].any():
                frames.append(list(reader.read(frame, partial(right, frame=index))))
    return frames


def by_heat(frames: Frames) -> str:
    """How right readings of so much heat are, and what else is said of them."""
    every = [reading for frame in frames for reading in frame]
    rows = []
    for low, high in pairwise(BANDS):
        some = [reading for reading in every if low <= reading.heat < high]
        told = (_median(r.flag for r in some), _median(r.visibility for r in some))
        rows.append((f"{low} to {high}", len(some), _percent(r.right for r in some), *told))
    header = ("heat", "readings", "joints right", "flag, median", "visibility, median")
    return table(header, rows)


def by_choice(frames: Frames) -> str:
    """How right the one is that is chosen by this or that, of frames with more than one."""
    several = [frame for frame in frames if len(frame) > 1]
    choices: dict[str, Callable[[Reading], float]] = {
        "the detector's score": lambda reading: reading.score,
        "visibility": lambda reading: reading.visibility,
        "the flag": lambda reading: reading.flag,
        "heat": lambda reading: reading.heat,
        "the truth": lambda reading: reading.right,
    }
    chosen = {
        name: [max(frame, key=choice).right for frame in several]
        for name, choice in choices.items()
    }
    rows = ((name, _percent(right)) for name, right in chosen.items())
    return table(("chosen by", f"joints right, {len(several):,} frames"), rows)


def as_stills(clips: Sequence[Filmed], engine: PoseEngine) -> str:
    """How right what is found is where each frame is a picture of its own."""
    rows = []
    for where, on_the_floor in (("standing", False), ("on the floor", True)):
        some = [clip for clip in clips if (clip.condition.exercise in FLOOR) is on_the_floor]
        scores = [_still_score(clip, engine) for clip in some]
        joints = sum(int(clip.truth.visible[:, JOINTS].sum()) for clip in some)
        frames = sum(len(clip.truth.image) for clip in some)
        right = f"{100 * sum(score.near for score in scores) / joints:.1f}%"
        rows.append((where, right, f"{sum(score.found for score in scores)} of {frames}"))
    return table(("stills of people", "PCK@0.2", "frames with somebody"), rows)


def _still_score(clip: Filmed, engine: PoseEngine) -> Score:
    found = points(clip, lambda frame, _: engine.find(frame))
    torso = torso_lengths(clip.truth.world, clip.truth.camera)
    return Score.of(errors(found, clip.truth.image, torso), clip.truth.visible[:, JOINTS])


def _median(values: Iterable[float]) -> str:
    every = list(values)
    return f"{np.median(every):.2f}" if every else "–"


def _percent(values: Iterable[float]) -> str:
    every = list(values)
    return f"{100 * np.mean(every):.1f}%" if every else "–"


def main() -> None:
    """Read the clips, print the tables or put them into a document."""
    arguments = command_line(__doc__, OUT).parse_args()
    files = ModelStore().build(Variant.FULL, report=say)
    detector, landmarker = (
        OnnxNet.load(path, threads=1) for path in (files.detector, files.landmarker)
    )
    eyes = Detector(detector), Landmarker(landmarker)
    clips = list(filmed(FOLDER, lambda n, of, name: say(f"{n} of {of}  {name}")))
    frames: list[Sequence[Reading]] = []
    for clip in clips:
        if clip.condition.exercise in FLOOR:
            frames += read(clip, Reader(*eyes))
    text = "\n\n".join((by_heat(frames), by_choice(frames), as_stills(clips, PoseEngine(*eyes))))
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
