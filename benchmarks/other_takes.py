"""The real clips as another camera would have taken them: farther off, rolled, dark, stretched.

    python -m benchmarks.other_takes [--data ../shared/data] [--out docs/accuracy.md]

Nobody films the labelled clips a second time. Pictures that differ as much, and the lite model, say
how near to the edge their counts are. None of these takes is among `benchmarks.variants`.
"""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from simplejpeg import encode_jpeg

from benchmarks.bootstrap import mean
from benchmarks.command_line import DATA, OUT, PROCESSES, command_line
from benchmarks.labels import EXERCISES, Label, Score, read_labels
from benchmarks.processes import in_processes, own_core
from benchmarks.real_data import needed
from benchmarks.recordings import SETTINGS
from benchmarks.report import part, publish, table
from benchmarks.variants import Follower, Variant, tally
from pose_engine.clips import Clip
from pose_engine.frames import Frame, Pixels, as_sent, read_image
from service.core import Core
from service.startup import load_core

MARK = "measured takes"
LITE = "lite model"
_GREY = 110
_ROLL_DEGREES, _ROLL_SCALE = 12, 0.9
LIGHT, NOISE = 0.4, 9
"""Of the dark take: the share of the light that is left, and the noise, of 255."""
_BLACK, _BLUR = 6, 500
_NOISE_SIDE = 2048
_WIDTHS = (0.83, 1.2)
_POOR_FPS, _POOR_WIDTH, _POOR_QUALITY = 12, 320, 40

Edit = Callable[[Pixels], NDArray[Any]]
Counts = dict[str, dict[str, int]]


def takes(seed: str) -> tuple[Variant, ...]:
    """Every take of one clip; chance is the same for the same seed."""
    chance = random.Random(seed)
    corner, turn = (chance.random(), chance.random()), chance.choice((-1, 1))
    width = chance.choice(_WIDTHS)
    edits: Mapping[str, Edit] = {
        LITE: lambda pixels: pixels,
        "half as large, anywhere": lambda pixels: _smaller(pixels, corner),
        "rolled by 12°": lambda pixels: _rolled(pixels, turn * _ROLL_DEGREES),
        "dark, noisy, out of focus": Dark(chance.randrange(2**32)),
        "a fifth wider or narrower": lambda pixels: _stretched(pixels, width),
    }
    poor = Variant("mirrored, 320 px, JPEG 40, 12 fps", fps=_POOR_FPS, edit=editing(_poor))
    return (*(Variant(name, edit=editing(edit)) for name, edit in edits.items()), poor)


def editing(pixels: Edit) -> Callable[[Frame], Frame]:
    """The same of a frame."""
    return lambda frame: Frame(np.ascontiguousarray(pixels(frame.pixels), np.uint8))


