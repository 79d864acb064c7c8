"""Clips as 720p JPEGs, as phones send them: the same bytes for whoever is measured."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.checkout import CLIPS
from benchmarks.frame_blocks import FPS
from blazereps_client.video import JPEG_QUALITY
from pose_engine.clips import Clip
from pose_engine.frames import Pixels

WIDTH, HEIGHT = 1280, 720
MOST_FRAMES, _LEAST_S = 150, 5.0
"""Ten seconds of a clip, and no clip that is shorter than half of that."""
_BUNDLED = ("squat_front", "squat_oblique", "push_up_side", "push_up_oblique", "lunges")


@dataclass(frozen=True, slots=True)
class HdClip:
    """A clip's JPEGs, `FPS` a second, ten seconds at most."""

    name: str
    jpegs: tuple[bytes, ...]

    def save(self, folder: Path) -> None:
        """A file a frame; their names sort as they follow each other."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, jpeg in enumerate(self.jpegs):
            (folder / f"{number:05}.jpg").write_bytes(jpeg)


def hd_clips(data: Path) -> Iterator[HdClip]:
    """Bundled clips of rendered people, and real ones where there are any in `data`/clips."""
    for path in (*(CLIPS / f"{name}.mp4" for name in _BUNDLED), *_real(data / "clips")):
        yield HdClip(path.stem, tuple(_jpegs(path)))


def _real(folder: Path) -> list[Path]:
    """The first of each source that fills a 720p picture by itself."""
    chosen: dict[str, Path] = {}
    for path in sorted(folder.glob("*__*__*")):
        with Clip.open(path) as clip:
            fills = clip.width * HEIGHT >= clip.height * WIDTH * 0.99 and clip.height >= HEIGHT
            if fills and (clip.duration_s or 0) >= _LEAST_S:
                chosen.setdefault(path.stem.split("__")[1], path)
    return [*chosen.values()]


def _jpegs(path: Path) -> Iterator[bytes]:
    with Clip.open(path) as clip:
        for _, (_, frame) in zip(range(MOST_FRAMES), clip.frames(FPS), strict=False):
            bgr = cv2.cvtColor(fitted(frame.pixels), cv2.COLOR_RGB2BGR)
            _, jpeg = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
            yield jpeg.tobytes()


def fitted(pixels: Pixels) -> Pixels:
    """A picture as large as fits 1280x720, its edges repeated to fill that."""
    height, width = pixels.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    size = round(width * scale), round(height * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, size, interpolation=how)
    left, top = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    edges = ((top, HEIGHT - size[1] - top), (left, WIDTH - size[0] - left), (0, 0))
    return np.pad(resized, edges, mode="edge")
