"""The people on a frame, each once, and by what one of them is chosen to be followed."""

import math
from collections.abc import Iterable

from pose_engine.detector import Detection
from pose_engine.frames import Frame
from pose_engine.geometry import Region
from pose_engine.landmarks import Point

MOST = 3
"""So many regions a frame are looked at, at most."""

_SAME = 0.15
"""Two detections are of one person when their middles are closer than this, in sides of the larger.
People side by side are 0.2 apart; one person found in two directions is mostly 0.07 apart."""
_HALF_WIDTH = 0.2
"""How far to either side of the spine a person reaches, in sides of the region."""
_HALF_LENGTH = 0.5


def people(detections: Iterable[Detection]) -> list[list[Region]]:
    """Everybody's regions, in the order given: several of who is found in several directions."""
    found: list[list[Region]] = []
    for detection in detections:
        region = detection.region
        same = next((regions for regions in found if distance(regions[0], region) < _SAME), None)
        if same is None:
            found.append([region])
        else:
            same.append(region)
    return found


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


def at_point(region: Region, frame: Frame, point: Point) -> bool:
    """Whether `point` is on the body that fills the region, whichever way it lies."""
    dx, dy = point[0] * frame.width - region.x, point[1] * frame.height - region.y
    cos, sin = math.cos(region.rotation), math.sin(region.rotation)
    across, along = abs(dx * cos + dy * sin), abs(dy * cos - dx * sin)
    return across <= _HALF_WIDTH * region.side and along <= _HALF_LENGTH * region.side
