"""A contact sheet: frames of a clip with the true landmarks drawn over them."""

from pathlib import Path

import av
from PIL import Image, ImageDraw

from people.truth import Truth
from pose_engine.landmarks import CONNECTIONS

_COLUMNS, _ROWS, _WIDTH = 5, 4, 320
_LEFT, _RIGHT, _MIDDLE = (255, 140, 0), (0, 170, 255), (255, 255, 255)


def draw_sheet(path: Path) -> Image.Image:
    """Twenty frames spread over the clip; `path` is its mp4 with the truth beside it.

    Raises OSError when the clip or its truth cannot be read.
    """
    truth = Truth.load(path.with_suffix(".json"))
    count = len(truth.depth)
    wanted = {round(i * (count - 1) / (_COLUMNS * _ROWS - 1)) for i in range(_COLUMNS * _ROWS)}
    tiles = []
    with av.open(str(path)) as video:
        for i, frame in enumerate(video.decode(video=0)):
            if i in wanted:
                tiles.append(_tile(Image.fromarray(frame.to_ndarray(format="rgb24")), truth, i))
    height = tiles[0].height
    sheet = Image.new("RGB", (_COLUMNS * _WIDTH, _ROWS * height))
    for k, tile in enumerate(tiles):
        sheet.paste(tile, (k % _COLUMNS * _WIDTH, k // _COLUMNS * height))
    return sheet


def _tile(image: Image.Image, truth: Truth, i: int) -> Image.Image:
    draw = ImageDraw.Draw(image)
    points = truth.image[i]
    for a, b in CONNECTIONS:
        sides = {a.name.partition("_")[0], b.name.partition("_")[0]}
        colour = _LEFT if sides == {"LEFT"} else _RIGHT if sides == {"RIGHT"} else _MIDDLE
        draw.line([tuple(points[a]), tuple(points[b])], fill=colour, width=2)
    for (x, y), seen in zip(points, truth.visible[i], strict=True):
        draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill=(0, 220, 0) if seen else (220, 0, 0))
    label = f"{i / truth.fps:.2f} s  {truth.phases[i]}  {truth.depth[i]:.2f}"
    draw.text((6, 4), label, fill=(255, 255, 0), font_size=24)
    return image.resize((_WIDTH, round(image.height * _WIDTH / image.width)))
