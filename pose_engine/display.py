"""What makes a decoded picture the one that a player shows: its turn, and the shape of its pixels.

The decoder of uploaded clips starts with it: as for `pose_engine.footage`.
"""

import math
import struct
from fractions import Fraction
from typing import NamedTuple, cast

from av.sidedata.sidedata import SideDataContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_LEAST, _MOST = 1.01, 4.0
"""How many times as wide as high pixels are, or as high as wide: less is a header's rounding, and
more a mistake."""


class Turn(NamedTuple):
    """What makes a decoded picture upright."""

    degrees: int
    """Clockwise, a multiple of 90 from 0 to 270, once it is flipped."""
    mirrored: bool
    """It is flipped left to right first."""


def turn_of(raw: VideoFrame) -> Turn:
    """As the picture's display matrix says.

    The matrix maps stored (x, y) to shown (a x + c y, b x + d y); its first row is a, b, and its
    second c, d (ISO/IEC 14496-12, 6.2.2).
    """
    # Not raw.side_data, which makes the frame hold itself, and its memory, until the garbage
    # collector comes by.
    matrix = SideDataContainer(raw).get("DISPLAYMATRIX")  # type: ignore[call-arg]  # no __init__ in the stub
    if matrix is None:
        return Turn(0, mirrored=False)
    a, b, _, c, d = struct.unpack_from("=5i", cast(bytes, matrix))
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return Turn(90 * round(math.degrees(math.atan2(b, a)) / 90) % 360, mirrored)


def sample_aspect_of(video: VideoStream | VideoCodecContext) -> Fraction:
    """The width of its pixels over their height, before it is turned."""
    said = video.sample_aspect_ratio
    return said if said and _LEAST < max(said, 1 / said) <= _MOST else Fraction(1)


def square_size(raw: VideoFrame, sample_aspect: Fraction) -> tuple[int, int]:
    """Width and height of the picture, as it lies in the file, in square pixels; none is larger."""
    if sample_aspect > 1:
        return raw.width, round(raw.height / sample_aspect)
    return round(raw.width * sample_aspect), raw.height


def as_rgb(raw: VideoFrame, sample_aspect: Fraction) -> VideoFrame:
    """The picture in 8 bits of red, green and blue and square pixels, as it lies in the file."""
    width, height = square_size(raw, sample_aspect)
    # With more threads others would be started for each picture.
    return raw.reformat(width=width, height=height, format="rgb24", threads=1)
