"""Frames of rendered clips with what either tracker found drawn over them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.keypoints import Array
from pose_engine.frames import Pixels
from pose_engine.landmarks import CONNECTIONS

_TRUE, _OURS, _THEIRS = (255, 255, 255), (255, 140, 0), (0, 190, 255)
_COLUMNS, _SIZE, _ROOM = 3, (320, 240), 1.6

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Figure:
    """A frame, what it shows in words, and landmarks (33, 2), NaN where none are found."""

    about: str
    pixels: Pixels
    true: Array
    ours: Array
    theirs: Array


def sheet(figures: Iterable[Figure]) -> Image.Image:
    """Three beside each other: white the truth, orange ours, blue MediaPipe's."""
    tiles = [_tile(figure) for figure in figures]
    rows = -(-len(tiles) // _COLUMNS)
    image = Image.new("RGB", (_COLUMNS * _SIZE[0], rows * _SIZE[1]))
    for n, tile in enumerate(tiles):
        image.paste(tile, (n % _COLUMNS * _SIZE[0], n // _COLUMNS * _SIZE[1]))
    return image


def _tile(figure: Figure) -> Image.Image:
    box, zoom = _window(figure.true, figure.pixels.shape[1::-1])
    tile = Image.fromarray(figure.pixels).resize(_SIZE, Image.Resampling.BICUBIC, box=box)
    draw = ImageDraw.Draw(tile)
    for points, colour, width in (
        (figure.true, _TRUE, 1), (figure.ours, _OURS, 2), (figure.theirs, _THEIRS, 2),
    ):  # fmt: skip
        placed = (points - box[:2]) * zoom
        for a, b in CONNECTIONS:
            if not np.isnan(placed[[a, b]]).any():
                draw.line([tuple(placed[a]), tuple(placed[b])], fill=colour, width=width)
    draw.text((6, 4), figure.about, fill=(255, 255, 255), font_size=13, stroke_width=1,
              stroke_fill=(0, 0, 0))  # fmt: skip
    return tile


def _window(points: Array, size: tuple[int, ...]) -> tuple[Box, float]:
    """The part of the frame that shows the person with room around him, and its magnification."""
    low, high = points.min(0), points.max(0)
    wanted = _ROOM * max((high - low) / _SIZE) * np.array(_SIZE)
    half = np.minimum(wanted, size) / 2
    middle = np.clip((low + high) / 2, half, np.array(size) - half)
    left, top, right, bottom = (float(x) for x in (*(middle - half), *(middle + half)))
    return (left, top, right, bottom), _SIZE[0] / (right - left)
