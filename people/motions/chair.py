"""Sitting down on a chair, and what people do sitting there."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import hip_height, place_arm, place_arms, stand
from people.motions.motion import Motion, ease, mix, one_of, ranging
from people.posture import SIDES, Posture
from people.rotations import facing
from people.skeleton import Skeleton


@dataclass(frozen=True, kw_only=True)
class SitDown(Motion):
    """Down on to a chair: the trunk tips forward on the way and comes upright at the end."""

    arms: str = one_of("sides", "knees", "hips", "front", "crossed")
    stance: float = ranging(0.13, 0.07, 0.22)
    thigh: float = ranging(88, 78, 96)
    shin: float = ranging(4, -6, 14)
    tip: float = ranging(38, 20, 50)
    seated: float = ranging(2, -14, 12)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Standing at 0, seated at 1."""
        bend = mix(4, self.shin, depth) + 12 * np.sin(np.pi * depth), mix(4, self.thigh, depth)
        hips = hip_height(skeleton, bend, self.stance)
        lean = self.tip * float(np.sin(np.pi * depth**1.3)) + self.seated * depth
        posture = Posture(skeleton, hips, facing(lean * 0.8), facing(lean), facing(lean * 0.4))
        for side, sign in SIDES:
            stand(posture, side, sign * self.stance, toe_out=10)
        place_arms(posture, self.arms, ease(depth))
        return posture


@dataclass(frozen=True, kw_only=True)
class Seated(Motion):
    """On a chair or at a desk: the arms move and the trunk leans."""

    left: str = one_of("knees", "typing", "typing", "phone", "crossed", "sides", "wave", "ear",
                       "overhead", "goblet")  # fmt: skip
    right: str = one_of("same", "same", "knees", "typing", "phone")
    stance: float = ranging(0.13, 0.06, 0.26)
    thigh: float = ranging(88, 76, 98)
    shin: float = ranging(5, -20, 30)
    lean: float = ranging(4, -18, 28)
    twist: float = ranging(0, -25, 25)
    nod: float = ranging(5, -12, 30)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Sitting upright at 0, doing it at 1."""
        hips = hip_height(skeleton, (self.shin, self.thigh), self.stance)
        lean, twist = self.lean * ease(depth), self.twist * ease(depth)
        chest, head = facing(lean, twist), facing(lean + self.nod, twist * 1.5)
        posture = Posture(skeleton, hips, facing(min(lean, 8) * 0.5), chest, head)
        for side, sign in SIDES:
            stand(posture, side, sign * self.stance, toe_out=8)
        share = mix(0.4, 1, ease(depth))
        place_arm(posture, "l", self.left, share)
        place_arm(posture, "r", self.left if self.right == "same" else self.right, share)
        return posture
