"""Video seconds counted a CPU second: every frame, at an even rate, and adaptively.

    python -m benchmarks.clip_speed CLIP... [--variant full] [--kbps 4000] [--b-frames 2]

The path of an uploaded clip: decoded in a process of its own, whose processor time and start are
part of it. With `--kbps` each clip is first made 720p30 H.264 of that bitrate, in a temporary
folder. Whether the counts are those of every frame is said beside it.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.checkout import CLIPS
from benchmarks.command_line import command_line
from benchmarks.section import Ratio, Section
from pose_engine.clips import Clip
from pose_engine.frames import Pixels
from pose_engine.isolation import DecoderLimits, IsolatedClip
from service.core import Core
from service.count import ClipCount, count_on
from service.settings import Settings, Variant
from service.startup import load_core

SIZE = 1280, 720
FPS = 30
KBPS, B_FRAMES = 4000, 2
_TICK = Fraction(1, 90_000)
BUNDLED = [CLIPS / f"{name}.mp4" for name in ("squat_front", "push_up_side")]
REAL = Path("clips", "squat__luizfcharry-mrpose__squat2.mp4")
BARS: dict[Variant, float] = {"full": 6, "lite": 9}
"""Video seconds a CPU second, at least."""


@dataclass(frozen=True, slots=True)
class Way:
    """How closely a clip is looked at."""

    name: str
    fps: float
    adaptive: bool = False


WAYS = (Way("every frame", 240), Way("15 a second", 15), Way("adaptive", 15, adaptive=True))


@dataclass(frozen=True, slots=True)
class Took:
    """One clip, counted in one way."""

    counts: dict[str, int]
    video_s: float
    frames: int
    cpu_s: float
    decoder_s: float
    """Of these, the decoder's."""


def count(clip: Path, core: Core, way: Way, settings: Settings) -> Took:
    """Count one clip as an uploaded one is; raises ClipError."""
    here_s, there_s = _cpu_s(resource.RUSAGE_SELF), _cpu_s(resource.RUSAGE_CHILDREN)
    result = count_on(
        ClipCount(core, "auto"),
        clip,
        name=clip.name,
        fps=way.fps,
        adaptive=way.adaptive,
        limits=settings.clip_limits,
        open_clip=partial(IsolatedClip, decoder=DecoderLimits()),
    )
    decoder_s = _cpu_s(resource.RUSAGE_CHILDREN) - there_s
    cpu_s = _cpu_s(resource.RUSAGE_SELF) - here_s + decoder_s
    return Took(result.counts, result.duration_s, result.frames, cpu_s, decoder_s)


def _cpu_s(whose: int) -> float:
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def as_720p(source: Path, target: Path, *, kbps: int, b_frames: int) -> Path:
    """The clip at its own times, 30 frames a second at most and with bars beside them, as H.264."""
    options = {"preset": "fast", "bf": str(b_frames), "g": str(FPS), "threads": "1"}
    with Clip.open(source) as read, av.open(target, "w") as written:
        stream = written.add_stream("libx264", rate=FPS, options=options)
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        stream.bit_rate = 1000 * kbps
        stream.codec_context.time_base = _TICK
        for at_s, frame in read.frames(FPS):
            made = av.VideoFrame.from_ndarray(_with_bars(frame.pixels), "rgb24")
            made.time_base, made.pts = _TICK, round(at_s / _TICK)
            written.mux(stream.encode(made))
        written.mux(stream.encode(None))
    return target


def _with_bars(pixels: Pixels) -> NDArray[np.uint8]:
    """As large as fits `SIZE`, in the middle of black."""
    width, height = SIZE
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    across, down = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    left, top = (width - across) // 2, (height - down) // 2
    shown = av.VideoFrame.from_ndarray(pixels, "rgb24").to_ndarray(width=across, height=down)
    picture = np.zeros((height, width, 3), np.uint8)
    picture[top : top + down, left : left + across] = shown
    return picture


@contextmanager
def prepared(clips: list[Path], kbps: int | None, b_frames: int) -> Iterator[list[Path]]:
    """The clips as they are, or made 720p."""
    with TemporaryDirectory() as folder:
        yield (
            clips
            if kbps is None
            else [
                as_720p(clip, Path(folder) / f"{clip.stem}.mp4", kbps=kbps, b_frames=b_frames)
                for clip in clips
            ]
        )


def sections(data: Path) -> Iterator[Section]:
    """Two bundled clips, and a real one where there is one in `data`, as 720p30 of 4 Mbit/s."""
    clips = [clip for clip in (*BUNDLED, data / REAL) if clip.exists()]
    with prepared(clips, KBPS, B_FRAMES) as made:
        for variant, bar in BARS.items():
            yield measured(made, Settings(variant=variant), bar)


def measured(clips: list[Path], settings: Settings, bar: float | None = None) -> Section:
    """How fast each way is; says which clips are counted otherwise."""
    core = load_core(settings)
    took: dict[str, list[Took]] = {way.name: [] for way in WAYS}
    otherwise = []
    for clip in clips:
        found = [count(clip, core, way, settings) for way in WAYS]
        for way, one in zip(WAYS, found, strict=True):
            took[way.name].append(one)
        if any(one.counts != found[0].counts for one in found):
            told = (f"{way.name} {one.counts}" for way, one in zip(WAYS, found, strict=True))
            otherwise.append(f"{clip.stem}: {', '.join(told)}")
    every = [one.counts for one in took[WAYS[0].name]]
    header = ("", "as every frame", "frames a second", "ms of decoder", "video s a CPU s")
    rows = [_row(name, found, every) for name, found in took.items()]
    ratios = [] if bar is None else [_ratio(settings.variant, took[WAYS[-1].name], bar)]
    note = "; ".join(otherwise) or "All clips are counted alike in every way."
    return Section(f"720p30 clips, {settings.variant}", header, rows, note, ratios)


def _ratio(variant: str, took: list[Took], bar: float) -> Ratio:
    """The spread is that of the clips."""
    each = [one.video_s / one.cpu_s for one in took]
    all_of_them = sum(one.video_s for one in took) / sum(one.cpu_s for one in took)
    name = f"video seconds a CPU second, {variant}"
    return Ratio(name, all_of_them, min(each), max(each), bar, at_most=False)


def _row(name: str, took: list[Took], every: list[dict[str, int]]) -> tuple[str, ...]:
    same = sum(one.counts == right for one, right in zip(took, every, strict=True))
    video_s = sum(one.video_s for one in took)
    return (
        name,
        f"{same} of {len(took)}",
        f"{sum(one.frames for one in took) / video_s:.1f}",
        f"{1000 * sum(one.decoder_s for one in took) / video_s:.0f}",
        f"{video_s / sum(one.cpu_s for one in took):.2f}",
    )


def main() -> None:
    """Count every clip in every way."""
    parser = command_line(__doc__)
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--variant", choices=("lite", "full", "heavy"), default="full")
    parser.add_argument("--kbps", type=int)
    parser.add_argument("--b-frames", type=int, default=B_FRAMES)
    arguments = parser.parse_args()
    with prepared(arguments.clips, arguments.kbps, arguments.b_frames) as clips:
        print(measured(clips, Settings(variant=arguments.variant)).markdown())


if __name__ == "__main__":
    main()
