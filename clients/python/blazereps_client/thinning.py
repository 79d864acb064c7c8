"""Which of many pictures are taken, so that they are not too many a second."""

import math

MAX_EARLY_S = 0.008
"""How early a picture may come and still count as on time: times jitter."""


class Thinning:
    """At most `fps` a second, evenly; for times in seconds from the first picture on, in order."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._early_s = min(MAX_EARLY_S, 0.25 / fps)
        self._last_slot = -1

    def takes(self, at_s: float) -> bool:
        """Whether the picture of that time is taken."""
        slot = math.floor((at_s + self._early_s) * self._fps)
        if slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True
