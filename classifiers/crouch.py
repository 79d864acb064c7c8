"""Going down on one's feet and up again, whichever way up the picture is."""

from dataclasses import dataclass

import numpy as np

from classifiers.embedding import PICTURED_DEPTH
from classifiers.quantities import read
from pose_engine.landmarks import FloatArray, Pose, sides_of

_BENT, _STRAIGHT = 115.0, 150.0
"""Degrees of both knees."""
_STAYS = 0.5
"""What goes less than this share of the way that the hips go stays. If the feet do not, he draws
his legs up; if a hand does too, he is on all fours and pushes his hips back."""
_TOGETHER_S = 15.0
"""What comes longer after the last one begins anew."""
_LEAST_VISIBILITY = 0.3

_HIPS, _ANKLES, _WRISTS = map(sides_of, ("hip", "ankle", "wrist"))


@dataclass(slots=True)
class Crouches:
    """Counts those that follow each other, as plain data."""

    count: int = 0
    last_s: float = 0.0
    """When the last one was over, in seconds."""
    down: bool = False
    """Whether he has crouched since the legs were straight last."""
    lowest: float = 0.0
    """How far the hips have gone at most since then, in pixels: there `down` is judged."""
    up_at: list[list[float]] | None = None
    """The places by then, see `_places`."""

    def look(self, pose: Pose, at_s: float) -> None:
        """Take in the next pose of the same person, seen at a time in seconds."""
        knees, legs_seen = read(pose, ("knee",))[0].T
        hand_seen = pose.visibility[_WRISTS].max()  # the other one may be behind the body
        if min(legs_seen.min(), hand_seen) < _LEAST_VISIBILITY:
            return
        places = _places(pose)
        if knees.min() > _STRAIGHT:
            if self.down:
                again = at_s - self.last_s <= _TOGETHER_S
                self.count, self.last_s = again * self.count + 1, at_s
            self.down, self.lowest, self.up_at = False, 0.0, places.tolist()
        elif knees.max() < _BENT and self.up_at is not None:
            hips, feet, *hands = np.linalg.norm(places - self.up_at, axis=1).tolist()
            if hips > self.lowest:
                self.lowest, self.down = hips, feet < _STAYS * hips < min(hands)


def _places(pose: Pose) -> FloatArray:
    """Where hips, feet and either hand are, (4, 3): x and y in the picture, z from the feet.

    In pixels. In the picture alone hands that are raised towards the camera seem to stay.
    """
    hips, feet = pose.image[_HIPS].mean(0), pose.image[_ANKLES].mean(0)
    places = np.stack([hips, feet, *pose.image[_WRISTS]])
    places[:, 2] = PICTURED_DEPTH * (places[:, 2] - feet[2])
    return places
