"""Dark pictures are made brighter before a net sees them: in the dark it finds fewer people."""

from typing import Final

import cv2
import numpy as np

from pose_engine.frames import Pixels

DARK: Final = 110
"""A picture is dark when 95 % of its pixels are darker than this, of 255."""
MOST: Final = 4.0
"""So many times as bright at most: what is darker than that is noise."""
_SHARE, _EVERY = 0.95, 8
_GRAIN = (3, 3)
"""So many pixels are smoothed over, for noise becomes brighter, too."""


def brightened(picture: Pixels) -> Pixels:
    """The picture, (rows, columns, 3), brighter where it is dark, else as it is.

    Its brightness, that which 95 % of the pixels are below, becomes as far above `DARK` as it was
    under it, as a ratio: so it does not jump while the light goes down. What that brings is
    measured in docs/pose.md.
    """
    red, green, blue = picture[::_EVERY, ::_EVERY].transpose(2, 0, 1)
    values = np.maximum(np.maximum(red, green), blue).ravel()
    place = int(_SHARE * len(values))
    values.partition(place)
    brightness = int(values[place])
    if brightness >= DARK:
        return picture
    gain = min((DARK / max(brightness, 1)) ** 2, MOST)
    smooth = cv2.GaussianBlur(picture, _GRAIN, 0)
    return np.asarray(cv2.convertScaleAbs(smooth, alpha=gain), np.uint8)