def _smaller(pixels: Pixels, corner: tuple[float, float]) -> NDArray[Any]:
    """Half as wide and high, somewhere on grey."""
    high, wide = (side // 2 for side in pixels.shape[:2])
    top, left = (
        int(at * (side - side // 2)) for at, side in zip(corner, pixels.shape, strict=False)
    )
    around = np.full_like(pixels, _GREY)
    shrunk = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_AREA)
    around[top : top + high, left : left + wide] = shrunk
    return around


def _rolled(pixels: Pixels, degrees: float) -> NDArray[Any]:
    """The camera turned about its axis, a little farther off so that hardly anything is cut."""
    high, wide = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, _ROLL_SCALE)
    return cv2.warpAffine(pixels, turn, (wide, high), borderMode=cv2.BORDER_REPLICATE)


class Dark:
    """Little of the light, with noise that changes from picture to picture, and out of focus."""

    def __init__(self, seed: int, light: float = LIGHT, noise: float = NOISE) -> None:
        self._light, self._chance = light, np.random.default_rng(seed)
        side = (_NOISE_SIDE, _NOISE_SIDE, 1)
        self._noise = self._chance.normal(_BLACK, noise, side).astype(np.float32)

    def __call__(self, pixels: Pixels) -> NDArray[Any]:
        """The next picture of the same size."""
        blurred = cv2.GaussianBlur(pixels, (0, 0), max(pixels.shape[:2]) / _BLUR)
        noise = np.roll(self._noise, self._chance.integers(_NOISE_SIDE, size=2), (0, 1))
        repeats = [math.ceil(side / _NOISE_SIDE) for side in pixels.shape[:2]]
        noise = np.tile(noise, (*repeats, 1))[: pixels.shape[0], : pixels.shape[1]]
        darker: NDArray[Any] = np.clip(self._light * blurred + noise, 0, 255)
        return darker


def _stretched(pixels: Pixels, by: float) -> NDArray[Any]:
    high, wide = pixels.shape[:2]
    return cv2.resize(pixels, (round(wide * by), high), interpolation=cv2.INTER_AREA)


def _poor(pixels: Pixels) -> NDArray[Any]:
    high = max(1, round(pixels.shape[0] * _POOR_WIDTH / pixels.shape[1]))
    mirrored = as_sent(pixels, 0, mirrored=True).pixels
    shrunk = cv2.resize(mirrored, (_POOR_WIDTH, high), interpolation=cv2.INTER_AREA)
    return read_image(encode_jpeg(shrunk, _POOR_QUALITY)).pixels


@dataclass(frozen=True)
class Cores:
    """A core for each model."""

    full: Core
    lite: Core

    @classmethod
    def load(cls) -> "Cores":
        """Of the default models."""
        lite = SETTINGS.model_copy(update={"variant": "lite"})
        return cls(own_core(), load_core(lite))

    def of(self, take: Variant) -> Core:
        """The one whose model a take is for."""
        return self.lite if take.name == LITE else self.full

    def counts(self, clip: Path) -> Counts:
        """What each take of a clip counts; raises ClipError."""
        followers = {
            take.name: Follower(take, self.of(take).engine.tracker()) for take in takes(clip.name)
        }
        with Clip.open(clip, limits=SETTINGS.clip_limits) as opened:
            for at_s, frame in opened.frames():
                for follower in followers.values():
                    follower.see(at_s, frame)
        return {name: tally(self.full, one.observations).counts for name, one in followers.items()}


def take_table(labels: Sequence[Label], counts: Sequence[Counts]) -> str:
    """One line a take, as Markdown."""
    scores: dict[str, list[Score]] = defaultdict(list)
    for label, found in zip(labels, counts, strict=True):
        for name, one in found.items():
            scores[name].append(Score(label, one))
    rows = [_row(name, found) for name, found in scores.items()]
    return table(_HEADER, [*rows, _row("all", [one for found in scores.values() for one in found])])


_HEADER = ("take", *EXERCISES, "exact", "off by ≤ 1", "MAE", "clean", "invented")


def _row(name: str, scores: Sequence[Score]) -> tuple[object, ...]:
    counted = [one for one in scores if not one.label.negative]
    still = [one for one in scores if one.label.negative]
    return (
        name,
        *(part(one.exact for one in counted if one.label.exercise == e) for e in EXERCISES),
        mean((one.label.source, one.exact) for one in counted).percent(),
        mean((one.label.source, one.near) for one in counted).percent(),
        mean((one.label.source, one.share) for one in counted).number(),
        part(one.exact for one in still),
        sum(one.error for one in still),
    )


_own_cores = cache(Cores.load)


def _counts(clip: Path) -> Counts:
    return _own_cores().counts(clip)


def main() -> None:
    """Track and count all clips, and print the table or put it into a document."""
    arguments = command_line(__doc__, DATA, PROCESSES, OUT).parse_args()
    data: Path = arguments.data
    labels = [label for label in read_labels(needed(data / "labels.csv")) if label.in_totals]
    clips = [data / "clips" / label.file for label in labels]
    counted = in_processes(_counts, clips, processes=arguments.processes)
    counts = []
    for label, found in zip(labels, counted, strict=True):
        counts.append(found)
        wrong = {name: one for name, one in found.items() if Score(label, one).error}
        print(label.file, label.counts, wrong or "all right", flush=True)
    text = take_table(labels, counts)
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
