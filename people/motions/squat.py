"""Squats, from half to deep, with the arms in any of the usual places."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import hip_height, place_arms, stand
from people.motions.motion import Motion, ease, mix, one_of, ranging
from people.posture import SIDES, Posture
from people.rotations import facing
from people.skeleton import Skeleton

_STANDING_BEND = (4.0, 4.0)
_RAISED_AS_HE_SINKS = 1.3


@dataclass(frozen=True, kw_only=True)
class Squat(Motion):
    """Hips down and back between the feet.

    `deepest`: the thighs' angle from the vertical at depth 1, degrees (90: level). `shin`: the
    shins' then. The trunk leans so that its weight stays over the feet, plus `lean` degrees.
    `stance`: half the distance between the ankles, metres. `level_head`: how much of the lean
    the neck takes back.
    """

    arms: str = one_of("raised", "front", "chest", "hips", "overhead", "rack", "sides", "goblet",
                       "head", "crossed")  # fmt: skip
    stance: float = ranging(0.2, 0.12, 0.38)
    toe_out: float = ranging(20, 5, 45)
    deepest: float = ranging(90, 62, 120)
    shin: float = ranging(30, 12, 42)
    lean: float = ranging(0, -20, 18)
    level_head: float = ranging(0.75, 0.2, 1.0)
    twist: float = ranging(0, -4, 4)
    shift: float = ranging(0, -0.02, 0.02)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Standing at 0, at the bottom at 1; the ankles at z = 0."""
        bend = (
            mix(_STANDING_BEND[0], self.shin, depth),
            mix(_STANDING_BEND[1], self.deepest, depth),
        )
        hips = hip_height(skeleton, bend, self.stance)
        hips[0] = self.shift * depth
        lean = depth * (_balanced(float(hips[2])) + self.lean) + 2
        chest = facing(lean, self.twist * depth)
        head = facing(lean * (1 - self.level_head), self.twist * depth)
        posture = Posture(skeleton, hips, facing(lean * 0.92), chest, head)
        for side, sign in SIDES:
            stand(posture, side, sign * self.stance, toe_out=self.toe_out)
        if self.arms == "raised":
            place_arms(posture, "front", ease(depth * _RAISED_AS_HE_SINKS))
        else:
            place_arms(posture, self.arms)
        return posture


def _balanced(hips_back: float) -> float:
    """Degrees of lean that keep the trunk's weight over the mid-foot, hips that far behind it."""
    reach = np.clip((0.04 - hips_back) / 0.42, 0, 0.82)
    return float(np.degrees(np.arcsin(reach)))
