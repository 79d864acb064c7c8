"""The people on a frame, each once, and by what one of them is chosen to be followed."""

import math
from collections.abc import Iterable

import numpy as np

from pose_engine.detector import Detection
from pose_engine.frames import Frame
from pose_engine.geometry import Region
from pose_engine.landmarks import Box, Focus, Point

MOST = 3
"""So many regions a frame are looked at, at most."""

_SAME = 0.15
"""Two detections are of one person when their middles are closer than this, in sides of the larger.
People side by side are 0.2 apart; one person found in two directions is mostly 0.07 apart."""
_HALF_WIDTH = 0.2
"""How far to either side of the spine a person reaches, in sides of the region."""
_HALF_LENGTH = 0.5
_GREY = 110


def people(detections: Iterable[Detection]) -> list[list[Region]]:
    """Everybody's regions, in the order given: several of who is found in several directions."""
    found: list[list[Region]] = []
    for detection in detections:
        region = detection.region
        his = next((regions for regions in found if same(regions[0], region)), None)
        if his is None:
            found.append([region])
        else:
            his.append(region)
    return found


def same(one: Region, other: Region) -> bool:
    """Whether two regions are of one person."""
    return distance(one, other) < _SAME


def distance(one: Region, other: Region) -> float:
    """How far the middles of two regions are apart, in sides of the larger."""
    return math.hypot(one.x - other.x, one.y - other.y) / max(one.side, other.side, 1.0)


def prominence(region: Region, frame: Frame) -> float:
    """How much a person stands out: the larger and the nearer to the frame's centre, the more.

    The region's side in pixels times 1 - d, where d is 0 at the frame's centre and 1 in its
    corners. The detector's score has no say: it tells how clear a face is, not whose session it is.
    """
    offset = math.hypot(region.x - frame.width / 2, region.y - frame.height / 2)
    return region.side * (1 - offset / (math.hypot(frame.width, frame.height) / 2))


def chosen(region: Region, frame: Frame, focus: Focus) -> float:
    """How well `focus` fits the body that fills the region, 0 to 1; above 0 when it means him."""
    if isinstance(focus, Box):
        return held(region, frame, focus)
    return float(at_point(region, frame, focus))


def at_point(region: Region, frame: Frame, point: Point) -> bool:
    """Whether `point` is on the body that fills the region, whichever way it lies."""
    dx, dy = point[0] * frame.width - region.x, point[1] * frame.height - region.y
    cos, sin = math.cos(region.rotation), math.sin(region.rotation)
    across, along = abs(dx * cos + dy * sin), abs(dy * cos - dx * sin)
    return across <= _HALF_WIDTH * region.side and along <= _HALF_LENGTH * region.side


def held(region: Region, frame: Frame, box: Box) -> float:
    """How well `box` holds the body that fills the region, whichever way it lies.

    The intersection of the two over their union; 0 when less than half of the smaller of them, be
    it a box drawn wide or one around the head, is in the other.
    """
    wide, high = _extent(region)
    width, height = box.width * frame.width, box.height * frame.height
    across = _shared(region.x - wide / 2, wide, box.x * frame.width, width)
    along = _shared(region.y - high / 2, high, box.y * frame.height, height)
    shared, smaller = across * along, min(wide * high, width * height)
    if shared < smaller / 2 or smaller <= 0:
        return 0.0
    return shared / (wide * high + width * height - shared)


def without(frame: Frame, regions: Iterable[Region]) -> Frame:
    """The picture with the bodies that fill the regions painted over, whichever way they lie."""
    pixels = frame.pixels.copy()
    for region in regions:
        half = np.array(_extent(region)) / 2
        middle = np.array((region.x, region.y))
        corners = np.stack([middle - half, middle + half]) / frame.shrunk
        (left, top), (right, bottom) = np.maximum(np.rint(corners), 0).astype(int)
        pixels[top:bottom, left:right] = _GREY
    return Frame(pixels, frame.shrunk)


def _extent(region: Region) -> tuple[float, float]:
    """Width and height of the box around the body that fills the region, in pixels."""
    cos, sin = abs(math.cos(region.rotation)), abs(math.sin(region.rotation))
    return (
        2 * region.side * (_HALF_WIDTH * cos + _HALF_LENGTH * sin),
        2 * region.side * (_HALF_WIDTH * sin + _HALF_LENGTH * cos),
    )


def _shared(start: float, length: float, other_start: float, other_length: float) -> float:
    """The length that two stretches of a line share."""
    end = min(start + length, other_start + other_length)
    return max(0.0, end - max(start, other_start))
